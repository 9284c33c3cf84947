// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "providers/voltage-park/answer.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using enum ErrorCode;

constexpr auto kRead = VoltageParkCall::kRead;
constexpr auto kOrder = VoltageParkCall::kOrder;
constexpr auto kEnd = VoltageParkCall::kEnd;

Json parse(const char* text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text);
  return *json;
}

Result<Json> read(int status,
                  const std::string& body,
                  VoltageParkCall call,
                  const RefusalWords& words = {}) {
  return read_voltage_park_body({status, {}, body}, call, words);
}

struct RefusalCase {
  int status;
  const char* body;
  VoltageParkCall call;
  ErrorCode cure;
};

// Of the framework that the API is built on, and of one client's parser: as sure as it gets.
constexpr RefusalCase kLikely[] = {
    {422,
     R"({"detail":[{"loc":["body","gpu_count"],"msg":"must be a multiple of 8","type":"value_error"}]})",
     kOrder,
     kInvalid},
    {422, R"({"detail":[{"loc":["query","limit"],"msg":"too large"}]})", kRead, kProtocol},
    {400, R"({"detail":"Name is malformed"})", kOrder, kInvalid},
    {400, R"({"detail":"Name is malformed"})", kEnd, kInvalid},
    {404, R"({"detail":"Virtual machine not found"})", kEnd, kNotFound},
    {404, R"({"detail":"Not Found"})", kEnd, kNotFound},
    {404, R"({"detail":"Not Found"})", kRead, kProtocol},
    {404, R"({"detail":"Location not found"})", kOrder, kInvalid},
    {405, R"({"detail":"Method Not Allowed"})", kRead, kProtocol},
    {405, R"({"detail":"Method Not Allowed"})", kEnd, kProtocol},
    {405, R"({"detail":"Method Not Allowed"})", kOrder, kProtocol},
    {500, R"({"detail":"Internal Server Error"})", kOrder, kUnknownOutcome},
    {500, R"({"detail":"Internal Server Error"})", kEnd, kUnknownOutcome},
    {500, R"({"detail":"Internal Server Error"})", kRead, kTransient},
    {500, "Internal Server Error", kOrder, kUnknownOutcome},
};

