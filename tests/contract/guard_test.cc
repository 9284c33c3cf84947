// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guard, around a driver that is told how to misbehave.
#include "tests/contract/guard.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "tests/support/cmocka.h"

using namespace spillway;
using namespace spillway::contract;
using std::chrono::seconds;

namespace {

using Ids = std::vector<std::string>;

constexpr const char* kLedger = "0a1b2c";

Mark make_mark(std::int64_t call) {
  return {"contract", kLedger, 1, call};
}

OrderSpec make_spec(std::int64_t call, int machines = 1) {
  OrderSpec spec;
  spec.mark = make_mark(call);
  spec.machines = machines;
  return spec;
}

// A cloud in which a machine ends as soon as its end is accepted.
class FakeCloud final : public Provider {
 public:
  explicit FakeCloud(const Clock& clock) : clock_(clock) { capabilities_.machines_per_order = 8; }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] Result<std::vector<Offer>> offers() override { return std::vector<Offer>(); }
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override {
    return std::vector<AccountFinding>();
  }

  [[nodiscard]] Result<Ordered> order(const OrderSpec& spec) override {
    Ordered ordered;
    ordered.at = clock_.now();
    for (int i = 0; i < spec.machines; ++i) {
      CloudMachine machine;
      machine.id = "m" + std::to_string(++made);
      machine.mark = spec.mark;
      machine.state = CloudState::kBuilding;
      account.push_back(machine);
      ordered.ids.push_back(machine.id);
    }
    if (order_says) return Error{*order_says, "told so", {}};
    return ordered;
  }

  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string& cluster) override {
    if (broken_lists > 0) {
      --broken_lists;
      return Error{ErrorCode::kTransient, "no list", {}};
    }
    if (clock_.now() < shows_from) return std::vector<CloudMachine>();
    auto shown = account;
    std::erase_if(shown, [&](const auto& machine) { return machine.mark.cluster != cluster; });
    return shown;
  }

  [[nodiscard]] Result<Released> release(const std::vector<std::string>& ids) override {
    if (refused_ends > 0) {
      --refused_ends;
      return Error{ErrorCode::kTransient, "not yet", {}};
    }
    for (auto& machine : account) {
      if (std::find(ids.begin(), ids.end(), machine.id) != ids.end())
        machine.state = CloudState::kGone;
    }
    return Released{clock_.now(), ids};
  }

  [[nodiscard]] Ids alive() const {
    Ids ids;
    for (const auto& machine : account) {
      if (machine.state != CloudState::kGone) ids.push_back(machine.id);
    }
    return ids;
  }

  std::vector<CloudMachine> account;
  int made = 0;
  std::optional<ErrorCode> order_says;  // although it made the machines
  TimePoint shows_from;                 // the list shows nothing before
  int broken_lists = 0;
  int refused_ends = 0;

 private:
  const Clock& clock_;
  std::string name_ = "fake";
  Capabilities capabilities_;
};

// At most three machines; an account that holds two machines of others, one of them of a namesake.
struct Scene {
  Scene() {
    auto made = std::make_unique<FakeCloud>(clock);
    cloud = made.get();
    driver = guard.watch(std::move(made));
    for (const auto& mark : {Mark{"contract", "ffffff", 1, 1}, Mark{"hpc1", "0a1b2c", 1, 1}}) {
      CloudMachine machine;
      machine.id = "other-" + mark.cluster;
      machine.mark = mark;
      machine.state = CloudState::kRunning;
      cloud->account.push_back(machine);
    }
  }

  void end_all() { guard.end_all(*driver, seconds(60)); }

  // What is left is what was there before, and nothing bills.
  void assert_all_ended() {
    assert_true(cloud->alive() == Ids({"other-contract", "other-hpc1"}));
    assert_string_equal(guard.still_billing().c_str(), "");
    assert_true(broken.empty());
  }

