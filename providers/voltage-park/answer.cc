// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/answer.h"

#include <optional>
#include <utility>

#include "lib/text.h"
#include "providers/voltage-park/machine_id.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr std::size_t kFieldsShown = 5;

struct Refusal {
  bool is_apis_own = false;    // a JSON object, as FastAPI answers
  bool is_validation = false;  // `detail` lists fields
  std::string words;           // for people
};

// "Did it happen or not?": for a read it does not matter, for a change it must be asked.
ErrorCode cure_of_doubt(VoltageParkCall call) {
  return call == VoltageParkCall::kRead ? ErrorCode::kTransient : ErrorCode::kUnknownOutcome;
}

// Money comes first: "not enough balance" is no shortage of machines.
std::optional<ErrorCode> find_cure(const std::string& refusal, const RefusalWords& words) {
  if (mentions(refusal, words.balance)) return ErrorCode::kBalance;
  if (mentions(refusal, words.quota)) return ErrorCode::kQuota;
  if (mentions(refusal, words.no_capacity)) return ErrorCode::kNoCapacity;
  return std::nullopt;
}

// What the admin knows comes before what we guess; what a validation says of fields is no guess.
ErrorCode cure_of_order(const Refusal& refusal, const RefusalWords& words) {
  static const RefusalWords guesses{
      .no_capacity = {"avail", "capacity", "stock", "inventory", "enough"},
      .quota = {"quota"},
      .balance = {"balance", "funds"}};
  if (!refusal.is_apis_own) return ErrorCode::kInvalid;
  auto cure = find_cure(refusal.words, words);
  if (!cure && !refusal.is_validation) cure = find_cure(refusal.words, guesses);
  return cure.value_or(ErrorCode::kInvalid);
}

// Statuses that speak for themselves, whatever the words.
std::optional<ErrorCode> cure_of_status(int status, bool is_apis_own, VoltageParkCall call) {
  const bool is_end = call == VoltageParkCall::kEnd;
  switch (status) {
    case 401:
      return ErrorCode::kUnauthorized;
    case 402:
      return call == VoltageParkCall::kOrder ? ErrorCode::kBalance : ErrorCode::kProtocol;
    case 403:  // a page is from a proxy, which bans callers that are too fast
      return is_apis_own ? ErrorCode::kUnauthorized : ErrorCode::kRateLimited;
    case 404:  // a page, or nothing: the address is wrong, not the machine gone
      if (!is_apis_own) return ErrorCode::kProtocol;
      return is_end ? std::optional(ErrorCode::kNotFound) : std::nullopt;
    case 405:
      return ErrorCode::kProtocol;
    case 408:
      return cure_of_doubt(call);
    case 409:  // to the end of something: it is in the midst of a change
      return is_end ? std::optional(ErrorCode::kTransient) : std::nullopt;
    case 425:
      return ErrorCode::kTransient;
    case 429:
      return ErrorCode::kRateLimited;
    default:
      return std::nullopt;
  }
}

// The translation of refusals. 503 with Retry-After is a wait for reads alone: whether an order was
// taken before it, nobody knows.
ErrorCode cure_of_refusal(const HttpAnswer& answer,
                          const Refusal& refusal,
                          VoltageParkCall call,
                          const RefusalWords& words) {
  const bool is_read = call == VoltageParkCall::kRead;
  if (answer.status < 400) return ErrorCode::kProtocol;
  if (answer.status == 503 && is_read && read_retry_after(answer)) return ErrorCode::kRateLimited;
  if (answer.status >= 500) return cure_of_doubt(call);
  if (const auto cure = cure_of_status(answer.status, refusal.is_apis_own, call)) return *cure;
  if (call == VoltageParkCall::kOrder) return cure_of_order(refusal, words);
  return is_read ? ErrorCode::kProtocol : ErrorCode::kInvalid;
}

