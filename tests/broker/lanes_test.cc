// SPDX-License-Identifier: GPL-2.0-or-later
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "broker/leadership.h"
#include "broker/provider_lane.h"
#include "broker/slurm_lane.h"
#include "broker/worker.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kPatience{60};

// Collects what a lane posts, and lets the test wait for it.
class Posted {
 public:
  void post(Observation observation) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(observation));
    changed_.notify_all();
  }
  template <typename Kind>
  bool wait_for() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] {
      return std::any_of(seen_.begin(), seen_.end(), [](const auto& observation) {
        return std::holds_alternative<Kind>(observation);
      });
    });
  }
  std::vector<Observation> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Observation> seen_;
};

class QuietProvider : public Provider {
 public:
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] Result<std::vector<Offer>> offers() override { return std::vector<Offer>{}; }
  [[nodiscard]] Result<Ordered> order(const OrderSpec&) override {
    return Error{ErrorCode::kNoCapacity, "none", {}};
  }
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string&) override {
    return Error{ErrorCode::kTransient, "no answer", {}};
  }
  [[nodiscard]] Result<Released> release(const std::vector<std::string>& ids) override {
    return Released{TimePoint{}, ids};
  }
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override {
    return std::vector<AccountFinding>{};
  }

 private:
  std::string name_ = "quiet";
  Capabilities capabilities_;
};

// An account whose list takes longer than the time between two lists.
class SlowListProvider final : public QuietProvider {
 public:
  explicit SlowListProvider(ManualClock& clock) : clock_(clock) {}
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string&) override {
    clock_.advance(seconds(20));
    return std::vector<CloudMachine>{};
  }

 private:
  ManualClock& clock_;
};

class NotingSlurm final : public Slurm {
 public:
  explicit NotingSlurm(std::vector<std::string>& calls) : calls_(calls) {}
  [[nodiscard]] Result<SlurmView> observe() override { return SlurmView{}; }
  [[nodiscard]] Status set_addresses(const std::vector<NodeAddress>& addresses) override {
    calls_.push_back("address " + addresses.at(0).node + "=" + addresses.at(0).address);
    return {};
  }
  [[nodiscard]] Status down_and_power_down(const std::string& nodes,
                                           const std::string& reason) override {
    calls_.push_back("down " + nodes + ": " + reason);
    return Error{ErrorCode::kTransient, "busy", {}};
  }
  [[nodiscard]] Status resume(const std::string& nodes) override {
    calls_.push_back("resume " + nodes);
    return {};
  }
  [[nodiscard]] Status keep_idle(const std::string& nodes) override {
    calls_.push_back("keep " + nodes);
    return {};
  }
  [[nodiscard]] Status set_admin_comment(std::uint32_t job, const std::string& comment) override {
    calls_.push_back("comment " + std::to_string(job) + ": " + comment);
    return {};
  }

 private:
  std::vector<std::string>& calls_;
};

// A slurmctld in its restart: half a minute goes by before the first question fails.
class SlowToReturnSlurm final : public Slurm {
 public:
  explicit SlowToReturnSlurm(ManualClock& clock) : clock_(clock) {}
  [[nodiscard]] Result<SlurmView> observe() override {
    if (asked_++ > 0) return SlurmView{};
    clock_.advance(seconds(30));
    return Error{ErrorCode::kTransient, "no answer", {}};
  }
  [[nodiscard]] Status set_addresses(const std::vector<NodeAddress>&) override { return {}; }
  [[nodiscard]] Status down_and_power_down(const std::string&, const std::string&) override {
    return {};
  }
  [[nodiscard]] Status resume(const std::string&) override { return {}; }
  [[nodiscard]] Status keep_idle(const std::string&) override { return {}; }
  [[nodiscard]] Status set_admin_comment(std::uint32_t, const std::string&) override { return {}; }

 private:
  ManualClock& clock_;
  int asked_ = 0;
};

}  // namespace

