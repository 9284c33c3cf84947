// SPDX-License-Identifier: GPL-2.0-or-later
//
// The trial of a cloud, through Lambda's driver against a real spillway-simcloud. Whatever happens:
// when it comes back, nothing bills.
#include "cli/rent_one.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "lib/secret.h"
#include "providers/registry.h"
#include "tests/cli/screens.h"
#include "tests/cli/trial_cloud.h"
#include "tests/support/simcloud_process.h"

using namespace spillway;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kOrder = "POST\",\"path\":\"/lambda/api/v1/instance-operations/launch";
constexpr const char* kList = "GET\",\"path\":\"/lambda/api/v1/instances";
constexpr const char* kEnd = "POST\",\"path\":\"/lambda/api/v1/instance-operations/terminate";

Offer a10() {
  Offer offer;
  offer.id = {"lambda", "us-east-1", "gpu_1x_a10", "ethernet"};
  offer.gpu = "a10";
  offer.gpus = 1;
  offer.price_per_hour = Money::from_cents(75);
  offer.boot_time = minutes(4);
  return offer;
}

// A cloud and a trial in it. The trial's clock jumps where it would wait; the cloud's does not, so
// a moment passes, too.
class Scene {
 public:
  explicit Scene(int boot_seconds = 1) : cloud(trial_scenario(boot_seconds)) {
    ProviderConfig config;
    config.name = "lambda";
    config.ssh_key = "ops";
    config.regions = {"us-east-1"};
    config.base_url = cloud.url() + "/lambda/api/v1";
    const auto pace = [this](milliseconds duration) {
      clock_.advance(duration);
      return true;
    };
    auto made = make_provider({config, Secret(kTrialKey), *network_, clock_, pace});
    if (!made) fail_msg("%s", made.error().message.c_str());
    provider_ = *std::move(made);
  }

  // One fault for the next `times` such calls; `rest` are further members.
  void set_fault(const char* call, const char* what, int times, const char* rest = "") {
    cloud.set_faults(std::string(R"([{"match":{"method":")") + call + R"("},"do":")" + what +
                     R"(","times":)" + std::to_string(times) + rest + "}]");
  }

  // The lines as one text, each after its level.
  std::string run(seconds patience = minutes(30)) {
    RentOne rent({*provider_,
                  clock_,
                  a10(),
                  {"hpc1", "0a1b2c", kTrialLease, 7},
                  patience,
                  minutes(35),
                  [&](const std::string& line) {
                    said += line + "\n";
                    billing_when_said += rent_->still_billing() + "\n";
                  },
                  [this](milliseconds duration) {
                    clock_.advance(duration);
                    std::this_thread::sleep_for(milliseconds(50));
                  },
                  [this] { return !stop_when_said.empty() && has_said(stop_when_said); }});
    rent_ = &rent;
    std::string text;
    for (const auto& line : rent.run()) {
      const char* levels[] = {"ok", "warning", "failure"};
      text += std::string(levels[static_cast<int>(line.level)]) + " " + line.text + "\n";
    }
    expect_text(rent.still_billing(), "");
    rent_ = nullptr;
    return text;
  }

  [[nodiscard]] bool has_said(const std::string& words) const {
    return said.find(words) != std::string::npos;
  }

  // So many machines were ever made, and all of them have ended.
  void expect_made_and_ended(std::size_t count) {
    const auto machines = cloud.get("/sim/machines").get("machines");
    assert_int_equal(machines.size(), count);
    for (std::size_t at = 0; at < machines.size(); ++at) {
      const auto status = machines.at(at).string("status").value_or("");
      if (status != "gone") fail_msg("it is %s", status.c_str());
    }
  }

  SimcloudProcess cloud;
  std::string said;
  std::string billing_when_said;  // a line for each that was said
  std::string stop_when_said;     // the user presses Ctrl-C when this was said

 private:
  std::unique_ptr<Transport> network_ = make_curl_transport("spillway-test");
  ManualClock clock_{SystemClock().now()};
  std::unique_ptr<Provider> provider_;
  RentOne* rent_ = nullptr;
};

void expect_part(const std::string& text, const std::string& part) {
  if (text.find(part) == std::string::npos)
    fail_msg("no \"%s\" in\n%s", part.c_str(), text.c_str());
}

}  // namespace

static void a_machine_is_seen_running_and_ended(void**) {
  Scene scene;
  const auto lines = scene.run();
  expect_part(lines, "ok answer to the order after ");
  expect_part(lines, ", in the list after ");
  expect_part(lines, ", running after ");
  expect_part(lines, "; gone ");
  expect_part(lines, "ok cost: 0.0");
  if (lines.find("warning") != std::string::npos || lines.find("failure") != std::string::npos) {
    fail_msg("%s", lines.c_str());
  }
  expect_part(scene.said, "00:00  order lambda us-east-1 gpu_1x_a10 as spillway-hpc1-0a1b2c-");
  expect_part(scene.said, "ordered: machine ");
  expect_part(scene.said, ": running, address ");
  expect_part(scene.said, "its end is accepted");
  expect_part(scene.said, "gone\n");
  scene.expect_made_and_ended(1);
}

static void what_bills_is_known_at_every_moment(void**) {
  Scene scene;
  (void)scene.run();
  expect_part(scene.billing_when_said,
              "perhaps a machine at lambda, named spillway-hpc1-0a1b2c-999999999-7, bills up to "
              "0.75 $/h until it is ended: end it in the provider's console; a running spillwayd "
              "ends it 35 min after it first saw it\n");
  expect_part(scene.billing_when_said, "\nmachine ");
  assert_true(scene.billing_when_said.ends_with("\n\n"));  // the last thing that is said: gone
}