// Guessed: no document and no client tells them.
constexpr RefusalCase kGuessed[] = {
    {400, R"({"detail":"Not enough GPUs available"})", kOrder, kNoCapacity},
    {400, R"({"detail":"Requested GPUs are UNAVAILABLE"})", kOrder, kNoCapacity},
    {400, R"({"detail":"Insufficient capacity at this location"})", kOrder, kNoCapacity},
    {400, R"({"detail":"Out of stock"})", kOrder, kNoCapacity},
    {409, R"({"detail":"No inventory left"})", kOrder, kNoCapacity},
    {422, R"({"detail":"Not enough nodes"})", kOrder, kNoCapacity},
    {400, R"({"detail":"Insufficient balance"})", kOrder, kBalance},
    {400, R"({"detail":"Not enough balance available"})", kOrder, kBalance},
    {400, R"({"detail":"Not enough funds"})", kOrder, kBalance},
    {402, R"({"detail":"Payment required"})", kOrder, kBalance},
    {402, "", kOrder, kBalance},
    {402, R"({"detail":"Payment required"})", kEnd, kProtocol},
    {402, R"({"detail":"Payment required"})", kRead, kProtocol},
    {400, R"({"detail":"Quota exceeded"})", kOrder, kQuota},
    {400, R"({"message":"Not enough GPUs"})", kOrder, kNoCapacity},
    {400, R"({"error":"Not enough GPUs"})", kOrder, kNoCapacity},
    {400, R"({"detail":"Not enough GPUs available"})", kEnd, kInvalid},
    {400, R"({"detail":"Not enough GPUs available"})", kRead, kProtocol},
    {422, R"({"detail":[{"loc":["body","name"],"msg":"not available"}]})", kOrder, kInvalid},
    {401, R"({"detail":"Not authenticated"})", kRead, kUnauthorized},
    {401, R"({"detail":"Invalid token"})", kOrder, kUnauthorized},
    {401, "", kEnd, kUnauthorized},
    {401, "<html>log in</html>", kRead, kUnauthorized},
    {403, R"({"detail":"Not authenticated"})", kOrder, kUnauthorized},
    {403, R"({"detail":"Forbidden"})", kRead, kUnauthorized},
    {403, "<html>banned</html>", kRead, kRateLimited},
    {403, "<html>banned</html>", kOrder, kRateLimited},
    {403, "", kEnd, kRateLimited},
    {404, "<html>no such page</html>", kEnd, kProtocol},
    {404, "", kEnd, kProtocol},
    {404, "null", kEnd, kProtocol},
    {404, "[]", kEnd, kProtocol},
    {404, "{}", kEnd, kNotFound},
    {404, "<html>no such page</html>", kOrder, kProtocol},
    {404, "<html>no such page</html>", kRead, kProtocol},
    {408, "", kOrder, kUnknownOutcome},
    {408, "", kRead, kTransient},
    {409, R"({"detail":"Rental is being changed"})", kEnd, kTransient},
    {409, R"({"detail":"Name is taken"})", kOrder, kInvalid},
    {409, R"({"detail":"Conflict"})", kRead, kProtocol},
    {400, "<html>service is not available</html>", kOrder, kInvalid},
    {400, "", kOrder, kInvalid},
    {413, "<html>too large</html>", kOrder, kInvalid},
    {422, R"({"detail":[]})", kOrder, kInvalid},
    {422, R"({"detail":[7,"x",{"loc":"x","msg":7}]})", kOrder, kInvalid},
    {422, R"({"detail":{"available":0}})", kOrder, kInvalid},
    {425, "", kOrder, kTransient},
    {429, R"({"detail":"Too many requests"})", kOrder, kRateLimited},
    {429, "slow down", kRead, kRateLimited},
    {429, "", kEnd, kRateLimited},
    {429, R"({"detail":"Quota exceeded"})", kOrder, kRateLimited},
    {500, R"({"detail":"Not enough GPUs available"})", kOrder, kUnknownOutcome},
    {502, "<html>bad gateway</html>", kOrder, kUnknownOutcome},
    {502, "<html>bad gateway</html>", kEnd, kUnknownOutcome},
    {502, "<html>bad gateway</html>", kRead, kTransient},
    {503, "", kOrder, kUnknownOutcome},
    {503, "", kRead, kTransient},
    {504, "", kOrder, kUnknownOutcome},
    {599, "", kRead, kTransient},
    {0, "", kOrder, kProtocol},
    {100, "", kRead, kProtocol},
    {301, "", kEnd, kProtocol},
    {307, "", kOrder, kProtocol},
    {308, "", kRead, kProtocol},
    {200, "<html>dashboard</html>", kRead, kProtocol},
    {200, "<html>dashboard</html>", kOrder, kProtocol},
    {200, "<html>dashboard</html>", kEnd, kProtocol},
    {201, R"({"rental_id":"b6)", kOrder, kProtocol},
    {200, R"({"results":[]} more)", kRead, kProtocol},
    {200, R"({"id":1,"id":2})", kRead, kProtocol},
    {200, "\"\xFF\"", kRead, kProtocol},
};

void assert_cure(const RefusalCase& row) {
  const auto body = read(row.status, row.body, row.call);
  if (body) fail_msg("taken: %d %s", row.status, row.body);
  const auto& error = body.error();
  if (error.code != row.cure) {
    fail_msg("%d %s for call %d: %s, not %s",
             row.status,
             row.body,
             static_cast<int>(row.call),
             error_code_name(error.code),
             error_code_name(row.cure));
  }
  if (error.message.empty() || error.message.size() > 400) fail_msg("%s", error.message.c_str());
}

void likely_refusals_are_told_by_their_cure(void**) {
  for (const auto& row : kLikely)
    assert_cure(row);
}

void guessed_refusals_are_told_by_their_cure(void**) {
  for (const auto& row : kGuessed)
    assert_cure(row);
}

void admins_words_count_before_our_guesses(void**) {
  const RefusalWords words{
      .no_capacity = {"sold out"}, .quota = {"instance limit"}, .balance = {"top up"}};
  struct Row {
    const char* detail;
    ErrorCode cure;
  };
  for (const auto& [detail, cure] : {Row{R"("Sold Out")", kNoCapacity},
                                     Row{R"("Instance limit reached")", kQuota},
                                     Row{R"("Please top up")", kBalance},
                                     Row{R"("Sold out: not enough balance of nodes")", kNoCapacity},
                                     Row{R"("no inventory")", kNoCapacity},
                                     Row{R"([{"loc":["body"],"msg":"sold out"}])", kNoCapacity},
                                     Row{R"("something else")", kInvalid}}) {
    const auto body = read(400, std::string(R"({"detail":)") + detail + "}", kOrder, words);
    if (body || body.error().code != cure) fail_msg("%s", detail);
  }
}

