// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"

#include <jansson.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include "lib/utf8.h"

namespace spillway {
namespace {

std::string shortest_decimal(double number) {
  std::array<char, 400> text{};  // the largest double has 309 digits
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  return error == std::errc{} ? std::string(text.data(), end) : std::string();
}

// jansson ends its message with the text around the fault, which may be a secret.
std::string without_excerpt(const std::string& message) {
  return message.substr(0, message.find(" near '"));
}

std::string dumped(const json_t* value, std::size_t flags) {
  char* text = json_dumps(value, flags | JSON_ENCODE_ANY);
  if (text == nullptr) return {};
  std::string copy(text);
  std::free(text);  // NOLINT: jansson's allocator is malloc
  return copy;
}

}  // namespace

Json::Json(const Json& other) : value_(json_incref(other.value_)) {}

Json::Json(Json&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}

Json& Json::operator=(Json other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

Json::~Json() {
  json_decref(value_);
}

Result<Json> Json::parse(std::string_view text, std::string_view what) {
  json_error_t fault{};
  const std::size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
  json_t* value = json_loadb(text.data(), text.size(), flags, &fault);
  if (value != nullptr) return Json(value);
  const std::string place =
      "line " + std::to_string(fault.line) + " column " + std::to_string(fault.column);
  return Error{ErrorCode::kProtocol,
               std::string(what) + ": not JSON: " + place + ": " + without_excerpt(fault.text),
               {}};
}

Json Json::object() {
  return Json(json_object());
}

Json Json::array() {
  return Json(json_array());
}

Json Json::null() {
  return Json(json_null());
}

Json Json::of(std::string_view text) {
  const std::string valid = valid_utf8(text);
  return Json(json_stringn(valid.data(), valid.size()));
}

Json Json::of(std::int64_t number) {
  return Json(json_integer(number));
}

Json Json::of(bool value) {
  return Json(value ? json_true() : json_false());
}

bool Json::is_null() const {
  return json_is_null(value_);
}

bool Json::is_object() const {
  return json_is_object(value_);
}

bool Json::is_array() const {
  return json_is_array(value_);
}

std::optional<std::string> Json::as_string() const {
  if (!json_is_string(value_)) return std::nullopt;
  return std::string(json_string_value(value_), json_string_length(value_));
}

std::optional<std::int64_t> Json::as_integer() const {
  if (!json_is_integer(value_)) return std::nullopt;
  return json_integer_value(value_);
}

std::optional<bool> Json::as_bool() const {
  if (!json_is_boolean(value_)) return std::nullopt;
  return json_is_true(value_);
}

std::optional<std::string> Json::as_decimal() const {
  if (json_is_integer(value_)) return std::to_string(json_integer_value(value_));
  if (json_is_real(value_)) return shortest_decimal(json_real_value(value_));
  return as_string();
}

Json Json::get(const char* key) const {
  return Json(json_incref(json_object_get(value_, key)));
}

std::size_t Json::size() const {
  return is_array() ? json_array_size(value_) : json_object_size(value_);
}

Json Json::at(std::size_t index) const {
  return Json(json_incref(json_array_get(value_, index)));
}

void Json::for_each(const std::function<void(const std::string&, const Json&)>& each) const {
  const char* key = nullptr;
  json_t* value = nullptr;
  json_object_foreach(value_, key, value) {
    each(key, Json(json_incref(value)));
  }
}

Json& Json::set(const char* key, const Json& value) {
  (void)json_object_set(value_, key, value.value_);
  return *this;
}

Json& Json::append(const Json& value) {
  (void)json_array_append(value_, value.value_);
  return *this;
}

std::string Json::dump() const {
  return dumped(value_, JSON_COMPACT);
}

std::string Json::dump_indented() const {
  return dumped(value_, JSON_INDENT(2)) + "\n";
}

}  // namespace spillway
