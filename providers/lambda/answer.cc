// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/text.h"
#include "lib/time.h"
#include "providers/lambda/request.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr std::int64_t kMibPerGib = 1024;
constexpr std::int64_t kMostCents = 100'000'000;  // a million dollars an hour is no price

struct Refusal {
  std::string code;   // empty when the body is not Lambda's
  std::string words;  // for people
};

struct CodeRow {
  std::string_view code;
  ErrorCode cure;
};

// "Did it happen or not?": for a list it does not matter, for a change it must be asked.
ErrorCode cure_of_doubt(LambdaCall call) {
  return call == LambdaCall::kList ? ErrorCode::kTransient : ErrorCode::kUnknownOutcome;
}

std::optional<ErrorCode> cure_of_code(std::string_view code, LambdaCall call) {
  // Lambda means an account that cannot be used by four of these: only its owner can mend that.
  static constexpr std::array kRows{
      CodeRow{"instance-operations/launch/insufficient-capacity", ErrorCode::kNoCapacity},
      CodeRow{"instance-operations/launch/file-system-in-wrong-region", ErrorCode::kInvalid},
      CodeRow{"global/quota-exceeded", ErrorCode::kQuota},
      CodeRow{"global/invalid-parameters", ErrorCode::kInvalid},
      CodeRow{"global/object-does-not-exist", ErrorCode::kNotFound},
      CodeRow{"global/invalid-api-key", ErrorCode::kUnauthorized},
      CodeRow{"global/account-inactive", ErrorCode::kUnauthorized},
      CodeRow{"global/invalid-address", ErrorCode::kUnauthorized},
      CodeRow{"global/forbidden", ErrorCode::kUnauthorized},
      CodeRow{"global/not-found", ErrorCode::kProtocol},  // the URL, not the machine
      CodeRow{"global/conflict", ErrorCode::kTransient},
      CodeRow{"global/duplicate", ErrorCode::kInvalid},
  };
  // Lambda's own or its supplier's trouble, seen with 5xx and 409.
  const bool is_trouble =
      code == "global/internal-error" || code == "global/unknown" || code.starts_with("provider/");
  if (is_trouble) return cure_of_doubt(call);
  const auto* const row = std::find_if(
      kRows.begin(), kRows.end(), [&](const CodeRow& known) { return known.code == code; });
  if (row == kRows.end()) return std::nullopt;
  return row->cure;
}

ErrorCode cure_of_status(int status, bool is_lambdas_own, LambdaCall call) {
  switch (status) {
    case 401:
      return ErrorCode::kUnauthorized;
    case 402:
      return ErrorCode::kBalance;
    case 403:  // the proxy before Lambda bans callers that are too fast with a 403 of its own
      return is_lambdas_own ? ErrorCode::kUnauthorized : ErrorCode::kRateLimited;
    case 404:
      return ErrorCode::kProtocol;
    case 408:
      return cure_of_doubt(call);
    case 409:
    case 425:
      return ErrorCode::kTransient;
    default:
      return status >= 400 && status < 500 ? ErrorCode::kInvalid : ErrorCode::kProtocol;
  }
}

// The translation of Lambda's refusals. Status 429, 401 and 5xx speak for themselves: after a 5xx
// nobody knows whether the change was made, whatever the body says. Otherwise the code decides,
// as Lambda asks for, and the status only where the code is none that we know.
ErrorCode cure_of_refusal(int status, const std::string& code, LambdaCall call) {
  if (status == 429) return ErrorCode::kRateLimited;
  if (status == 401) return ErrorCode::kUnauthorized;
  if (status >= 500) return cure_of_doubt(call);
  const auto cure = cure_of_code(code, call).value_or(cure_of_status(status, !code.empty(), call));
  // A refusal that makes no sense for the call is not understood; only a terminate can find that
  // its machine is gone.
  const bool is_odd =
      cure == ErrorCode::kNoCapacity || cure == ErrorCode::kQuota || cure == ErrorCode::kBalance;
  switch (call) {
    case LambdaCall::kLaunch:
      return cure == ErrorCode::kNotFound ? ErrorCode::kInvalid : cure;
    case LambdaCall::kTerminate:
      return is_odd ? ErrorCode::kProtocol : cure;
    case LambdaCall::kList:
      break;
  }
  const bool is_input = cure == ErrorCode::kNotFound || cure == ErrorCode::kInvalid;
  return is_odd || is_input ? ErrorCode::kProtocol : cure;
}

