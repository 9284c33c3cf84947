// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/wire.h"

#include <chrono>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

Json parsed(const char* text) {
  auto json = Json::parse(text, "test");
  if (!json) fail_msg("%s", json.error().message.c_str());
  return *json;
}

HttpAnswer answer_with(const char* name, const char* value) {
  return HttpAnswer{200, {{name, value}}, ""};
}

const TimePoint kNow = from_unix_seconds(1'795'000'000);  // 2026-11-18T11:06:40Z

}  // namespace

static void own_base_url_stands_in_for_a_missing_one_and_loses_its_slashes(void**) {
  ProviderConfig config;
  assert_string_equal(base_url_of(config, "https://own/v1/").c_str(), "https://own/v1");
  config.base_url = "http://127.0.0.1:1/x//";
  assert_string_equal(base_url_of(config, "https://own").c_str(), "http://127.0.0.1:1/x");
}

static void what_a_url_reserves_is_encoded(void**) {
  assert_string_equal(percent_encode("aZ09-._~").c_str(), "aZ09-._~");
  assert_string_equal(percent_encode("a b/c?d=e&\xC3\xA9%").c_str(),
                      "a%20b%2Fc%3Fd%3De%26%C3%A9%25");
}

static void foreign_bodies_are_told_in_one_line_and_json_is_not_quoted(void**) {
  assert_string_equal(describe_foreign_body(" \n").c_str(), "the body is empty");
  assert_string_equal(describe_foreign_body("<b>\nno</b>").c_str(),
                      "the body is no JSON: <b> no</b>");
  assert_string_equal(describe_foreign_body("{\"token\":\"s3").c_str(),
                      "the body is no whole JSON (12 bytes)");
}