void words_of_refusals_are_shown(void**) {
  struct Row {
    const char* body;
    const char* message;
  };
  constexpr Row kRows[] = {
      {R"({"detail":"Not enough GPUs available"})", "HTTP 400: Not enough GPUs available"},
      {R"({"detail":[{"loc":["body","gpu_count"],"msg":"must be 8","type":"t"},
                     {"loc":["body","ssh_keys",0],"msg":"no key","input":"geheim"}]})",
       "HTTP 400: body.gpu_count: must be 8; body.ssh_keys.0: no key"},
      {R"({"detail":[1,2,3,4,5,6]})",
       "HTTP 400: no reason given; no reason given; no reason given; no reason given; "
       "no reason given; and more"},
      {R"({"message":"no"})", "HTTP 400: no"},
      {R"({"cloudinit_script":"geheim"})", "HTTP 400: the body gives no detail"},
      {R"({"detail":{"input":"geheim"}})", "HTTP 400: the body gives no detail"},
      {"[7]", "HTTP 400: the body gives no detail"},
      {"", "HTTP 400: the body is empty"},
      {R"({"detail":"geh)", "HTTP 400: the body is no whole JSON (14 bytes)"},
      {"<html>\n no </html>", "HTTP 400: the body is no JSON: <html>  no </html>"},
  };
  for (const auto& row : kRows) {
    const auto body = read(400, row.body, kOrder);
    assert_false(bool(body));
    assert_string_equal(body.error().message.c_str(), row.message);
  }
}

void long_words_are_cut(void**) {
  const std::string text(5000, 'x');
  const auto entry =
      Json::object().set("loc", Json::array().append(Json::of(text))).set("msg", text);
  for (const auto& body : {Json::object().set("detail", text).dump(),
                           Json::object().set("detail", Json::array().append(entry)).dump(),
                           "<html>" + text}) {
    const auto refused = read(400, body, kOrder);
    assert_true(!refused && refused.error().message.size() < 400);
  }
}

void redirect_is_told_and_not_followed(void**) {
  const HttpAnswer answer{307, {{"location", "https://a.example/bare-metal/"}}, ""};
  const auto body = read_voltage_park_body(answer, kOrder, {});
  assert_true(!body && body.error().code == kProtocol);
  assert_string_equal(body.error().message.c_str(),
                      "HTTP 307: a redirect to https://a.example/bare-metal/, and none is "
                      "followed: is base_url right?");
}

void wait_is_told_where_the_cloud_names_one(void**) {
  const HttpAnswer limited{429, {{"retry-after", "17"}}, ""};
  for (const auto call : {kRead, kOrder, kEnd}) {
    const auto body = read_voltage_park_body(limited, call, {});
    assert_true(!body && body.error().retry_after == std::chrono::seconds(17));
  }
  const auto silent = read(429, "", kOrder);
  assert_true(!silent && !silent.error().retry_after);
}

// Whether an order was taken before the service went away, nobody knows.
void unavailable_service_names_a_wait_for_reads_alone(void**) {
  const HttpAnswer busy{503, {{"retry-after", "9"}}, ""};
  const auto list = read_voltage_park_body(busy, kRead, {});
  assert_true(!list && list.error().code == kRateLimited);
  assert_true(list.error().retry_after == std::chrono::seconds(9));
  for (const auto call : {kOrder, kEnd}) {
    const auto body = read_voltage_park_body(busy, call, {});
    assert_true(!body && body.error().code == kUnknownOutcome);
  }
}

void empty_body_of_a_success_is_nothing(void**) {
  for (const int status : {200, 201, 202, 204}) {
    for (const char* text : {"", " \n"}) {
      const auto body = read(status, text, kEnd);
      assert_true(body && body->is_absent());
    }
  }
  assert_true(bool(read(204, "null", kEnd)));
  assert_true(bool(read(200, R"({"status":"ok"})", kEnd)));
}

void page_is_read_with_its_envelope(void**) {
  const auto page = read_voltage_park_page(parse(
      R"({"results":[{"id":"a"},{"id":"b"}],"total_result_count":17,"has_previous":false,"has_next":true})"));
  assert_true(bool(page));
  assert_int_equal(page->rows.size(), 2);
  assert_string_equal(page->rows[1].string("id")->c_str(), "b");
  assert_true(page->has_next);
  assert_true(page->total == 17);
}

void bare_array_is_a_whole_list(void**) {
  const auto page = read_voltage_park_page(parse(R"([{"id":"a"}])"));
  assert_true(page && page->rows.size() == 1 && !page->has_next && !page->total);
}