Refusal read_refusal(const HttpAnswer& answer) {
  const auto body = Json::parse(answer.body, "body");
  if (!body) return {"", describe_foreign_body(answer.body)};
  const auto error = body->get("error");
  const auto code = error.string("code").value_or("");
  if (code.empty()) return {"", "the body is not Lambda's: " + printable(answer.body, kWordsLimit)};
  std::string words = code;
  for (const char* part : {"message", "suggestion"}) {
    const auto text = error.string(part).value_or("");
    if (!text.empty()) words += (words == code ? ": " : " ") + text;
  }
  return {code, printable(words, kWordsLimit)};
}

Error translate_refusal(const HttpAnswer& answer, LambdaCall call) {
  const auto refusal = read_refusal(answer);
  Error error{cure_of_refusal(answer.status, refusal.code, call),
              "HTTP " + std::to_string(answer.status) + ": " + refusal.words,
              std::nullopt};
  if (error.code == ErrorCode::kRateLimited) error.retry_after = read_retry_after(answer);
  return error;
}

std::int64_t read_memory_mib(const Json& specs) {
  return small_count(specs, "memory_gib") * kMibPerGib;
}

std::optional<Money> read_price(const Json& type) {
  const auto cents = type.integer("price_cents_per_hour");
  if (!cents || *cents <= 0 || *cents > kMostCents) return std::nullopt;
  return Money::from_cents(*cents);
}

Result<LambdaType> read_type(const std::string& name, const Json& row) {
  const auto type = row.get("instance_type");
  const auto regions = row.get("regions_with_capacity_available");
  if (!type.is_object() || !regions.is_array()) {
    return not_understood("instance type " + printable(name, 64) + " has not its two members");
  }
  auto names = read_lambda_names(regions);
  if (!names) return names.error().within("instance type " + printable(name, 64));
  const auto specs = type.get("specs");
  return LambdaType{name,
                    type.string("gpu_description").value_or(""),
                    small_count(specs, "gpus"),
                    small_count(specs, "vcpus"),
                    read_memory_mib(specs),
                    read_price(type),
                    *std::move(names)};
}

std::string find_mark_tag(const Json& row) {
  const auto tags = row.get("tags");
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto tag = tags.at(i);
    if (tag.string("key") == kLambdaMarkTag) return tag.string("value").value_or("");
  }
  return "";
}

// The mark of a machine, if it has one; by its tag when a person renamed it.
Result<std::optional<Mark>> read_mark(const Json& row) {
  if (!row.is_object()) return not_understood("a machine is no object");
  const auto name = read_optional_text(row, "name");
  if (!name) return name.error();
  const auto mark = parse_mark(*name);
  return mark ? mark : parse_mark(find_mark_tag(row));
}

std::optional<TimePoint> read_first_healthy(const Json& row) {
  const auto time = parse_time(row.string("first_healthy").value_or(""));
  if (!time) return std::nullopt;
  return *time;
}

Result<CloudMachine> read_machine(const Json& row, const Mark& mark) {
  const auto id = row.string("id").value_or("");
  const auto status = row.string("status");
  const auto named = format_mark(mark);
  if (id.empty() || !status) return not_understood("machine " + named + " lacks id or status");
  const auto address = read_optional_text(row, "ip");
  const auto private_address = read_optional_text(row, "private_ip");
  if (!address) return address.error().within("machine " + named);
  if (!private_address) return private_address.error().within("machine " + named);
  const auto type = row.get("instance_type");
  CloudMachine machine;
  machine.id = id;
  machine.mark = mark;
  machine.state = parse_lambda_status(*status);
  machine.address = *address;
  machine.private_address = *private_address;
  machine.billed_from = read_first_healthy(row);
  machine.offer = OfferId{"lambda",
                          row.get("region").string("name").value_or(""),
                          type.string("name").value_or(""),
                          "ethernet"};
  machine.price_per_hour = read_price(type);
  return machine;
}

