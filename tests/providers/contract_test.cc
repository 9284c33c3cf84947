// SPDX-License-Identifier: GPL-2.0-or-later
//
// What each driver promises in providers/provider.h, tried against a real spillway-simcloud. The
// tests know only Provider; contract.h brings what differs from cloud to cloud.
#include "tests/providers/contract.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "lib/json.h"
#include "providers/registry.h"
#include "tests/support/cmocka.h"
#include "tests/support/simcloud_process.h"

using namespace spillway;
using std::chrono::milliseconds;

namespace {

using Machines = std::vector<CloudMachine>;

constexpr const char* kCluster = "hpc1";
constexpr std::chrono::seconds kPatience{60};
// Long enough for the call to arrive on a loaded machine; the cloud never answers it.
constexpr milliseconds kShortTimeout{4000};

ContractRow row;  // the driver that is tried now

class ImpatientTransport final : public Transport {
 public:
  explicit ImpatientTransport(Transport& inner) : inner_(inner) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override {
    auto hurried = request;
    if (is_impatient) hurried.timeout = kShortTimeout;
    return inner_.send(hurried);
  }
  bool is_impatient = false;

 private:
  Transport& inner_;
};

// A cloud, and the driver that talks to it. The driver's own pace runs on a clock that jumps.
struct Scene {
  SimcloudProcess cloud{row.scenario};
  std::unique_ptr<Transport> network = make_curl_transport("spillway-test");
  ImpatientTransport transport{*network};
  ManualClock clock{SystemClock().now()};
  std::unique_ptr<Provider> provider;

  Scene() : Scene(row.key) {}
  explicit Scene(const std::string& key) {
    auto config = row.config;
    config.base_url = base_url();
    const auto wait = [this](milliseconds duration) {
      clock.advance(duration);
      return true;
    };
    auto made = make_provider({config, Secret(key), transport, clock, wait});
    if (!made) fail_msg("%s", made.error().message.c_str());
    provider = *std::move(made);
  }

  [[nodiscard]] std::string base_url() const { return cloud.url() + row.path; }
};

template <typename T>
T value_of(Result<T> result) {
  if (!result) fail_msg("%s", result.error().message.c_str());
  return *std::move(result);
}

template <typename T>
void assert_error(const Result<T>& result, ErrorCode code) {
  if (result) fail_msg("%s was expected, but there is no error", error_code_name(code));
  if (result.error().code == code) return;
  fail_msg("%s was expected, not %s: %s",
           error_code_name(code),
           error_code_name(result.error().code),
           result.error().message.c_str());
}

// kProtocol and kUnknownOutcome have one cure: ask.
template <typename T>
void assert_must_ask(const Result<T>& result) {
  const bool is_doubt = !result && (result.error().code == ErrorCode::kProtocol ||
                                    result.error().code == ErrorCode::kUnknownOutcome);
  if (!is_doubt) fail_msg("%s", result ? "no error" : result.error().message.c_str());
}

OrderSpec make_spec(std::int64_t call, const OfferId& offer = row.offer) {
  OrderSpec spec;
  spec.offer = offer;
  spec.mark = {kCluster, "0a1b2c", 1, call};
  spec.user_data = "#!/bin/sh\ntrue\n";
  return spec;
}

std::string order_one(Scene& scene, std::int64_t call) {
  const auto ordered = value_of(scene.provider->order(make_spec(call)));
  assert_int_equal(ordered.ids.size(), 1);
  return ordered.ids.front();
}

Machines list(Scene& scene) {
  return value_of(scene.provider->machines(kCluster));
}

const CloudMachine* find(const Machines& machines, const std::string& id) {
  const auto found = std::find_if(
      machines.begin(), machines.end(), [&](const CloudMachine& m) { return m.id == id; });
  return found == machines.end() ? nullptr : &*found;
}

bool is_alive(const CloudMachine* machine) {
  return machine != nullptr && machine->state != CloudState::kEnding &&
         machine->state != CloudState::kGone;
}

std::size_t count_alive(const Machines& machines) {
  const auto count = std::count_if(
      machines.begin(), machines.end(), [](const CloudMachine& m) { return is_alive(&m); });
  return static_cast<std::size_t>(count);
}

// A cloud tells nobody when something changes: it must be asked.
void await(const char* what, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) fail_msg("in vain: %s", what);
    std::this_thread::sleep_for(milliseconds{50});
  }
}

