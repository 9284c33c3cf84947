// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "lib/time.h"
#include "providers/hyperstack/refusal.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using enum ErrorCode;

constexpr auto kList = HyperstackCall::kList;
constexpr auto kNextPage = HyperstackCall::kNextPage;
constexpr auto kCreate = HyperstackCall::kCreate;
constexpr auto kDelete = HyperstackCall::kDelete;

HttpAnswer make_answer(int status, std::string body) {
  return {status, {{"content-type", "application/json"}}, std::move(body)};
}

std::string envelope(const std::string& reason, const std::string& message) {
  return R"({"status":false,"message":")" + message + R"(","error_reason":")" + reason + R"("})";
}

Result<Json> read(const HttpAnswer& answer, HyperstackCall call) {
  return read_hyperstack_body(answer, call, {});
}

struct RefusalCase {
  int status;
  const char* reason;
  const char* message;
  HyperstackCall call;
  ErrorCode cure;
};

// The reasons of the API's documentation, with the statuses it names for these calls, and messages
// that were seen.
constexpr RefusalCase kDocumented[] = {
    {400, "bad_request", "Invalid input.", kCreate, kInvalid},
    {400,
     "bad_request",
     "VM a is currently being created and cannot be deleted yet.",
     kDelete,
     kTransient},
    {400, "bad_request", "Invalid input.", kList, kProtocol},
    {400, "bad_request", "Insufficient balance to create the resource", kCreate, kBalance},
    {401, "unauthorized", "API key is invalid.", kCreate, kUnauthorized},
    {401, "unauthorized", "API key is invalid.", kDelete, kUnauthorized},
    {401, "unauthorized", "API key is invalid.", kList, kUnauthorized},
    {401, "unauthorized", "API key is invalid.", kNextPage, kUnauthorized},
    {403, "forbidden", "Your role does not allow it.", kCreate, kUnauthorized},
    {403, "forbidden", "Your role does not allow it.", kDelete, kUnauthorized},
    {403, "forbidden", "Your role does not allow it.", kList, kUnauthorized},
    {404, "not_found", "Flavor n3-H100x9 does not exist.", kCreate, kInvalid},
    {404, "not_found", "VM 7613 does not exists.", kDelete, kNotFound},
    {404, "not_found", "No such thing.", kList, kProtocol},
    {405, "not_allowed", "Environment is not ready.", kCreate, kInvalid},
    {405, "not_allowed", "VM is locked.", kDelete, kTransient},
    {405, "not_allowed", "No.", kList, kProtocol},
    {409, "already_exist", "VM a already exists.", kCreate, kUnknownOutcome},
    {409, "already_exist", "Busy.", kDelete, kTransient},
    {400, "compatibility_blocked", "Image does not fit the flavor.", kCreate, kInvalid},
    {422, "compatibility_blocked", "Image does not fit the flavor.", kCreate, kInvalid},
    {500, "server_error", "Oops.", kCreate, kUnknownOutcome},
    {500, "server_error", "Oops.", kDelete, kUnknownOutcome},
    {500, "server_error", "Oops.", kList, kTransient},
    {500, "server_error", "Oops.", kNextPage, kTransient},
    {402, "bad_request", "Pay.", kCreate, kBalance},
};