// One entry of a validation's list: "body.gpu_count: must be a multiple of 8". What was sent may
// stand there too, and holds a token: it is not shown.
std::string describe_field(const Json& entry) {
  std::string place;
  const auto path = entry.get("loc");
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto part = path.at(i).as_decimal().value_or("?");
    place += (place.empty() ? "" : ".") + part;
  }
  const auto reason = entry.string("msg").value_or("no reason given");
  return place.empty() ? reason : place + ": " + reason;
}

std::string describe_fields(const Json& entries) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < entries.size() && i < kFieldsShown; ++i)
    fields.push_back(describe_field(entries.at(i)));
  if (entries.size() > kFieldsShown) fields.emplace_back("and more");
  return join(fields, "; ");
}

Refusal read_refusal(const HttpAnswer& answer) {
  const auto body = Json::parse(answer.body, "body");
  if (!body) return {false, false, describe_foreign_body(answer.body)};
  const auto detail = body->get("detail");
  if (detail.is_array()) {
    return {true, true, printable(describe_fields(detail), kWordsLimit)};
  }
  for (const char* member : {"detail", "message", "error"}) {
    const auto words = body->string(member).value_or("");
    if (!words.empty()) return {true, false, printable(words, kWordsLimit)};
  }
  return {body->is_object(), false, "the body gives no detail"};
}

std::string describe_redirect(const HttpAnswer& answer) {
  const auto* const target = answer.header("location");
  return "a redirect to " + (target == nullptr ? "nowhere" : printable(*target, 200)) +
         ", and none is followed: is base_url right?";
}

Error translate_refusal(const HttpAnswer& answer, VoltageParkCall call, const RefusalWords& words) {
  const auto status = "HTTP " + std::to_string(answer.status) + ": ";
  if (answer.status >= 300 && answer.status < 400) {
    return Error{ErrorCode::kProtocol, status + describe_redirect(answer), std::nullopt};
  }
  const auto refusal = read_refusal(answer);
  Error error{cure_of_refusal(answer, refusal, call, words), status + refusal.words, std::nullopt};
  if (error.code == ErrorCode::kRateLimited) error.retry_after = read_retry_after(answer);
  return error;
}

}  // namespace

Result<Json> read_voltage_park_body(const HttpAnswer& answer,
                                    VoltageParkCall call,
                                    const RefusalWords& words) {
  if (answer.status < 200 || answer.status >= 300) return translate_refusal(answer, call, words);
  if (trim(answer.body).empty()) return Json();
  auto body = Json::parse(answer.body, "body");
  if (body) return *std::move(body);
  return not_understood(describe_foreign_body(answer.body))
      .within("HTTP " + std::to_string(answer.status));
}

Result<VoltageParkPage> read_voltage_park_page(const Json& body) {
  const auto results = body.is_array() ? body : body.get("results");
  if (!results.is_array()) return not_understood("it has no list of results");
  VoltageParkPage page;
  for (std::size_t i = 0; i < results.size(); ++i)
    page.rows.push_back(results.at(i));
  if (body.is_array()) return page;
  const auto has_next = body.boolean("has_next");
  if (!has_next) return not_understood("it does not tell whether there are more results");
  page.has_next = *has_next;
  page.total = body.integer("total_result_count");
  return page;
}

Result<VoltageParkSshKey> read_voltage_park_ssh_key(const Json& row) {
  auto id = row.string("id").value_or("");
  if (id.empty()) return not_understood("an SSH key has no id");
  return VoltageParkSshKey{std::move(id), row.string("name").value_or("")};
}

Result<std::string> read_voltage_park_ordered(const Json& body, const char* key) {
  for (const char* member : {key, "id"}) {  // one description has the latter
    auto id = body.string(member).value_or("");
    if (is_voltage_park_word(id)) return id;
  }
  return not_understood(std::string("no ") + key + " in it");
}

std::string read_voltage_park_warning(const Json& body) {
  return printable(body.string("warning").value_or(""), kWordsLimit);
}

}  // namespace spillway