static void retry_after_is_read_in_seconds_alone(void**) {
  assert_int_equal(read_retry_after(answer_with("retry-after", " 7 "))->count(), 7);
  assert_int_equal(read_retry_after(answer_with("retry-after", "86400"))->count(), 86'400);
  for (const char* text : {"", "-1", "7.5", "86401", "soon", "Tue, 24 Nov 2026 11:16:26 GMT"}) {
    if (read_retry_after(answer_with("retry-after", text))) fail_msg("taken: '%s'", text);
  }
  assert_false(read_retry_after(HttpAnswer{}).has_value());
}

static void clouds_clock_counts_unless_it_is_absurd(void**) {
  const auto date = [](const char* text) { return time_of(answer_with("date", text), kNow); };
  assert_true(date("Wed, 18 Nov 2026 11:06:30 GMT") == kNow - std::chrono::seconds(10));
  assert_true(date("Wed, 18 Nov 2026 12:06:30 GMT") == kNow);
  assert_true(date("Wed, 18 Nov 2026 10:06:30 GMT") == kNow);
  assert_true(date("yesterday") == kNow);
  assert_true(time_of(HttpAnswer{}, kNow) == kNow);
}

static void counts_that_are_no_counts_are_zero(void**) {
  assert_int_equal(small_count(parsed(R"({"n": 8})"), "n"), 8);
  for (const char* text : {R"({})",
                           R"({"n": null})",
                           R"({"n": -8})",
                           R"({"n": "8"})",
                           R"({"n": 8.5})",
                           R"({"n": 4294967304})"}) {
    if (small_count(parsed(text), "n") != 0) fail_msg("taken: %s", text);
  }
}

static void optional_text_is_a_text_or_nothing(void**) {
  assert_string_equal(read_optional_text(parsed(R"({"t": "x"})"), "t")->c_str(), "x");
  assert_string_equal(read_optional_text(parsed(R"({"t": null})"), "t")->c_str(), "");
  assert_string_equal(read_optional_text(parsed("{}"), "t")->c_str(), "");
  for (const char* text : {R"({"t": 1})", R"({"t": ["x"]})", R"({"t": false})"}) {
    const auto read = read_optional_text(parsed(text), "t");
    if (read || read.error().code != ErrorCode::kProtocol) fail_msg("taken: %s", text);
  }
}

static void question_leaves_nothing_in_doubt(void**) {
  const auto code_of = [](ErrorCode code) {
    return without_doubt(Error{code, "why", std::nullopt}).code;
  };
  assert_true(code_of(ErrorCode::kUnknownOutcome) == ErrorCode::kTransient);
  for (const auto code : {ErrorCode::kTransient, ErrorCode::kProtocol, ErrorCode::kRateLimited})
    assert_true(code_of(code) == code);
}

static void prices_come_as_numbers_and_as_texts(void**) {
  struct Row {
    const char* json;
    std::int64_t micros;
  };
  for (const auto& [json, micros] : {Row{R"({"p": "1.99"})", 1'990'000},
                                     Row{R"({"p": "15.120000"})", 15'120'000},
                                     Row{R"({"p": 2.5})", 2'500'000},
                                     Row{R"({"p": 3})", 3'000'000},
                                     Row{R"({"p": "1.9900000000"})", 1'990'000},
                                     Row{R"({"p": "0.0342465753"})", 34'247},
                                     Row{R"({"p": "0.0000001"})", 1},
                                     Row{R"({"p": "0.00672"})", 6'720}}) {
    const auto price = read_hourly_price(parsed(json).get("p"));
    if (!price || price->micros() != micros) fail_msg("%s", json);
  }
  for (const char* json : {R"({})",
                           R"({"p": null})",
                           R"({"p": 0})",
                           R"({"p": "0.00"})",
                           R"({"p": -1})",
                           R"({"p": "-1"})",
                           R"({"p": "free"})",
                           R"({"p": ""})",
                           R"({"p": "1,99"})",
                           R"({"p": "$2"})",
                           R"({"p": 1000001})",
                           R"({"p": true})",
                           R"({"p": [2]})",
                           R"({"p": "0.0000000"})",
                           R"({"p": "0.000000x"})",
                           R"({"p": "1.0000000.0"})",
                           R"({"p": "1.990000 $"})",
                           R"({"p": "1."})",
                           R"({"p": "1000000.0000001"})"}) {
    if (read_hourly_price(parsed(json).get("p"))) fail_msg("taken: %s", json);
  }
}

static void rate_may_be_zero_but_not_absent(void**) {
  for (const char* json : {R"({"p": 0})", R"({"p": "0"})", R"({"p": "0.000000"})"}) {
    if (read_hourly_rate(parsed(json).get("p")) != Money{}) fail_msg("not zero: %s", json);
  }
  for (const char* json : {R"({})", R"({"p": null})", R"({"p": "-0"})", R"({"p": ""})"}) {
    if (read_hourly_rate(parsed(json).get("p"))) fail_msg("taken: %s", json);
  }
}

static void phrases_are_found_whatever_their_case(void**) {
  assert_true(mentions("Not ENOUGH GPUs available", {"capacity", "not enough"}));
  assert_false(mentions("bad name", {"capacity", ""}));
  assert_false(mentions("", {"capacity"}));
  assert_false(mentions("capacity", {}));
}

static void secret_is_struck_out_wherever_it_stands(void**) {
  const Error error{ErrorCode::kProtocol, "s3cret: a proxy said s3cret", {}};
  assert_string_equal(without_secret(error, Secret("s3cret")).message.c_str(),
                      "(key): a proxy said (key)");
  assert_string_equal(without_secret(error, Secret("")).message.c_str(), error.message.c_str());
}

static void near_name_is_suggested_else_all(void**) {
  assert_string_equal(suggest_name("opps", {"ops", "dev"}).c_str(), "did you mean ops?");
  assert_string_equal(suggest_name("zebra", {"ops", "dev"}).c_str(), "there is ops, dev");
  assert_string_equal(suggest_name("ops", {}).c_str(), "there is none");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(own_base_url_stands_in_for_a_missing_one_and_loses_its_slashes),
      cmocka_unit_test(what_a_url_reserves_is_encoded),
      cmocka_unit_test(foreign_bodies_are_told_in_one_line_and_json_is_not_quoted),
      cmocka_unit_test(retry_after_is_read_in_seconds_alone),
      cmocka_unit_test(clouds_clock_counts_unless_it_is_absurd),
      cmocka_unit_test(counts_that_are_no_counts_are_zero),
      cmocka_unit_test(optional_text_is_a_text_or_nothing),
      cmocka_unit_test(question_leaves_nothing_in_doubt),
      cmocka_unit_test(prices_come_as_numbers_and_as_texts),
      cmocka_unit_test(rate_may_be_zero_but_not_absent),
      cmocka_unit_test(phrases_are_found_whatever_their_case),
      cmocka_unit_test(secret_is_struck_out_wherever_it_stands),
      cmocka_unit_test(near_name_is_suggested_else_all),
  };
  return cmocka_run_group_tests_name("providers.wire", tests, nullptr, nullptr);
}