// One fault for the next such call; `rest` are further members, e.g. ",\"status\":500".
void set_fault(Scene& scene, const std::string& call, const char* what, const char* rest = "") {
  const auto blank = call.find(' ');
  scene.cloud.set_faults(R"([{"match":{"method":")" + call.substr(0, blank) + R"(","path":")" +
                         call.substr(blank + 1) + R"("},"do":")" + what + R"(","times":1)" + rest +
                         "}]");
}

std::size_t count_ever_made(Scene& scene) {
  return scene.cloud.get("/sim/invoice").get("lines").size();
}

const Offer& find_offer(const std::vector<Offer>& offers, const OfferId& id) {
  const auto found =
      std::find_if(offers.begin(), offers.end(), [&](const Offer& o) { return o.id == id; });
  if (found == offers.end()) fail_msg("no offer %s", format_offer_id(id).c_str());
  return *found;
}

void offers_have_price_shape_and_stock(void**) {
  Scene scene;
  const auto offers = value_of(scene.provider->offers());
  const auto& offer = find_offer(offers, row.offer);
  assert_true(offer.price_per_hour == Money::from_cents(row.price_cents));
  assert_true(offer.price_source == PriceSource::kLive);
  assert_true(offer.seen_at == scene.clock.now());
  assert_string_equal(offer.gpu.c_str(), "h100");
  assert_int_equal(offer.gpus, 8);
  assert_true(offer.cpus > 0 && offer.memory_mib > 0);
  assert_true(!offer.stock || *offer.stock == row.stock);
  assert_true(find_offer(offers, row.sold_out).stock == 0);
}

void ordered_machine_is_listed_with_its_mark(void**) {
  Scene scene;
  const auto id = order_one(scene, 1);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_string_equal(machines[0].id.c_str(), id.c_str());
  assert_true(machines[0].mark == make_spec(1).mark);
  assert_true(machines[0].offer == row.offer);
  assert_true(!machines[0].price_per_hour ||
              machines[0].price_per_hour == Money::from_cents(row.price_cents));
}

void machine_starts_to_run_and_gets_an_address(void**) {
  Scene scene;
  const auto id = order_one(scene, 1);
  await("a running machine", [&] {
    const auto machines = list(scene);
    const auto* const machine = find(machines, id);
    return machine != nullptr && machine->state == CloudState::kRunning &&
           !machine->address.empty();
  });
}

void machine_that_fails_its_health_check_is_told(void**) {
  Scene scene;
  scene.cloud.set_faults(R"([{"match":{"machine":"next"},"do":"unhealthy","times":1}])");
  const auto id = order_one(scene, 1);
  await("an unhealthy machine", [&] {
    const auto machines = list(scene);
    const auto* const machine = find(machines, id);
    return machine != nullptr && machine->state == CloudState::kUnhealthy;
  });
}

void orders_beyond_the_stock_are_refused_for_capacity(void**) {
  Scene scene;
  for (int call = 1; call <= row.stock; ++call)
    order_one(scene, call);
  assert_error(scene.provider->order(make_spec(row.stock + 1)), ErrorCode::kNoCapacity);
  assert_int_equal(list(scene).size(), row.stock);
  assert_true(find_offer(value_of(scene.provider->offers()), row.offer).stock == 0);
}

void order_of_a_sold_out_offer_is_refused_for_capacity(void**) {
  Scene scene;
  assert_error(scene.provider->order(make_spec(1, row.sold_out)), ErrorCode::kNoCapacity);
  assert_int_equal(count_ever_made(scene), 0);
}

void order_of_an_unknown_type_is_invalid(void**) {
  Scene scene;
  auto offer = row.offer;
  offer.type = "no-such-type";
  assert_error(scene.provider->order(make_spec(1, offer)), ErrorCode::kInvalid);
  assert_int_equal(count_ever_made(scene), 0);
}

void order_lost_before_its_effect_made_nothing(void**) {
  Scene scene;
  set_fault(scene, row.order_call, "timeout_before");
  scene.transport.is_impatient = true;
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnknownOutcome);
  scene.transport.is_impatient = false;
  assert_int_equal(list(scene).size(), 0);
}

void order_lost_after_its_effect_is_found_by_its_mark(void**) {
  Scene scene;
  set_fault(scene, row.order_call, "timeout_after");
  scene.transport.is_impatient = true;
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnknownOutcome);
  scene.transport.is_impatient = false;
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_true(machines[0].mark == make_spec(1).mark);
}

