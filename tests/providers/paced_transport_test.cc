// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/paced_transport.h"

#include <vector>

#include "lib/time.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::milliseconds;

namespace {

// Answers everything after `takes`, and notes when each call began.
class SlowServer final : public Transport {
 public:
  SlowServer(ManualClock& clock, milliseconds takes) : clock_(clock), takes_(takes) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest&) override {
    began.push_back(clock_.now().time_since_epoch());
    clock_.advance(takes_);
    if (fails) return Error{ErrorCode::kUnknownOutcome, "lost", std::nullopt};
    return HttpAnswer{200, {}, "{}"};
  }
  std::vector<milliseconds> began;
  bool fails = false;

 private:
  ManualClock& clock_;
  milliseconds takes_;
};

struct Scene {
  ManualClock clock{TimePoint{}};
  SlowServer server;
  std::vector<milliseconds> waits;
  bool goes_on = true;
  PacedTransport paced;

  explicit Scene(milliseconds takes)
      : server(clock, takes),
        paced(
            server,
            clock,
            [this](milliseconds duration) {
              waits.push_back(duration);
              if (goes_on) clock.advance(duration);
              return goes_on;
            },
            Pace{milliseconds{1000}, milliseconds{12'000}}) {}
};

void assert_times(const std::vector<milliseconds>& times, const std::vector<int>& expected) {
  assert_int_equal(times.size(), expected.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i].count() != expected[i]) {
      fail_msg(
          "time %zu is %lld, not %d", i, static_cast<long long>(times[i].count()), expected[i]);
    }
  }
}

void first_request_does_not_wait(void**) {
  Scene scene(milliseconds{0});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  assert_times(scene.waits, {});
  assert_times(scene.server.began, {0});
}

void requests_keep_their_distance_from_the_end_of_the_one_before(void**) {
  Scene scene(milliseconds{300});
  for (int i = 0; i < 3; ++i)
    assert_true(bool(scene.paced.send(HttpRequest{})));
  assert_times(scene.waits, {1000, 1000});
  assert_times(scene.server.began, {0, 1300, 2600});
}

void only_the_rest_of_the_interval_is_waited_for(void**) {
  Scene scene(milliseconds{0});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  scene.clock.advance(milliseconds{400});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  scene.clock.advance(milliseconds{5000});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  assert_times(scene.waits, {600});
}

void orders_keep_the_longer_distance_and_requests_go_between(void**) {
  Scene scene(milliseconds{0});
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  assert_true(bool(scene.paced.send(HttpRequest{})));
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  assert_times(scene.server.began, {0, 1000, 12'000, 24'000});
}

void order_waits_for_the_request_before_it(void**) {
  Scene scene(milliseconds{0});
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  scene.clock.advance(milliseconds{11'800});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  assert_times(scene.server.began, {0, 11'800, 12'800});
}

void failed_call_counts_as_a_call(void**) {
  Scene scene(milliseconds{0});
  scene.server.fails = true;
  const auto lost = scene.paced.send_order(HttpRequest{});
  assert_true(!lost && lost.error().code == ErrorCode::kUnknownOutcome);
  scene.server.fails = false;
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  assert_times(scene.server.began, {0, 12'000});
}

void nothing_is_sent_when_told_to_stop(void**) {
  Scene scene(milliseconds{0});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  scene.goes_on = false;
  const auto stopped = scene.paced.send_order(HttpRequest{});
  assert_true(!stopped && stopped.error().code == ErrorCode::kTransient);
  assert_times(scene.server.began, {0});
}

void stopped_order_does_not_count_as_an_order(void**) {
  Scene scene(milliseconds{0});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  scene.goes_on = false;
  assert_false(bool(scene.paced.send_order(HttpRequest{})));
  scene.goes_on = true;
  assert_true(bool(scene.paced.send_order(HttpRequest{})));
  assert_times(scene.server.began, {0, 1000});
}

void clock_set_back_costs_at_most_one_interval(void**) {
  Scene scene(milliseconds{0});
  scene.clock.set(TimePoint{milliseconds{3'600'000}});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  scene.clock.set(TimePoint{milliseconds{0}});
  assert_true(bool(scene.paced.send(HttpRequest{})));
  assert_times(scene.waits, {1000});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(first_request_does_not_wait),
      cmocka_unit_test(requests_keep_their_distance_from_the_end_of_the_one_before),
      cmocka_unit_test(only_the_rest_of_the_interval_is_waited_for),
      cmocka_unit_test(orders_keep_the_longer_distance_and_requests_go_between),
      cmocka_unit_test(order_waits_for_the_request_before_it),
      cmocka_unit_test(failed_call_counts_as_a_call),
      cmocka_unit_test(nothing_is_sent_when_told_to_stop),
      cmocka_unit_test(stopped_order_does_not_count_as_an_order),
      cmocka_unit_test(clock_set_back_costs_at_most_one_interval),
  };
  return cmocka_run_group_tests_name("providers.paced_transport", tests, nullptr, nullptr);
}
