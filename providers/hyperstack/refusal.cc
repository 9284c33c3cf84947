// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/refusal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "lib/text.h"
#include "lib/time.h"
#include "providers/wire.h"

namespace spillway {
namespace {

struct Refusal {
  int status = 0;
  bool is_hyperstacks = false;  // else a proxy's page, or no JSON
  std::string reason;           // "bad_request"
  std::string words;            // for people
};

struct ReasonRow {
  std::string_view reason;
  ErrorCode create;
  ErrorCode remove;
  ErrorCode list;
};

// "Did it happen or not?": for a list it does not matter, for a change it must be asked.
ErrorCode cure_of_doubt(HyperstackCall call) {
  const bool is_change = call == HyperstackCall::kCreate || call == HyperstackCall::kDelete;
  return is_change ? ErrorCode::kUnknownOutcome : ErrorCode::kTransient;
}

// A delete is refused for the state that its machine is in, and may be asked for again later. A
// name that exists already is our order's own, since no two orders have the same mark: somehow it
// was carried out, and must be looked for.
const ReasonRow& row_of(std::string_view reason) {
  using enum ErrorCode;
  static constexpr std::array kRows{
      ReasonRow{"bad_request", kInvalid, kTransient, kProtocol},
      ReasonRow{"forbidden", kUnauthorized, kUnauthorized, kUnauthorized},
      ReasonRow{"not_found", kInvalid, kNotFound, kProtocol},
      ReasonRow{"not_allowed", kInvalid, kTransient, kProtocol},
      ReasonRow{"already_exist", kUnknownOutcome, kTransient, kProtocol},
      ReasonRow{"compatibility_blocked", kInvalid, kTransient, kProtocol},
  };
  const auto* const row = std::find_if(
      kRows.begin(), kRows.end(), [&](const ReasonRow& known) { return known.reason == reason; });
  return row == kRows.end() ? kRows.front() : *row;
}

// A refusal without a reason counts as bad_request, unless its status is known to come without one.
std::string reason_of(const Json& body, int status) {
  auto reason = body.string("error_reason").value_or("");
  if (!reason.empty()) return reason;
  if (status == 403) return "forbidden";
  return status == 409 ? "already_exist" : "bad_request";
}

std::optional<ErrorCode> find_shortage(const std::string& text, const RefusalWords& words) {
  if (mentions(text, words.balance)) return ErrorCode::kBalance;
  if (mentions(text, words.quota)) return ErrorCode::kQuota;
  if (mentions(text, words.no_capacity)) return ErrorCode::kNoCapacity;
  return std::nullopt;
}

// Guesses: what other clients look for, and the words of OpenStack, which Hyperstack is built on.
const RefusalWords& guessed_words() {
  static const RefusalWords words{
      .no_capacity =
          {"stock", "capacity", "not enough", "insufficient resource", "no valid host", "sold out"},
      .quota = {"quota", "limit exceeded", "limit reached", "maximum number"},
      .balance = {"balance", "insufficient credit", "not enough credit", "insufficient fund"},
  };
  return words;
}

// What an order lacks, if it lacks anything. A thing that is not found, or exists, is named by its
// name, which may be any word.
std::optional<ErrorCode> cure_of_shortage(const Refusal& refusal, const RefusalWords& told) {
  if (const auto cure = find_shortage(refusal.words, told)) return cure;
  if (refusal.reason == "not_found" || refusal.reason == "already_exist") return std::nullopt;
  return find_shortage(refusal.words, guessed_words());
}

// The translation of Hyperstack's refusals. The statuses 429, 401, 402 and 5xx speak for
// themselves: after a 5xx nobody knows whether the change was made, whatever the body says.
ErrorCode cure_of_refusal(const Refusal& refusal, HyperstackCall call, const RefusalWords& told) {
  const int status = refusal.status;
  if (status == 429) return ErrorCode::kRateLimited;
  if (status == 401 || refusal.reason == "unauthorized") return ErrorCode::kUnauthorized;
  const bool is_doubt = status >= 500 || status == 408 || refusal.reason == "server_error";
  if (is_doubt) return cure_of_doubt(call);
  if (status == 402 && call == HyperstackCall::kCreate) return ErrorCode::kBalance;
  if (!refusal.is_hyperstacks) return ErrorCode::kProtocol;
  const auto& row = row_of(refusal.reason);
  switch (call) {
    case HyperstackCall::kCreate:
      return cure_of_shortage(refusal, told).value_or(row.create);
    case HyperstackCall::kDelete:
      return row.remove;
    case HyperstackCall::kNextPage:
      return refusal.reason == "not_found" ? ErrorCode::kNotFound : row.list;
    case HyperstackCall::kList:
      break;
  }
  return row.list;
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

Refusal read_refusal(const HttpAnswer& answer, const Result<Json>& body) {
  Refusal refusal;
  refusal.status = answer.status;
  if (!body) {
    refusal.words = describe_foreign_body(answer.body);
    return refusal;
  }
  const bool is_refusal = is_success(answer.status) || (answer.status >= 400);
  const auto message = body->string("message").value_or("");
  const auto said = body->string("error_reason").value_or("");
  refusal.is_hyperstacks =
      is_refusal && (!message.empty() || !said.empty() || body->boolean("status") == false);
  if (!refusal.is_hyperstacks) {
    refusal.words = "the body is not Hyperstack's: " + printable(answer.body, kWordsLimit);
    return refusal;
  }
  refusal.reason = reason_of(*body, answer.status);
  const char* const separator = message.empty() || said.empty() ? "" : ": ";
  refusal.words = printable(said + separator + message, kWordsLimit);
  if (refusal.words.empty()) refusal.words = "no reason is told";
  return refusal;
}

// Too many calls are refused until the minute is over, by Hyperstack's clock.
std::optional<std::chrono::seconds> rest_of_minute(const HttpAnswer& answer) {
  const auto* const header = answer.header("date");
  if (header == nullptr) return std::nullopt;
  const auto date = parse_http_date(*header);
  if (!date) return std::nullopt;
  return std::chrono::seconds(60 - to_unix_seconds(*date) % 60);
}

Error translate_refusal(const HttpAnswer& answer,
                        const Result<Json>& body,
                        HyperstackCall call,
                        const RefusalWords& words) {
  const auto refusal = read_refusal(answer, body);
  Error error{cure_of_refusal(refusal, call, words),
              "HTTP " + std::to_string(answer.status) + ": " + refusal.words,
              std::nullopt};
  if (error.code != ErrorCode::kRateLimited) return error;
  error.retry_after = read_retry_after(answer);
  if (!error.retry_after) error.retry_after = rest_of_minute(answer);
  return error;
}

}  // namespace

Result<Json> read_hyperstack_body(const HttpAnswer& answer,
                                  HyperstackCall call,
                                  const RefusalWords& words) {
  auto body = Json::parse(answer.body, "body");
  if (!is_success(answer.status)) return translate_refusal(answer, body, call, words);
  if (!body) {
    return not_understood(describe_foreign_body(answer.body))
        .within("HTTP " + std::to_string(answer.status));
  }
  if (body->boolean("status") == false) return translate_refusal(answer, body, call, words);
  return body;
}

}  // namespace spillway