void page_may_keep_its_count_to_itself(void**) {
  const auto page = read_voltage_park_page(parse(R"({"results":[],"has_next":false})"));
  assert_true(page && page->rows.empty() && !page->total);
}

void garbled_pages_are_refused(void**) {
  for (const char* text : {"{}",
                           "null",
                           "7",
                           "\"results\"",
                           R"({"results":null,"has_next":false})",
                           R"({"results":{},"has_next":false})",
                           R"({"results":"[]","has_next":false})",
                           R"({"Results":[],"has_next":false})",
                           R"({"results":[]})",
                           R"({"results":[],"has_next":null})",
                           R"({"results":[],"has_next":"false"})",
                           R"({"results":[],"has_next":0})",
                           R"({"detail":"Not Found"})"}) {
    const auto page = read_voltage_park_page(parse(text));
    if (page) fail_msg("taken: %s", text);
    if (page.error().code != kProtocol) fail_msg("another error: %s", text);
  }
  assert_false(bool(read_voltage_park_page(Json())));  // an empty body is no list
}

void ssh_keys_are_read(void**) {
  const auto key = read_voltage_park_ssh_key(parse(R"({"id":"9d0","name":"ops","content":"x"})"));
  assert_true(key && key->id == "9d0" && key->name == "ops");
  assert_true(bool(read_voltage_park_ssh_key(parse(R"({"id":"9d0"})"))));
  for (const char* text : {"{}", "[]", "\"a\"", R"({"id":""})", R"({"id":7})", R"({"name":"a"})"}) {
    if (read_voltage_park_ssh_key(parse(text))) fail_msg("taken: %s", text);
  }
}

void id_of_what_was_ordered_is_read(void**) {
  struct Row {
    const char* body;
    const char* key;
    const char* id;
  };
  for (const auto& [body, key, id] :
       {Row{R"({"rental_id":"b6c0","warning":null})", "rental_id", "b6c0"},
        Row{R"({"rental_id":"b6c0","id":"other"})", "rental_id", "b6c0"},
        Row{R"({"id":"b6c0","name":"n","status":"Pending"})", "rental_id", "b6c0"},
        Row{R"({"vm_id":"1a2b"})", "vm_id", "1a2b"}}) {
    const auto read_id = read_voltage_park_ordered(parse(body), key);
    if (!read_id || *read_id != id) fail_msg("%s", body);
  }
}

void order_without_an_id_is_not_understood(void**) {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           "\"b6c0\"",
                           R"({"rental_id":null})",
                           R"({"rental_id":""})",
                           R"({"rental_id":7})",
                           R"({"rental_id":["b6c0"]})",
                           R"({"rental_id":"a/b"})",
                           R"({"rental_id":"a#1"})",
                           R"({"rental_id":"a b"})",
                           R"({"vm_id":"1a2b"})"}) {
    const auto id = read_voltage_park_ordered(parse(text), "rental_id");
    if (id) fail_msg("taken: %s", text);
    if (id.error().code != kProtocol) fail_msg("another error: %s", text);
  }
  assert_false(bool(read_voltage_park_ordered(Json(), "rental_id")));
}

void warning_is_read_on_one_line(void**) {
  assert_string_equal(read_voltage_park_warning(parse(R"({"warning":"low\nbalance"})")).c_str(),
                      "low balance");
  for (const char* text : {"{}", R"({"warning":null})", R"({"warning":7})"})
    assert_string_equal(read_voltage_park_warning(parse(text)).c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(likely_refusals_are_told_by_their_cure),
      cmocka_unit_test(guessed_refusals_are_told_by_their_cure),
      cmocka_unit_test(admins_words_count_before_our_guesses),
      cmocka_unit_test(words_of_refusals_are_shown),
      cmocka_unit_test(long_words_are_cut),
      cmocka_unit_test(redirect_is_told_and_not_followed),
      cmocka_unit_test(wait_is_told_where_the_cloud_names_one),
      cmocka_unit_test(unavailable_service_names_a_wait_for_reads_alone),
      cmocka_unit_test(empty_body_of_a_success_is_nothing),
      cmocka_unit_test(page_is_read_with_its_envelope),
      cmocka_unit_test(bare_array_is_a_whole_list),
      cmocka_unit_test(page_may_keep_its_count_to_itself),
      cmocka_unit_test(garbled_pages_are_refused),
      cmocka_unit_test(ssh_keys_are_read),
      cmocka_unit_test(id_of_what_was_ordered_is_read),
      cmocka_unit_test(order_without_an_id_is_not_understood),
      cmocka_unit_test(warning_is_read_on_one_line),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_answer", tests, nullptr, nullptr);
}