static void a_worker_does_its_tasks_in_their_order_and_then_stops(void**) {
  std::vector<int> done;
  std::promise<void> finished;
  Worker worker;
  worker.start([] { return milliseconds(600'000); });
  for (int i = 0; i < 3; ++i)
    worker.add([&done, i] { done.push_back(i); });
  worker.add([&finished] { finished.set_value(); });
  assert_true(finished.get_future().wait_for(kPatience) == std::future_status::ready);
  worker.stop();
  assert_true((done == std::vector<int>{0, 1, 2}));
}

static void a_stopped_worker_does_not_wait_out_its_pauses(void**) {
  Worker worker;
  std::promise<void> started;
  std::promise<bool> waited;
  worker.start([] { return milliseconds(600'000); });
  worker.add([&] {
    started.set_value();
    waited.set_value(worker.wait(milliseconds(600'000)));
  });
  started.get_future().wait();
  worker.stop();
  assert_false(waited.get_future().get());
}

static void a_provider_lane_asks_by_itself_and_posts_each_answer(void**) {
  Posted posted;
  const Config config;
  const SystemClock clock;
  auto lane = ProviderLane::open(
      config,
      clock,
      clock,
      [&](Observation seen) { posted.post(std::move(seen)); },
      [](const auto&) -> Result<std::unique_ptr<Provider>> {
        return std::unique_ptr<Provider>(new QuietProvider);
      });
  assert_true(static_cast<bool>(lane));
  (*lane)->start();
  assert_true(posted.wait_for<OffersSeen>());
  assert_true(posted.wait_for<MachinesSeen>());
  CallOrder call;
  call.lease = 3;
  (*lane)->order({call, {}});
  assert_true(posted.wait_for<OrderDone>());
  CallRelease release;
  release.ids = {"1"};
  (*lane)->release({release});
  assert_true(posted.wait_for<ReleaseDone>());
  (*lane)->stop();
  for (const auto& seen : posted.seen()) {
    if (const auto* order = std::get_if<OrderDone>(&seen)) {
      assert_int_equal(order->call.lease, 3);
      assert_true(!order->answer && order->answer.error().code == ErrorCode::kNoCapacity);
    }
    if (const auto* list = std::get_if<MachinesSeen>(&seen)) {
      assert_false(static_cast<bool>(list->machines));
    }
  }
}

static void a_list_that_takes_long_leaves_time_for_offers(void**) {
  Posted posted;
  const Config config;
  ManualClock clock{TimePoint{}};
  auto lane = ProviderLane::open(
      config,
      clock,
      clock,
      [&](Observation seen) {
        if (std::holds_alternative<OffersSeen>(seen)) posted.post(std::move(seen));
      },
      [&](const auto&) -> Result<std::unique_ptr<Provider>> {
        return std::unique_ptr<Provider>(new SlowListProvider(clock));
      });
  assert_true(static_cast<bool>(lane));
  (*lane)->start();
  assert_true(posted.wait_for<OffersSeen>());
  (*lane)->stop();
}

// The host's clock is set back by an hour while the list is asked for.
class SetBackProvider final : public QuietProvider {
 public:
  explicit SetBackProvider(ManualClock& wall) : wall_(wall) {}
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string&) override {
    wall_.advance(-std::chrono::hours(1));
    return std::vector<CloudMachine>{};
  }

 private:
  ManualClock& wall_;
};

// Nothing was asked until the clock was where it had been.
static void a_clock_that_is_set_back_stops_no_questions(void**) {
  Posted posted;
  Config config;
  config.timing.machines_every = seconds(0);
  config.timing.offers_every = seconds(0);
  ManualClock wall{from_unix_seconds(1'795'000'000)};
  const SteadyClock steady;
  int lists = 0;
  auto lane = ProviderLane::open(
      config,
      wall,
      steady,
      [&](Observation seen) {
        lists += std::holds_alternative<MachinesSeen>(seen) ? 1 : 0;
        if (lists == 3) posted.post(std::move(seen));
      },
      [&](const auto&) -> Result<std::unique_ptr<Provider>> {
        return std::unique_ptr<Provider>(new SetBackProvider(wall));
      });
  assert_true(static_cast<bool>(lane));
  (*lane)->start();
  assert_true(posted.wait_for<MachinesSeen>());
  (*lane)->stop();
}

static void a_batch_is_carried_out_in_order_whatever_fails_and_then_slurm_is_read(void**) {
  std::vector<std::string> calls;
  Posted posted;
  const Config config;
  const SystemClock clock;
  {
    SlurmLane lane(config, clock, std::make_unique<NotingSlurm>(calls), [&](Observation seen) {
      posted.post(std::move(seen));
    });
    lane.change(SlurmBatch{5,
                           {{"h100-001", "10.0.0.1"}},
                           {{{"h100-002", "h100-003"}, "spillway: none left"}},
                           {"h100-004"},
                           {"h100-005", "h100-006"},
                           {{7, "[spillway] none left"}}});
    lane.start();
    assert_true(posted.wait_for<SlurmSeen>());
    lane.stop();
  }
  const std::vector<std::string> expected = {"address h100-001=10.0.0.1",
                                             "down h100-[002-003]: spillway: none left",
                                             "resume h100-004",
                                             "keep h100-[005-006]",
                                             "comment 7: [spillway] none left"};
  assert_true(calls == expected);
  const auto seen = posted.seen();
  assert_int_equal(std::get<SlurmSeen>(seen.at(0)).after_batch, 5);
}

// What slurmctld refuses for good was tried again at once after each reading, without a pause.
static void a_batch_that_failed_hastens_no_reading(void**) {
  std::vector<std::string> calls;
  Posted posted;
  Config config;
  config.timing.slurm_every = std::chrono::hours(1);
  const SystemClock clock;
  SlurmLane lane(config, clock, std::make_unique<NotingSlurm>(calls), [&](Observation seen) {
    posted.post(std::move(seen));
  });
  lane.change(SlurmBatch{1, {}, {{{"h100-002"}, "spillway: none left"}}, {}, {}, {}});
  lane.start();
  lane.change(SlurmBatch{2, {{"h100-001", "10.0.0.1"}}, {}, {}, {}, {}});
  assert_true(posted.wait_for<SlurmSeen>());
  lane.stop();
  const auto seen = posted.seen();
  assert_int_equal(seen.size(), 1);
  assert_int_equal(std::get<SlurmSeen>(seen.at(0)).after_batch, 2);
}

static void slurm_is_read_again_soon_after_it_did_not_answer(void**) {
  Posted posted;
  Config config;
  config.timing.slurm_every = seconds(0);
  ManualClock clock{TimePoint{}};
  SlurmLane lane(config, clock, std::make_unique<SlowToReturnSlurm>(clock), [&](Observation seen) {
    if (std::get<SlurmSeen>(seen).view) posted.post(std::move(seen));
  });
  lane.start();
  assert_true(posted.wait_for<SlurmSeen>());
  lane.stop();
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_worker_does_its_tasks_in_their_order_and_then_stops),
      cmocka_unit_test(a_stopped_worker_does_not_wait_out_its_pauses),
      cmocka_unit_test(a_provider_lane_asks_by_itself_and_posts_each_answer),
      cmocka_unit_test(a_list_that_takes_long_leaves_time_for_offers),
      cmocka_unit_test(a_clock_that_is_set_back_stops_no_questions),
      cmocka_unit_test(a_batch_is_carried_out_in_order_whatever_fails_and_then_slurm_is_read),
      cmocka_unit_test(a_batch_that_failed_hastens_no_reading),
      cmocka_unit_test(slurm_is_read_again_soon_after_it_did_not_answer)};
  return cmocka_run_group_tests_name("broker.lanes", tests, nullptr, nullptr);
}
