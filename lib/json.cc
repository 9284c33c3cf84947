// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"

#include <jansson.h>

#include <algorithm>
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

// Walks the outermost object; every value in it is jansson's to read.
class JsonRows {
 public:
  JsonRows(std::string_view text, const char* list, const std::function<void(const Json&)>& each)
      : text_(text), list_(list), each_(each) {}

  // What is wrong, or an empty text.
  [[nodiscard]] std::string read() {
    if (!take('{')) return "an object was expected";
    if (!take('}')) {
      do {
        if (auto fault = member(); !fault.empty()) return fault;
      } while (take(','));
      if (!take('}')) return wrong("',' or '}' was expected");
    }
    skip_blanks();
    return at_ == text_.size() ? "" : wrong("end of text was expected");
  }
  [[nodiscard]] const Json& object() const { return object_; }

 private:
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }
  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::string wrong(const char* what) const {
    return "byte " + std::to_string(at_) + ": " + what;
  }

  std::string value(Json& read) {
    constexpr std::size_t kFlags =
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK;
    json_error_t state{};
    json_t* found = json_loadb(text_.data() + at_, text_.size() - at_, kFlags, &state);
    if (found == nullptr) return wrong("") + without_excerpt(state.text);
    at_ += static_cast<std::size_t>(state.position);
    read = Json(found);
    return {};
  }

  std::string member() {
    Json key;
    if (auto fault = value(key); !fault.empty()) return fault;
    const auto name = key.as_string();
    if (!name) return wrong("a key was expected");
    if (!object_.get(name->c_str()).is_absent()) return wrong("duplicate object key");
    if (!take(':')) return wrong("':' was expected");
    Json held = Json::array();
    const bool is_list = *name == list_ && take('[');
    if (auto fault = is_list ? rows() : value(held); !fault.empty()) return fault;
    object_.set(name->c_str(), held);
    return {};
  }

  std::string rows() {
    if (take(']')) return {};
    do {
      Json row;
      if (auto fault = value(row); !fault.empty()) return fault;
      each_(row);
    } while (take(','));
    return take(']') ? "" : wrong("',' or ']' was expected");
  }

  std::string_view text_;
  std::string list_;
  const std::function<void(const Json&)>& each_;
  std::size_t at_ = 0;
  Json object_ = Json::object();
};

Result<Json> Json::parse_rows(std::string_view text,
                              std::string_view what,
                              const char* list,
                              const std::function<void(const Json&)>& each) {
  JsonRows rows(text, list, each);
  const auto fault = rows.read();
  if (fault.empty()) return rows.object();
  return Error{ErrorCode::kProtocol, std::string(what) + ": not JSON: " + fault, {}};
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
