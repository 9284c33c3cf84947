// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/fields.h"

#include <algorithm>
#include <utility>

#include "lib/text.h"
#include "sim/uuid.h"

namespace spillway::voltage_park_api {
namespace {

// The body as an object, or absent with the mistake kept.
Json object_in(const ApiRequest& request, Mistakes& mistakes) {
  const std::vector<Json> place{Json::of("body")};
  // What is not declared as JSON is not read as JSON.
  const bool declared = to_lower(request.header("content-type")).rfind("application/json", 0) == 0;
  const auto body = Json::parse(request.body, "body");
  if (request.body.empty())
    mistakes.add(place, "field required", "value_error.missing");
  else if (declared && !body)
    mistakes.add(place, "the body is no JSON", "value_error.jsondecode");
  else if (!declared || !body->is_object())
    mistakes.add(place, "value is not a valid dict", "type_error.dict");
  else
    return *body;
  return {};
}

}  // namespace

Fields::Fields(Mistakes& mistakes, const ApiRequest& request)
    : mistakes_(&mistakes), object_(object_in(request, mistakes)), place_{Json::of("body")} {}

Fields::Fields(Mistakes& mistakes, Json object, std::vector<Json> place)
    : mistakes_(&mistakes), object_(std::move(object)), place_(std::move(place)) {
  if (!object_.is_object()) mistakes.add(place_, "value is not a valid dict", "type_error.dict");
}

void Fields::expect(const std::vector<const char*>& known) {
  object_.for_each([&](const std::string& key, const Json&) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      fail(key.c_str(), "extra fields not permitted", "value_error.extra");
  });
}

std::optional<std::string> Fields::text(const char* key, Need need) {
  if (!has(key, need)) return std::nullopt;
  auto value = object_.string(key);
  if (!value) fail(key, "str type expected", "type_error.str");
  return value;
}

std::optional<std::string> Fields::uuid(const char* key, Need need) {
  auto value = text(key, need);
  if (value && !is_uuid(*value)) fail(key, "value is not a valid uuid", "type_error.uuid");
  return value;
}

std::optional<std::string> Fields::choice(const char* key,
                                          const std::vector<const char*>& words,
                                          Need need) {
  auto value = text(key, need);
  if (value && std::find(words.begin(), words.end(), *value) == words.end())
    fail(key, "value is not a valid enumeration member", "type_error.enum");
  return value;
}

std::optional<std::int64_t> Fields::integer(const char* key, Need need) {
  if (!has(key, need)) return std::nullopt;
  const auto value = object_.integer(key);
  if (!value) fail(key, "value is not a valid integer", "type_error.integer");
  return value;
}

std::vector<std::string> Fields::texts(const char* key, Need need) {
  std::vector<std::string> values;
  const auto members = list(key, need);
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (const auto value = members[i].as_string())
      values.push_back(*value);
    else
      mistakes_->add(place_of(key, i), "str type expected", "type_error.str");
  }
  return values;
}

std::vector<Json> Fields::list(const char* key, Need need) {
  if (!has(key, need)) return {};
  const Json found = object_.get(key);
  if (!found.is_array()) fail(key, "value is not a valid list", "type_error.list");
  std::vector<Json> members;
  for (std::size_t i = 0; i < (found.is_array() ? found.size() : 0); ++i)
    members.push_back(found.at(i));
  return members;
}

std::optional<Fields> Fields::object(const char* key) {
  if (!has(key, Need::kOptional)) return std::nullopt;
  return Fields(*mistakes_, object_.get(key), place_of(key));
}

Json Fields::tags() {
  const auto tags = texts("tags");
  if (!object_.get("tags").is_array()) return Json::null();
  Json list = Json::array();
  for (const std::string& tag : tags)
    list.append(Json::of(tag));
  return list;
}

void Fields::fail(const char* key, const std::string& message, const std::string& type) {
  mistakes_->add(place_of(key), message, type);
}

std::vector<Json> Fields::place_of(const char* key) const {
  std::vector<Json> place = place_;
  place.push_back(Json::of(key));
  return place;
}

std::vector<Json> Fields::place_of(const char* key, std::size_t index) const {
  std::vector<Json> place = place_of(key);
  place.push_back(Json::of(static_cast<std::int64_t>(index)));
  return place;
}

bool Fields::has(const char* key, Need need) {
  const Json value = object_.get(key);
  if (!value.is_absent() && !value.is_null()) return true;
  if (need == Need::kOptional || !object_.is_object()) return false;
  if (value.is_null())
    fail(key, "none is not an allowed value", "type_error.none.not_allowed");
  else
    fail(key, "field required", "value_error.missing");
  return false;
}

}  // namespace spillway::voltage_park_api