static void a_refused_order_ends_the_trial(void**) {
  Scene scene;
  scene.set_fault(kOrder, "refuse_capacity", 1);
  const auto lines = scene.run();
  assert_true(lines.starts_with("failure refused: lambda: order spillway-hpc1-"));
  scene.expect_made_and_ended(0);
}

static void an_order_without_an_answer_is_looked_for_and_ended(void**) {
  Scene scene;
  scene.set_fault(kOrder, "error_after", 1);
  const auto lines = scene.run();
  expect_part(lines, "warning no clear answer to the order, so the list was asked: ");
  expect_part(lines, ", running after ");
  scene.expect_made_and_ended(1);
}

static void an_order_without_an_answer_may_have_made_nothing(void**) {
  Scene scene;
  scene.set_fault(kOrder, "status", 1, R"(,"status":500)");
  const auto lines = scene.run();
  expect_part(lines, "failure the order had no clear answer, and made nothing\n");
  scene.expect_made_and_ended(0);
}

static void a_machine_that_never_boots_is_ended_in_time(void**) {
  Scene scene;
  scene.cloud.set_faults(R"([{"match":{"machine":"next"},"do":"never_boots","times":1}])");
  const auto lines = scene.run(minutes(2));
  expect_part(lines, "failure does not run after 2 min (timing: boot_deadline): is ended\n");
  expect_part(lines, "ok cost: none that this driver knows of: it never ran\n");
  scene.expect_made_and_ended(1);
}

static void a_machine_that_is_unhealthy_is_ended(void**) {
  Scene scene;
  scene.cloud.set_faults(R"([{"match":{"machine":"next"},"do":"unhealthy","times":1}])");
  expect_part(scene.run(), "failure the cloud says that it is unhealthy: is ended\n");
  scene.expect_made_and_ended(1);
}

static void a_machine_that_the_cloud_takes_back_is_told(void**) {
  Scene scene;
  scene.cloud.set_faults(R"([{"match":{"machine":"next"},"do":"preempted","times":1}])");
  const auto lines = scene.run();
  expect_part(lines, "failure ");
  expect_part(lines, ", unasked\n");
  scene.expect_made_and_ended(1);
}

static void who_stops_the_trial_has_the_machine_ended_first(void**) {
  Scene scene(600);
  scene.stop_when_said = ": building";
  expect_part(scene.run(), "warning stopped before it ran: what was ordered is ended\n");
  expect_part(scene.said, "gone\n");
  scene.expect_made_and_ended(1);
}

static void who_stops_an_order_without_an_answer_waits_for_the_list(void**) {
  Scene scene;
  scene.set_fault(kOrder, "error_after", 1);
  scene.stop_when_said = "no clear answer";
  expect_part(scene.run(), "warning stopped before it ran: what was ordered is ended\n");
  scene.expect_made_and_ended(1);
}

static void lists_that_fail_conclude_nothing(void**) {
  Scene scene;
  scene.set_fault(kList, "html", 4);
  expect_part(scene.run(), ", running after ");
  expect_part(scene.said, "list: ");
  scene.expect_made_and_ended(1);
}

static void an_end_that_is_refused_is_asked_for_again(void**) {
  Scene scene;
  scene.set_fault(kEnd, "status", 3, R"(,"status":500)");
  expect_part(scene.run(), "; gone ");
  expect_part(scene.said, "its end: ");
  expect_part(scene.said, "its end is accepted");
  scene.expect_made_and_ended(1);
}

static void the_cheapest_that_can_be_had_is_chosen(void**) {
  std::vector<Offer> offers(6, a10());
  offers[0].price_per_hour.reset();
  offers[1].price_source = PriceSource::kCatalog;
  offers[2].stock = 0;
  offers[3].gpus = 0;
  for (std::size_t at = 0; at < 4; ++at) {
    if (offers[at].price_per_hour) offers[at].price_per_hour = Money::from_cents(1);
    offers[at].id.region = "no";
  }
  offers[4].price_per_hour = Money::from_cents(80);
  offers[5].stock = 1;
  assert_ptr_equal(cheapest_in_stock(offers), &offers[5]);
  offers[5].stock = 0;
  assert_ptr_equal(cheapest_in_stock(offers), &offers[4]);
  offers.resize(4);
  assert_null(cheapest_in_stock(offers));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_machine_is_seen_running_and_ended),
      cmocka_unit_test(what_bills_is_known_at_every_moment),
      cmocka_unit_test(a_refused_order_ends_the_trial),
      cmocka_unit_test(an_order_without_an_answer_is_looked_for_and_ended),
      cmocka_unit_test(an_order_without_an_answer_may_have_made_nothing),
      cmocka_unit_test(a_machine_that_never_boots_is_ended_in_time),
      cmocka_unit_test(a_machine_that_is_unhealthy_is_ended),
      cmocka_unit_test(a_machine_that_the_cloud_takes_back_is_told),
      cmocka_unit_test(who_stops_the_trial_has_the_machine_ended_first),
      cmocka_unit_test(who_stops_an_order_without_an_answer_waits_for_the_list),
      cmocka_unit_test(lists_that_fail_conclude_nothing),
      cmocka_unit_test(an_end_that_is_refused_is_asked_for_again),
      cmocka_unit_test(the_cheapest_that_can_be_had_is_chosen),
  };
  return cmocka_run_group_tests_name("cli.rent_one", tests, nullptr, nullptr);
}
