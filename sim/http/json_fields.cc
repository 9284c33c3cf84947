// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/json_fields.h"

#include <algorithm>

#include "lib/money.h"

namespace spillway {

void JsonFields::fail(const std::string& place, const std::string& why) {
  if (!error_) error_ = Error{ErrorCode::kInvalid, what_ + ": " + place + ": " + why, {}};
}

Status JsonFields::status() const {
  if (error_) return *error_;
  return {};
}

void JsonFields::expect(const std::string& place,
                        const Json& object,
                        const std::vector<const char*>& known) {
  if (object.is_absent()) return;
  if (!object.is_object()) return fail(place, "must be an object");
  object.for_each([&](const std::string& key, const Json&) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      fail(place, "unknown key \"" + key + "\"");
  });
}

std::int64_t JsonFields::integer(const Json& object,
                                 const char* key,
                                 std::int64_t fallback,
                                 std::int64_t least) {
  if (object.get(key).is_absent()) return fallback;
  const auto value = object.integer(key);
  if (value && *value >= least && *value <= INT32_MAX) return *value;
  fail(key, "must be a whole number from " + std::to_string(least) + " up");
  return fallback;
}

bool JsonFields::boolean(const Json& object, const char* key, bool fallback) {
  if (object.get(key).is_absent()) return fallback;
  const auto value = object.boolean(key);
  if (value) return *value;
  fail(key, "must be true or false");
  return fallback;
}

std::string JsonFields::text(const Json& object, const char* key, const std::string& fallback) {
  if (object.get(key).is_absent()) return fallback;
  const auto value = object.string(key);
  if (value) return *value;
  fail(key, "must be a text");
  return fallback;
}

std::vector<std::string> JsonFields::texts(const Json& object,
                                           const char* key,
                                           const std::vector<std::string>& fallback) {
  const Json list = object.get(key);
  if (list.is_absent()) return fallback;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto value = list.at(i).as_string();
    if (value) values.push_back(*value);
  }
  if (!list.is_array() || values.size() != list.size()) fail(key, "must be a list of texts");
  return values;
}

// Money reads plain decimals with up to six places exactly; three of them are wanted here.
std::optional<std::int64_t> JsonFields::read_thousandths(const Json& value) {
  const auto text = value.as_decimal();
  if (!text || value.as_string()) return std::nullopt;
  const auto number = parse_money(*text);
  if (!number) return std::nullopt;
  return number->micros() / 1000;
}

std::int64_t JsonFields::thousandths(const Json& object, const char* key, std::int64_t fallback) {
  const Json value = object.get(key);
  if (value.is_absent()) return fallback;
  const auto number = read_thousandths(value);
  if (number) return *number;
  fail(key, "must be a number, not negative");
  return fallback;
}

std::chrono::milliseconds JsonFields::seconds(const Json& object,
                                              const char* key,
                                              std::chrono::milliseconds fallback) {
  return std::chrono::milliseconds(thousandths(object, key, fallback.count()));
}

SimRange JsonFields::range(const Json& object, const char* key, const SimRange& fallback) {
  const Json list = object.get(key);
  if (list.is_absent()) return fallback;
  const auto least = read_thousandths(list.at(0));
  const auto most = read_thousandths(list.at(1));
  if (list.is_array() && list.size() == 2 && least && most && *least <= *most)
    return {std::chrono::milliseconds(*least), std::chrono::milliseconds(*most)};
  fail(key, "must be [least, most] in seconds");
  return fallback;
}

}  // namespace spillway