void order_that_ends_in_an_error_after_its_effect_is_found_by_its_mark(void**) {
  Scene scene;
  set_fault(scene, row.order_call, "error_after");
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnknownOutcome);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_true(machines[0].mark == make_spec(1).mark);
}

void order_is_never_repeated_by_the_driver(void**) {
  for (const char* fault : {"error_after", "truncate", "html"}) {
    Scene scene;
    set_fault(scene, row.order_call, fault);
    assert_must_ask(scene.provider->order(make_spec(1)));
    if (count_ever_made(scene) > 1) fail_msg("ordered twice after %s", fault);
  }
}

void rate_limit_names_the_wait_when_the_cloud_does(void**) {
  Scene scene;
  set_fault(scene, row.order_call, "rate_limit", R"(,"retry_after":2)");
  const auto limited = scene.provider->order(make_spec(1));
  assert_error(limited, ErrorCode::kRateLimited);
  assert_true(limited.error().retry_after == std::chrono::seconds(2));
  assert_int_equal(count_ever_made(scene), 0);
  order_one(scene, 1);
}

void rate_limit_without_a_wait_is_a_rate_limit(void**) {
  Scene scene;
  for (const auto& call : {row.order_call, row.list_call}) {
    set_fault(scene, call, "status", R"(,"status":429,"body":"slow down")");
    const auto limited = call == row.order_call ? scene.provider->order(make_spec(1)).error()
                                                : scene.provider->machines(kCluster).error();
    if (limited.code != ErrorCode::kRateLimited) fail_msg("%s", limited.message.c_str());
    if (limited.retry_after) fail_msg("a wait from nowhere: %s", call.c_str());
  }
}

void garbled_answer_to_an_order_must_be_asked_about(void**) {
  for (const char* fault : {"html", "empty", "truncate"}) {
    Scene scene;
    set_fault(scene, row.order_call, fault);
    assert_must_ask(scene.provider->order(make_spec(1)));
    if (list(scene).size() > 1) fail_msg("more than one machine after %s", fault);
  }
}

void garbled_list_is_an_error_and_never_an_empty_list(void**) {
  Scene scene;
  order_one(scene, 1);
  for (const char* fault : {"html", "empty", "truncate"}) {
    set_fault(scene, row.list_call, fault);
    const auto machines = scene.provider->machines(kCluster);
    if (machines) fail_msg("%zu machines read from %s", machines->size(), fault);
  }
  set_fault(scene, row.list_call, "status", R"(,"status":500)");
  assert_error(scene.provider->machines(kCluster), ErrorCode::kTransient);
  assert_int_equal(list(scene).size(), 1);
}

void release_of_one_of_many_ends_that_one_alone(void**) {
  Scene scene;
  const auto first = order_one(scene, 1);
  const auto second = order_one(scene, 2);
  const auto third = order_one(scene, 3);
  const auto released = value_of(scene.provider->release({second}));
  assert_true(released.accepted == std::vector<std::string>{second});
  assert_int_equal(released.at.time_since_epoch().count() % 1000, 0);  // by the cloud's clock
  await("the end of the machine", [&] { return !is_alive(find(list(scene), second)); });
  const auto machines = list(scene);
  assert_true(is_alive(find(machines, first)) && is_alive(find(machines, third)));
}

void release_of_many_ends_them_all(void**) {
  Scene scene;
  std::vector<std::string> ids;
  for (int call = 1; call <= row.stock; ++call)
    ids.push_back(order_one(scene, call));
  assert_int_equal(value_of(scene.provider->release(ids)).accepted.size(), ids.size());
  await("the end of all machines", [&] { return count_alive(list(scene)) == 0; });
}

void released_machine_leaves_the_list_or_is_shown_as_gone(void**) {
  Scene scene;
  const auto id = order_one(scene, 1);
  assert_int_equal(value_of(scene.provider->release({id})).accepted.size(), 1);
  await("a machine that is gone", [&] {
    const auto machines = list(scene);
    const auto* const machine = find(machines, id);
    return machine == nullptr || machine->state == CloudState::kGone;
  });
}

void release_can_be_repeated(void**) {
  Scene scene;
  const auto id = order_one(scene, 1);
  for (int time = 1; time <= 3; ++time) {
    const auto released = value_of(scene.provider->release({id}));
    if (released.accepted != std::vector<std::string>{id}) fail_msg("refused at time %d", time);
  }
}