// Reads a list whose rows each have the text `key`.
Result<std::vector<std::string>> read_texts(const Json& list, const char* key) {
  if (!list.is_array()) return not_understood("a list was expected");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto text = list.at(i).string(key);
    if (!text || text->empty()) {
      return not_understood("row " + std::to_string(i + 1) + " has no " + key);
    }
    texts.push_back(*std::move(text));
  }
  return texts;
}

Result<LambdaPage> open_envelope(const HttpAnswer& answer, const Result<Json>& body) {
  const auto status = "HTTP " + std::to_string(answer.status);
  if (!body) return not_understood(describe_foreign_body(answer.body)).within(status);
  const auto data = body->get("data");
  if (data.is_absent()) return not_understood("it has no member data").within(status);
  const auto next_page = read_optional_text(*body, "page_token");
  if (!next_page) return next_page.error().within(status);
  return LambdaPage{data, *next_page};
}

}  // namespace

CloudState parse_lambda_status(std::string_view word) {
  if (word == "booting") return CloudState::kBuilding;
  if (word == "active") return CloudState::kRunning;
  if (word == "unhealthy") return CloudState::kUnhealthy;
  if (word == "terminating") return CloudState::kEnding;
  if (word == "terminated") return CloudState::kGone;
  // Lambda took it back. Whether it still bills is not documented, so its end counts when the list
  // no longer shows it.
  if (word == "preempted") return CloudState::kEnding;
  return CloudState::kUnknown;
}

Result<LambdaPage> read_lambda_page(const HttpAnswer& answer, LambdaCall call) {
  if (answer.status < 200 || answer.status >= 300) return translate_refusal(answer, call);
  return open_envelope(answer, Json::parse(answer.body, "body"));
}

Result<LambdaPage> read_lambda_rows(const HttpAnswer& answer,
                                    const std::function<Status(const Json&)>& each) {
  if (answer.status < 200 || answer.status >= 300) {
    return translate_refusal(answer, LambdaCall::kList);
  }
  Status outcome;
  const auto take = [&](const Json& row) {
    if (outcome) outcome = each(row);
  };
  auto page = open_envelope(answer, Json::parse_rows(answer.body, "body", "data", take));
  if (!page) return page;
  if (!page->data.is_array()) return not_understood("a list was expected");
  if (!outcome) return outcome.error();
  return page;
}

Result<std::vector<LambdaType>> read_lambda_types(const Json& data) {
  if (!data.is_object()) return not_understood("a map of instance types was expected");
  std::vector<LambdaType> types;
  std::optional<Error> error;
  data.for_each([&](const std::string& name, const Json& row) {
    auto type = read_type(name, row);
    if (type) {
      types.push_back(*std::move(type));
    } else if (!error) {
      error = type.error();
    }
  });
  if (error) return *error;
  return types;
}

Result<std::vector<std::string>> read_lambda_names(const Json& data) {
  return read_texts(data, "name");
}

Result<std::vector<LambdaImage>> read_lambda_images(const Json& data) {
  if (!data.is_array()) return not_understood("a list of images was expected");
  std::vector<LambdaImage> images;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto row = data.at(i);
    auto family = row.string("family");
    auto region = row.get("region").string("name");
    if (!family || !region) {
      return not_understood("image " + std::to_string(i + 1) + " lacks family or region");
    }
    images.push_back({*std::move(family), *std::move(region)});
  }
  return images;
}

Result<std::optional<CloudMachine>> read_lambda_machine(const Json& row,
                                                        const std::string& cluster) {
  const auto mark = read_mark(row);
  if (!mark) return mark.error();
  if (!mark->has_value() || (*mark)->cluster != cluster) return std::optional<CloudMachine>();
  auto machine = read_machine(row, **mark);
  if (!machine) return machine.error();
  return std::optional(*std::move(machine));
}

Result<std::string> read_lambda_launched(const Json& data) {
  const auto ids = data.get("instance_ids");
  const auto id = ids.at(0).as_string().value_or("");
  // More than one would be machines that nobody asked for; the list tells about them all.
  if (!ids.is_array() || ids.size() != 1 || id.empty()) {
    return not_understood("one id of a machine was expected");
  }
  return id;
}

Result<std::vector<std::string>> read_lambda_terminated(const Json& data) {
  return read_texts(data.get("terminated_instances"), "id");
}

}  // namespace spillway