  ManualClock clock{from_unix_seconds(1'795'277'410)};
  std::vector<std::string> said;
  std::vector<std::string> broken;  // rules
  int pauses = 0;
  Guard guard{{kLedger,
               3,
               {"no-machine"},
               clock,
               [this] {
                 clock.advance(seconds(5));
                 if (++pauses > 1000) fail_msg("it never ends");
               },
               [this](const std::string& line) { said.push_back(line); },
               [this](const std::string& rule) { broken.push_back(rule); }}};
  FakeCloud* cloud = nullptr;
  std::unique_ptr<Provider> driver;
};

void assert_broken(const Scene& scene, const char* words) {
  assert_int_equal(scene.broken.size(), 1);
  if (scene.broken[0].find(words) == std::string::npos) fail_msg("%s", scene.broken[0].c_str());
}

// ---- what is let through

void order_within_the_limit_is_sent_and_one_beyond_is_not(void**) {
  Scene scene;
  assert_true(bool(scene.driver->order(make_spec(1, 2))));
  assert_true(bool(scene.driver->order(make_spec(2))));
  assert_true(scene.broken.empty());
  assert_false(bool(scene.driver->order(make_spec(3))));
  assert_broken(scene, "4 machines in all, but 3 may be ordered");
  assert_int_equal(scene.cloud->made, 3);
}

void order_that_was_refused_counts_for_the_driver_may_be_wrong(void**) {
  Scene scene;
  scene.cloud->order_says = ErrorCode::kNoCapacity;
  assert_false(bool(scene.driver->order(make_spec(1, 3))));
  assert_false(bool(scene.driver->order(make_spec(2))));
  assert_broken(scene, "4 machines");
}

void order_without_the_mark_of_the_run_is_not_sent(void**) {
  Scene scene;
  auto spec = make_spec(1);
  spec.mark.ledger = "ffffff";
  assert_false(bool(scene.driver->order(spec)));
  assert_broken(scene, "mark of the run");
  assert_int_equal(scene.cloud->made, 0);
}

void machine_of_others_is_never_released(void**) {
  for (const char* id : {"other-contract", "other-hpc1", "m2", ""}) {
    Scene scene;
    assert_true(bool(scene.driver->order(make_spec(1))));
    assert_true(bool(scene.driver->machines("contract")));
    assert_false(bool(scene.driver->release({"m1", id})));
    assert_broken(scene, "none that the run ordered");
    assert_int_equal(scene.cloud->alive().size(), 3);
  }
}

void machine_of_the_run_and_an_id_of_none_may_be_released(void**) {
  Scene scene;
  assert_true(bool(scene.driver->order(make_spec(1))));
  assert_true(bool(scene.driver->release({"m1", "no-machine"})));
  assert_true(scene.broken.empty());
}

// ---- the end

void nothing_ordered_asks_nothing(void**) {
  Scene scene;
  scene.cloud->broken_lists = 1;
  scene.end_all();
  assert_int_equal(scene.cloud->broken_lists, 1);
  assert_int_equal(scene.pauses, 0);
}

struct EndCase {
  const char* what;
  int machines;
  void (*arrange)(FakeCloud& cloud, TimePoint now);
};

constexpr EndCase kEnds[] = {
    {"one machine", 1, [](FakeCloud&, TimePoint) {}},
    {"three of one order", 3, [](FakeCloud&, TimePoint) {}},
    {"an order without an answer",
     1,
     [](FakeCloud& cloud, TimePoint) { cloud.order_says = ErrorCode::kUnknownOutcome; }},
    {"an order that is said to be refused, and was not",
     2,
     [](FakeCloud& cloud, TimePoint) { cloud.order_says = ErrorCode::kInvalid; }},
    {"a list that lags",
     1,
     [](FakeCloud& cloud, TimePoint now) { cloud.shows_from = now + seconds(50); }},
    {"a list that lags, after no answer",
     1,
     [](FakeCloud& cloud, TimePoint now) {
       cloud.order_says = ErrorCode::kUnknownOutcome;
       cloud.shows_from = now + seconds(50);
     }},
    {"lists that do not come", 1, [](FakeCloud& cloud, TimePoint) { cloud.broken_lists = 7; }},
    {"an end that is refused", 3, [](FakeCloud& cloud, TimePoint) { cloud.refused_ends = 7; }},
};

void all_that_was_ordered_is_ended_and_no_other(void**) {
  for (const auto& row : kEnds) {
    Scene scene;
    row.arrange(*scene.cloud, scene.clock.now());
    (void)scene.driver->order(make_spec(1, row.machines));
    scene.end_all();
    if (scene.cloud->alive().size() != 2) fail_msg("%s: not all is ended", row.what);
    scene.assert_all_ended();
  }
}

void machine_of_a_second_cluster_is_ended_too(void**) {
  Scene scene;
  auto spec = make_spec(1);
  spec.mark.cluster = "contract1";
  assert_true(bool(scene.driver->order(spec)));
  assert_true(bool(scene.driver->order(make_spec(2))));
  scene.end_all();
  scene.assert_all_ended();
}

void one_list_that_misses_a_machine_is_not_believed(void**) {
  Scene scene;
  assert_true(bool(scene.driver->order(make_spec(1))));
  assert_true(bool(scene.driver->machines("contract")));
  scene.cloud->refused_ends = 1;
  scene.cloud->shows_from = scene.clock.now() + seconds(1);
  scene.end_all();
  scene.assert_all_ended();
}

void what_was_ended_by_the_case_is_not_waited_for(void**) {
  Scene scene;
  assert_true(bool(scene.driver->order(make_spec(1))));
  assert_true(bool(scene.driver->machines("contract")));
  assert_true(bool(scene.driver->release({"m1"})));
  scene.end_all();
  scene.assert_all_ended();
  assert_int_equal(scene.pauses, 1);
}

void after_the_end_as_much_may_be_ordered_again(void**) {
  Scene scene;
  for (int time = 1; time <= 3; ++time) {
    assert_true(bool(scene.driver->order(make_spec(time, 3))));
    scene.end_all();
    scene.assert_all_ended();
  }
}

void what_may_bill_is_told_by_number_id_and_name(void**) {
  Scene scene;
  scene.cloud->order_says = ErrorCode::kUnknownOutcome;
  (void)scene.driver->order(make_spec(1, 2));
  assert_string_equal(scene.guard.still_billing().c_str(),
                      "up to 2 machines may bill, named like spillway-contract-0a1b2c-1-1: see the "
                      "provider's console, and end what is called so");
  (void)scene.driver->machines("contract");
  assert_non_null(std::strstr(scene.guard.still_billing().c_str(), "2 machines (m1, m2) may bill"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(order_within_the_limit_is_sent_and_one_beyond_is_not),
      cmocka_unit_test(order_that_was_refused_counts_for_the_driver_may_be_wrong),
      cmocka_unit_test(order_without_the_mark_of_the_run_is_not_sent),
      cmocka_unit_test(machine_of_others_is_never_released),
      cmocka_unit_test(machine_of_the_run_and_an_id_of_none_may_be_released),
      cmocka_unit_test(nothing_ordered_asks_nothing),
      cmocka_unit_test(all_that_was_ordered_is_ended_and_no_other),
      cmocka_unit_test(machine_of_a_second_cluster_is_ended_too),
      cmocka_unit_test(one_list_that_misses_a_machine_is_not_believed),
      cmocka_unit_test(what_was_ended_by_the_case_is_not_waited_for),
      cmocka_unit_test(after_the_end_as_much_may_be_ordered_again),
      cmocka_unit_test(what_may_bill_is_told_by_number_id_and_name),
  };
  return cmocka_run_group_tests_name("contract.guard", tests, nullptr, nullptr);
}
