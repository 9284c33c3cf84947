// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/wire.h"

#include <algorithm>
#include <array>
#include <limits>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::int64_t kMostRetryAfter = 86'400;  // seconds; more is no advice
constexpr std::int64_t kMostDollars = 1'000'000;  // an hour: no price
constexpr std::size_t kDecimalsKept = 6;          // a micro-dollar

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string base_url_of(const ProviderConfig& config, const char* own) {
  std::string url = config.base_url.empty() ? own : config.base_url;
  while (!url.empty() && url.back() == '/')
    url.pop_back();
  return url;
}

std::string percent_encode(std::string_view text) {
  constexpr std::array<char, 17> kDigits{"0123456789ABCDEF"};
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits.at(byte >> 4U), kDigits.at(byte & 0xFU)};
  }
  return encoded;
}

Error not_understood(const std::string& why) {
  return Error{ErrorCode::kProtocol, "the answer was not understood: " + why, std::nullopt};
}

std::string describe_foreign_body(std::string_view body) {
  body = trim(body);
  if (body.empty()) return "the body is empty";
  if (body.starts_with('{') || body.starts_with('[')) {
    return "the body is no whole JSON (" + std::to_string(body.size()) + " bytes)";
  }
  return "the body is no JSON: " + printable(body, kWordsLimit);
}

Error without_doubt(Error error) {
  if (error.code == ErrorCode::kUnknownOutcome) error.code = ErrorCode::kTransient;
  return error;
}

std::optional<std::chrono::seconds> read_retry_after(const HttpAnswer& answer) {
  // A date would have to be held against the cloud's clock.
  const auto* const text = answer.header("retry-after");
  if (text == nullptr) return std::nullopt;
  const auto seconds = parse_whole_number(trim(*text), kMostRetryAfter);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

TimePoint time_of(const HttpAnswer& answer, TimePoint now) {
  const auto* const header = answer.header("date");
  const auto date = header == nullptr ? Result<TimePoint>(now) : parse_http_date(*header);
  if (!date || *date > now + kMostSkew || *date < now - kMostSkew) return now;
  return *date;
}

int small_count(const Json& object, const char* key) {
  const auto number = object.integer(key).value_or(0);
  const bool fits = number > 0 && number <= std::numeric_limits<int>::max();
  return fits ? static_cast<int>(number) : 0;
}

Result<std::string> read_optional_text(const Json& row, const char* key) {
  const auto member = row.get(key);
  if (member.is_absent() || member.is_null()) return std::string{};
  auto text = member.as_string();
  if (!text) return not_understood(std::string("member ") + key + " is no text");
  return *std::move(text);
}

std::optional<Money> read_hourly_rate(const Json& rate) {
  const auto text = rate.as_decimal();
  if (!text) return std::nullopt;
  const auto whole = std::min(text->find('.'), text->size());
  const auto kept = text->substr(0, whole + 1 + kDecimalsKept);
  const auto finer = text->substr(kept.size());
  if (!is_digits(finer)) return std::nullopt;
  auto money = parse_money(kept);
  if (!money) return std::nullopt;
  if (finer.find_first_not_of('0') != std::string::npos) *money += Money::from_micros(1);
  return *money <= Money::from_cents(kMostDollars * 100) ? std::optional(*money) : std::nullopt;
}

std::optional<Money> read_hourly_price(const Json& price) {
  const auto rate = read_hourly_rate(price);
  return rate > Money{} ? rate : std::nullopt;
}

bool mentions(std::string_view words, const std::vector<std::string>& phrases) {
  const auto lower = to_lower(words);
  return std::any_of(phrases.begin(), phrases.end(), [&](const std::string& phrase) {
    return !phrase.empty() && lower.find(to_lower(phrase)) != std::string::npos;
  });
}

Error without_secret(Error error, const Secret& secret) {
  const auto& key = secret.reveal();
  if (key.empty()) return error;
  for (auto at = error.message.find(key); at != std::string::npos; at = error.message.find(key))
    error.message.replace(at, key.size(), "(key)");
  return error;
}

std::string suggest_name(const std::string& wrong, const std::vector<std::string>& names) {
  if (const auto near = closest(wrong, names)) return "did you mean " + printable(*near, 64) + "?";
  if (names.empty()) return "there is none";
  return "there is " + printable(join(names, ", "), 400);
}

}  // namespace spillway