// Guessed: words that other clients look for, statuses and reasons that are to be survived.
constexpr RefusalCase kGuessed[] = {
    {400, "bad_request", "Insufficient stock for n3-H100x8", kCreate, kNoCapacity},
    {400, "bad_request", "Flavor is out of STOCK.", kCreate, kNoCapacity},
    {400, "bad_request", "Not enough GPUs available", kCreate, kNoCapacity},
    {400, "bad_request", "Insufficient resources", kCreate, kNoCapacity},
    {400, "bad_request", "There is no capacity", kCreate, kNoCapacity},
    {400, "bad_request", "No valid host was found.", kCreate, kNoCapacity},
    {405, "not_allowed", "Insufficient resources", kCreate, kNoCapacity},
    {406, "something_new", "Not enough hosts", kCreate, kNoCapacity},
    {400, "out_of_stock", "Sorry.", kCreate, kNoCapacity},  // the reason speaks, too
    {400, "bad_request", "Quota exceeded for cores", kCreate, kQuota},
    {403, "forbidden", "VM quota exceeded", kCreate, kQuota},
    {400, "bad_request", "Not enough quota", kCreate, kQuota},
    {400, "bad_request", "VM limit reached", kCreate, kQuota},
    {400, "bad_request", "Not enough balance in stock", kCreate, kBalance},
    {400, "bad_request", "Insufficient credits", kCreate, kBalance},
    {402, "bad_request", "Not enough", kCreate, kBalance},
    // A thing is named, and names may be any word.
    {404, "not_found", "Environment stockholm does not exist", kCreate, kInvalid},
    {409, "already_exist", "VM in-stock already exists", kCreate, kUnknownOutcome},
    // Of an order alone can a shortage be told.
    {400, "bad_request", "Insufficient stock", kDelete, kTransient},
    {400, "bad_request", "Insufficient balance", kList, kProtocol},
    {402, "bad_request", "Pay.", kDelete, kTransient},
    {402, "bad_request", "Pay.", kList, kProtocol},
    // A key that is refused is refused, whatever else is said.
    {401, "bad_request", "Insufficient balance", kCreate, kUnauthorized},
    {400, "unauthorized", "Insufficient balance", kCreate, kUnauthorized},
    // After these nobody knows, whatever is said.
    {500, "bad_request", "Insufficient stock", kCreate, kUnknownOutcome},
    {503, "not_found", "VM 1 does not exists.", kDelete, kUnknownOutcome},
    {400, "server_error", "Insufficient stock", kCreate, kUnknownOutcome},
    {408, "bad_request", "Too slow.", kCreate, kUnknownOutcome},
    {408, "bad_request", "Too slow.", kList, kTransient},
    {429, "bad_request", "Insufficient stock", kCreate, kRateLimited},
    {429, "bad_request", "Slow down.", kList, kRateLimited},
    {404, "not_found", "No such page.", kNextPage, kNotFound},
    {400, "not_found", "No such page.", kNextPage, kNotFound},
    {400, "bad_request", "No such page.", kNextPage, kProtocol},
    {400, "something_new", "Sorry.", kCreate, kInvalid},
    {404, "something_new", "Sorry.", kDelete, kTransient},
    {422, "something_new", "Sorry.", kList, kProtocol},
    // HTTP says yes, the envelope no.
    {200, "bad_request", "Sorry.", kCreate, kInvalid},
    {200, "bad_request", "Insufficient resources", kCreate, kNoCapacity},
    {200, "not_found", "VM 1 does not exists.", kDelete, kNotFound},
    {200, "server_error", "Sorry.", kCreate, kUnknownOutcome},
    {200, "unauthorized", "Sorry.", kList, kUnauthorized},
    {200, "bad_request", "Sorry.", kList, kProtocol},
};

void assert_refusal(const RefusalCase& row) {
  const auto body = read(make_answer(row.status, envelope(row.reason, row.message)), row.call);
  if (body) fail_msg("%d %s is taken", row.status, row.message);
  const auto& error = body.error();
  if (error.code != row.cure) {
    fail_msg("%d %s: %s for call %d: %s, not %s",
             row.status,
             row.reason,
             row.message,
             static_cast<int>(row.call),
             error_code_name(error.code),
             error_code_name(row.cure));
  }
  const auto words = "HTTP " + std::to_string(row.status) + ": " + row.reason + ": " + row.message;
  if (error.message != words) fail_msg("%s: says \"%s\"", row.reason, error.message.c_str());
}

void documented_refusals_are_told_by_their_cure(void**) {
  for (const auto& row : kDocumented)
    assert_refusal(row);
}

void guessed_refusals_are_told_by_their_cure(void**) {
  for (const auto& row : kGuessed)
    assert_refusal(row);
}

struct BodyCase {
  int status;
  const char* body;
  HyperstackCall call;
  ErrorCode cure;
};

