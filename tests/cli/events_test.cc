// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/events.h"

#include "tests/cli/screens.h"

using namespace spillway;

namespace {

std::vector<Event> some_events() {
  Event permit;
  permit.id = 1;
  permit.at = kNow;
  permit.kind = "permit";
  permit.job = 1234;
  permit.node = "h100-[001-002]";
  permit.text = "gpu: burst after 10 min; may use 2 nodes";
  permit.details = R"({"pool":"h100"})";
  Event lost;
  lost.id = 2;
  lost.at = kNow + std::chrono::seconds(61);
  lost.kind = "lost";
  lost.lease = 7;
  lost.text = "the cloud no longer\nshows the machine";
  return {permit, lost};
}

}  // namespace

static void events_stand_under_their_titles(void**) {
  expect_text(
      events_title() + events_screen(some_events(), false),
      "AT                    WHAT        JOB     LEASE   NODES             WHY\n"
      "2026-11-24T14:00:00Z  permit      1234    -       h100-[001-002]    gpu: burst after 10 "
      "min; may use 2 nodes\n"
      "2026-11-24T14:01:01Z  lost        -       7       -                 the cloud no longer "
      "shows the machine\n");
}

static void what_is_wrong_is_red_on_a_terminal(void**) {
  const std::string text = events_screen(some_events(), true);
  const auto first_end = text.find('\n');
  assert_true(text.substr(0, first_end).find('\033') == std::string::npos);
  assert_true(text.find("\033[31mlost        \033[0m", first_end) != std::string::npos);
}

static void json_is_one_object_a_line(void**) {
  expect_text(events_json_lines(some_events()),
              "{\"id\":1,\"at\":\"2026-11-24T14:00:00Z\",\"kind\":\"permit\",\"job\":1234,"
              "\"lease\":0,\"node\":\"h100-[001-002]\",\"text\":\"gpu: burst after 10 min; may use "
              "2 nodes\",\"details\":{\"pool\":\"h100\"}}\n"
              "{\"id\":2,\"at\":\"2026-11-24T14:01:01Z\",\"kind\":\"lost\",\"job\":0,\"lease\":7,"
              "\"node\":\"\",\"text\":\"the cloud no longer\\nshows the machine\",\"details\":"
              "null}\n");
}

static void details_that_are_no_json_are_given_as_text(void**) {
  Event event;
  event.details = "{half";
  const auto json = Json::parse(events_json_lines({event}), "event");
  if (!json) fail_msg("%s", json.error().message.c_str());
  expect_text(*json->string("details"), "{half");
}

static void no_events_print_nothing(void**) {
  expect_text(events_screen({}, false), "");
  expect_text(events_json_lines({}), "");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(events_stand_under_their_titles),
      cmocka_unit_test(what_is_wrong_is_red_on_a_terminal),
      cmocka_unit_test(json_is_one_object_a_line),
      cmocka_unit_test(details_that_are_no_json_are_given_as_text),
      cmocka_unit_test(no_events_print_nothing),
  };
  return cmocka_run_group_tests_name("cli.events", tests, nullptr, nullptr);
}