void release_of_an_unknown_machine_counts_as_done(void**) {
  Scene scene;
  const std::vector<std::string> ids{"00000000000000000000000000000bad"};
  assert_true(value_of(scene.provider->release(ids)).accepted == ids);
}

void unknown_machine_among_others_does_not_keep_them(void**) {
  Scene scene;
  const auto first = order_one(scene, 1);
  const auto second = order_one(scene, 2);
  const std::vector<std::string> ids{first, "00000000000000000000000000000bad", second};
  auto accepted = value_of(scene.provider->release(ids)).accepted;
  assert_int_equal(accepted.size(), 3);
  await("the end of both machines", [&] { return count_alive(list(scene)) == 0; });
}

void machines_of_others_are_never_listed(void**) {
  Scene scene;
  const char* const foreign = "spillway-hpc11-0a1b2c-1-1";
  for (const char* name : {"my notebook", foreign}) {
    if (!row.order_by_hand(*scene.network, scene.base_url(), name)) fail_msg("no %s", name);
  }
  assert_int_equal(list(scene).size(), 0);
  assert_int_equal(value_of(scene.provider->machines("hpc11")).size(), 1);
  const auto ours = order_one(scene, 1);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_string_equal(machines[0].id.c_str(), ours.c_str());
}

void wrong_key_is_unauthorized_in_every_verb(void**) {
  Scene scene("wrong-key");
  assert_error(scene.provider->offers(), ErrorCode::kUnauthorized);
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnauthorized);
  assert_error(scene.provider->machines(kCluster), ErrorCode::kUnauthorized);
  assert_error(scene.provider->release({"a"}), ErrorCode::kUnauthorized);
  const auto checked = scene.provider->check();
  assert_error(checked, ErrorCode::kUnauthorized);
  assert_true(checked.error().message.find("wrong-key") == std::string::npos);
  assert_int_equal(count_ever_made(scene), 0);
}

void usable_account_has_no_failure(void**) {
  Scene scene;
  const auto findings = value_of(scene.provider->check());
  assert_int_not_equal(findings.size(), 0);
  for (const auto& finding : findings) {
    if (finding.level == AccountFinding::Level::kFailure) fail_msg("%s", finding.text.c_str());
  }
}

int run_suite(const std::string& name) {
  const CMUnitTest tests[] = {
      cmocka_unit_test(offers_have_price_shape_and_stock),
      cmocka_unit_test(ordered_machine_is_listed_with_its_mark),
      cmocka_unit_test(machine_starts_to_run_and_gets_an_address),
      cmocka_unit_test(machine_that_fails_its_health_check_is_told),
      cmocka_unit_test(orders_beyond_the_stock_are_refused_for_capacity),
      cmocka_unit_test(order_of_a_sold_out_offer_is_refused_for_capacity),
      cmocka_unit_test(order_of_an_unknown_type_is_invalid),
      cmocka_unit_test(order_lost_before_its_effect_made_nothing),
      cmocka_unit_test(order_lost_after_its_effect_is_found_by_its_mark),
      cmocka_unit_test(order_that_ends_in_an_error_after_its_effect_is_found_by_its_mark),
      cmocka_unit_test(order_is_never_repeated_by_the_driver),
      cmocka_unit_test(rate_limit_names_the_wait_when_the_cloud_does),
      cmocka_unit_test(rate_limit_without_a_wait_is_a_rate_limit),
      cmocka_unit_test(garbled_answer_to_an_order_must_be_asked_about),
      cmocka_unit_test(garbled_list_is_an_error_and_never_an_empty_list),
      cmocka_unit_test(release_of_one_of_many_ends_that_one_alone),
      cmocka_unit_test(release_of_many_ends_them_all),
      cmocka_unit_test(released_machine_leaves_the_list_or_is_shown_as_gone),
      cmocka_unit_test(release_can_be_repeated),
      cmocka_unit_test(release_of_an_unknown_machine_counts_as_done),
      cmocka_unit_test(unknown_machine_among_others_does_not_keep_them),
      cmocka_unit_test(machines_of_others_are_never_listed),
      cmocka_unit_test(wrong_key_is_unauthorized_in_every_verb),
      cmocka_unit_test(usable_account_has_no_failure),
  };
  const auto group = "providers.contract." + name;
  return cmocka_run_group_tests_name(group.c_str(), tests, nullptr, nullptr);
}

}  // namespace

int main() {
  int failures = 0;
  for (const auto& contract : {lambda_contract()}) {
    row = contract;
    failures += run_suite(row.config.name);
  }
  return failures;
}