// Envelopes that lack something, then bodies that are not Hyperstack's: a proxy's page, nothing,
// half of something.
constexpr BodyCase kOddBodies[] = {
    {400, R"({"status":false,"message":"Sorry."})", kCreate, kInvalid},
    {400, R"({"status":false})", kCreate, kInvalid},
    {400, R"({"message":"Sorry."})", kCreate, kInvalid},
    {400, R"({"message":"Insufficient balance"})", kCreate, kBalance},
    {400, R"({"error_reason":"not_found"})", kDelete, kNotFound},
    {403, R"({"message":"No."})", kList, kUnauthorized},
    {404, R"({"message":"The requested URL was not found."})", kDelete, kTransient},
    {404, R"({"message":"The requested URL was not found."})", kCreate, kInvalid},
    {409, R"({"message":"There is one."})", kCreate, kUnknownOutcome},
    {402, R"({"message":"Pay."})", kCreate, kBalance},
    {200, R"({"status":false})", kCreate, kInvalid},
    {200, R"({"status":false})", kList, kProtocol},
    {200, R"({"status":false,"message":7,"error_reason":[]})", kCreate, kInvalid},
    {200, "<html>ok</html>", kCreate, kProtocol},
    {200, "", kCreate, kProtocol},
    {200, "  \n", kDelete, kProtocol},
    {200, R"({"status":true,"instances":[{"id":76)", kCreate, kProtocol},
    {200, R"({"status":true}{"status":true})", kList, kProtocol},
    {200, R"({"status":true} trailing)", kList, kProtocol},
    {200, R"({"status":true,"status":false})", kList, kProtocol},
    {200, "{\"message\":\"\xFF\"}", kList, kProtocol},
    {204, "", kDelete, kProtocol},
    {301, "", kCreate, kProtocol},
    {302, R"({"status":false,"message":"Moved.","error_reason":"not_found"})", kDelete, kProtocol},
    {302, "<html>moved</html>", kList, kProtocol},
    {0, "", kCreate, kProtocol},
    {100, "", kList, kProtocol},
    {400, "", kCreate, kProtocol},
    {400, "<html>bad request</html>", kCreate, kProtocol},
    {401, "", kList, kUnauthorized},
    {401, "<html>who are you</html>", kCreate, kUnauthorized},
    {402, "", kCreate, kBalance},
    {402, "", kDelete, kProtocol},
    {403, "<html>blocked</html>", kCreate, kProtocol},
    {403, "", kList, kProtocol},
    {404, "<html>not found</html>", kDelete, kProtocol},
    {404, "<html>not found</html>", kNextPage, kProtocol},
    {404, "{}", kDelete, kProtocol},
    {404, "[]", kDelete, kProtocol},
    {404, "\"gone\"", kDelete, kProtocol},
    {404, R"({"error":"gone"})", kDelete, kProtocol},
    {404, R"({"status":true})", kDelete, kProtocol},
    {404, R"({"message":""})", kDelete, kProtocol},
    {408, "", kCreate, kUnknownOutcome},
    {413, "", kCreate, kProtocol},
    {429, "slow down", kCreate, kRateLimited},
    {429, "", kList, kRateLimited},
    {500, "", kCreate, kUnknownOutcome},
    {502, "<html>bad gateway</html>", kCreate, kUnknownOutcome},
    {502, "<html>bad gateway</html>", kDelete, kUnknownOutcome},
    {502, "<html>bad gateway</html>", kList, kTransient},
    {503, "", kCreate, kUnknownOutcome},
    {504, "", kCreate, kUnknownOutcome},
    {520, "web server returned an unknown error", kCreate, kUnknownOutcome},
    {999, "", kCreate, kUnknownOutcome},
};

void odd_bodies_are_refused_by_what_is_left_of_them(void**) {
  for (const auto& row : kOddBodies) {
    const auto body = read(make_answer(row.status, row.body), row.call);
    if (body) fail_msg("taken: %d %s", row.status, row.body);
    if (body.error().code != row.cure) {
      fail_msg("%d %s: %s, not %s",
               row.status,
               row.body,
               error_code_name(body.error().code),
               error_code_name(row.cure));
    }
  }
}

// The envelopes of the calls that we make: not all have a status, and not all are objects.
void successes_are_taken_as_they_are(void**) {
  for (const char* body : {R"({"status":true,"message":"ok","instances":[]})",
                           R"({"stocks":[]})",
                           R"([{"name":"vCPU","value":0}])",
                           R"({"available_vms":3})",
                           R"({"status":200})",
                           R"({"success":true})"}) {
    const auto json = read(make_answer(200, body), kList);
    if (!json) fail_msg("refused: %s", body);
    assert_string_equal(json->dump().c_str(), body);
  }
  assert_true(bool(read(make_answer(201, R"({"status":true})"), kCreate)));
}

