// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON values on jansson. Reading never fails loudly: a member that is absent or of another type
// is "nothing", and the caller says what that means. Writing builds values and dumps them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/result.h"

struct json_t;

namespace spillway {

class JsonRows;

// A counted reference to one value, or to nothing (absent). Copies share the value.
class Json {
 public:
  Json() = default;  // absent
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(Json other) noexcept;
  ~Json();

  // Reads one JSON text, whole: refuses trailing text, duplicate keys, invalid UTF-8 and nesting
  // deeper than jansson allows. `what` begins the message. Errors: kProtocol.
  [[nodiscard]] static Result<Json> parse(std::string_view text, std::string_view what);

  // Reads an object of which the member `list` may hold very many rows: each is given to `each` and
  // then dropped, so that they are never in memory together. Gives the object, with an empty array
  // in their place. Takes and refuses the texts that parse() does, and what is no object; rows
  // before a fault have been given by then. Errors: kProtocol.
  [[nodiscard]] static Result<Json> parse_rows(std::string_view text,
                                               std::string_view what,
                                               const char* list,
                                               const std::function<void(const Json&)>& each);

  [[nodiscard]] static Json object();
  [[nodiscard]] static Json array();
  [[nodiscard]] static Json null();
  [[nodiscard]] static Json of(std::string_view text);  // invalid UTF-8 is replaced by '?'
  [[nodiscard]] static Json of(const char* text) { return of(std::string_view(text)); }
  [[nodiscard]] static Json of(std::int64_t number);
  [[nodiscard]] static Json of(int number) { return of(static_cast<std::int64_t>(number)); }
  [[nodiscard]] static Json of(bool value);

  [[nodiscard]] bool is_absent() const { return value_ == nullptr; }
  [[nodiscard]] bool is_null() const;  // present, and null
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;

  // The value itself, when it is of that type.
  [[nodiscard]] std::optional<std::string> as_string() const;
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;
  [[nodiscard]] std::optional<bool> as_bool() const;
  // A number as its shortest decimal text ("2.49", "12"), for prices; a string as itself.
  [[nodiscard]] std::optional<std::string> as_decimal() const;

  // The member `key` of an object; absent if this is no object or has none.
  [[nodiscard]] Json get(const char* key) const;
  [[nodiscard]] std::optional<std::string> string(const char* key) const {
    return get(key).as_string();
  }
  [[nodiscard]] std::optional<std::int64_t> integer(const char* key) const {
    return get(key).as_integer();
  }
  [[nodiscard]] std::optional<bool> boolean(const char* key) const { return get(key).as_bool(); }

  [[nodiscard]] std::size_t size() const;          // of an array or object, else 0
  [[nodiscard]] Json at(std::size_t index) const;  // of an array; absent past its end
  // Calls `each(key, value)` for the members of an object, in their order.
  void for_each(const std::function<void(const std::string&, const Json&)>& each) const;

  // Building. REQUIRES: this is an object (set) or an array (append). Return *this for chains.
  Json& set(const char* key, const Json& value);
  Json& set(const char* key, std::string_view text) { return set(key, of(text)); }
  Json& set(const char* key, const char* text) { return set(key, of(text)); }
  Json& set(const char* key, std::int64_t number) { return set(key, of(number)); }
  Json& set(const char* key, int number) { return set(key, of(number)); }
  Json& set(const char* key, bool value) { return set(key, of(value)); }
  Json& append(const Json& value);

  [[nodiscard]] std::string dump() const;           // compact, one line, keys in insertion order
  [[nodiscard]] std::string dump_indented() const;  // two blanks, ends with a line end

 private:
  friend class JsonRows;
  explicit Json(json_t* owned) : value_(owned) {}
  json_t* value_ = nullptr;
};

}  // namespace spillway