void configured_words_come_before_the_guessed_ones(void**) {
  const RefusalWords words{.no_capacity = {"Hall is full", "quota of the hall"},
                           .quota = {"too many stocks"},
                           .balance = {"ask your bank"}};
  const RefusalCase cases[] = {
      {400, "bad_request", "The HALL IS FULL.", kCreate, kNoCapacity},
      {400, "bad_request", "The quota of the hall is used up.", kCreate, kNoCapacity},
      {400, "bad_request", "You have too many stocks.", kCreate, kQuota},
      {404, "not_found", "Please ask your bank.", kCreate, kBalance},
      {400, "bad_request", "Please ask your bank.", kDelete, kTransient},
      {500, "server_error", "The hall is full.", kCreate, kUnknownOutcome},
      {400, "bad_request", "Insufficient stock", kCreate, kNoCapacity},
      {400, "bad_request", "Sorry.", kCreate, kInvalid},
  };
  for (const auto& row : cases) {
    const auto answer = make_answer(row.status, envelope(row.reason, row.message));
    const auto body = read_hyperstack_body(answer, row.call, words);
    if (body || body.error().code != row.cure) fail_msg("another cure: %s", row.message);
  }
}

struct WaitCase {
  HttpHeaders headers;
  int seconds;  // -1: none
};

void rate_limit_lasts_until_the_minute_is_over(void**) {
  const WaitCase cases[] = {
      {{}, -1},
      {{{"date", "soon"}}, -1},
      {{{"date", "Tue, 24 Nov 2026 11:16:00 GMT"}}, 60},
      {{{"date", "Tue, 24 Nov 2026 11:16:01 GMT"}}, 59},
      {{{"date", "Tue, 24 Nov 2026 11:16:26 GMT"}}, 34},
      {{{"date", "Tue, 24 Nov 2026 11:16:59 GMT"}}, 1},
      {{{"date", "Tue, 24 Nov 2026 11:16:26 GMT"}, {"retry-after", "7"}}, 7},
      {{{"retry-after", "7"}}, 7},
      {{{"retry-after", "Tue, 24 Nov 2026 11:17:00 GMT"}}, -1},
      {{{"retry-after", "x"}, {"date", "Tue, 24 Nov 2026 11:16:59 GMT"}}, 1},
  };
  for (const auto& row : cases) {
    const auto body = read({429, row.headers, "slow down"}, kCreate);
    assert_true(!body && body.error().code == kRateLimited);
    const auto seconds = body.error().retry_after ? body.error().retry_after->count() : -1;
    if (seconds != row.seconds) {
      fail_msg("%d s, not %d s", static_cast<int>(seconds), row.seconds);
    }
  }
}

void other_refusals_name_no_wait(void**) {
  for (const int status : {400, 401, 500, 503}) {
    const auto body = read({status, {{"retry-after", "7"}}, envelope("bad_request", "x")}, kCreate);
    assert_true(!body && !body.error().retry_after);
  }
}

void words_are_shown_on_one_short_line(void**) {
  const std::string page = "<html>\n\x1b[31m" + std::string(5000, 'x') + "</html>";
  const std::string foreign = R"({"error":")" + std::string(5000, 'z') + R"("})";
  for (const auto& body : {page, foreign, envelope("a", "b\\n" + std::string(5000, 'y'))}) {
    const auto refused = read(make_answer(400, body), kCreate);
    assert_false(bool(refused));
    const auto& message = refused.error().message;
    if (message.size() > 400) fail_msg("too long: %s", message.c_str());
    for (const char c : message) {
      if (static_cast<unsigned char>(c) < 0x20) fail_msg("not one line: %s", message.c_str());
    }
  }
}

void refusal_without_words_says_so(void**) {
  const auto refused = read(make_answer(400, R"({"status":false})"), kCreate);
  assert_false(bool(refused));
  assert_string_equal(refused.error().message.c_str(), "HTTP 400: no reason is told");
}

void deeply_nested_and_huge_bodies_are_refused(void**) {
  const std::string deep(100'000, '[');
  const std::string huge(std::size_t{4} << 20U, 'x');
  for (const auto& text : {deep, huge}) {
    const auto body = read(make_answer(200, text), kList);
    assert_true(!body && body.error().code == kProtocol);
    assert_true(body.error().message.size() < 500);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(documented_refusals_are_told_by_their_cure),
      cmocka_unit_test(guessed_refusals_are_told_by_their_cure),
      cmocka_unit_test(odd_bodies_are_refused_by_what_is_left_of_them),
      cmocka_unit_test(successes_are_taken_as_they_are),
      cmocka_unit_test(configured_words_come_before_the_guessed_ones),
      cmocka_unit_test(rate_limit_lasts_until_the_minute_is_over),
      cmocka_unit_test(other_refusals_name_no_wait),
      cmocka_unit_test(words_are_shown_on_one_short_line),
      cmocka_unit_test(refusal_without_words_says_so),
      cmocka_unit_test(deeply_nested_and_huge_bodies_are_refused),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_refusal", tests, nullptr, nullptr);
}
