// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/call.h"

#include "lib/text.h"
#include "sim/http/body.h"
#include "sim/http/hyperstack/errors.h"

namespace spillway::hyperstack_api {
namespace {

constexpr std::int64_t kLargestNumber = 1'000'000'000;

Json number_or_null(const std::optional<std::int64_t>& number) {
  return number ? Json::of(*number) : Json::null();
}

// Nothing when it is not given, 0 when it is no number from 1 up.
std::optional<std::int64_t> count_in(const Call& call, const char* name) {
  const std::string text = call.query(name);
  if (text.empty()) return std::nullopt;
  return parse_whole_number(text, kLargestNumber).value_or(0);
}

}  // namespace

std::string Call::query(const std::string& name) const {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

Json success(const std::string& message) {
  return Json::object().set("status", true).set("message", message);
}

Json name_availability(const std::string& name, bool is_free) {
  return Json::object()
      .set("name", name)
      .set("available", is_free)
      .set("message", is_free ? "Name is available." : "Name is not available.");
}

void Page::tell(Json& answer, std::size_t count) const {
  const bool is_asked = number || size;
  answer.set("page", is_asked ? Json::of(number_or_first()) : number_or_null(number))
      .set("page_size", is_asked ? Json::of(size_or_usual()) : number_or_null(size))
      .set("count", static_cast<std::int64_t>(count));
}

std::variant<Page, ApiAnswer> read_page(const Call& call, const char* size_name) {
  const Page page{count_in(call, "page"), count_in(call, size_name)};
  if (page.number == 0) return bad_request("page: must be a whole number from 1 up");
  if (page.size == 0)
    return bad_request(std::string(size_name) + ": must be a whole number from 1 up");
  return page;
}

bool contains(const std::string& text, const std::string& part) {
  return to_lower(text).find(to_lower(part)) != std::string::npos;
}

Refusal check_text(const Json& body, const char* key, std::size_t limit) {
  if (body.string(key).value_or("").empty())
    return bad_request(std::string(key) + ": a string is required");
  return check_optional_text(body, key, limit);
}

Refusal check_optional_text(const Json& body, const char* key, std::size_t limit) {
  const Json value = body.get(key);
  if (value.is_absent()) return std::nullopt;
  const auto text = value.as_string();
  if (!text) return bad_request(std::string(key) + ": must be a string");
  if (is_at_most(*text, limit)) return std::nullopt;
  return bad_request(std::string(key) + ": must be at most " + std::to_string(limit) +
                     " characters long");
}

Refusal check_optional_bool(const Json& body, const char* key) {
  if (body.get(key).is_absent() || body.boolean(key)) return std::nullopt;
  return bad_request(std::string(key) + ": must be true or false");
}

Refusal check_texts(const Json& body, const char* key) {
  const Json list = body.get(key);
  bool is_good = list.is_array();
  for (std::size_t i = 0; i < list.size() && is_good; ++i)
    is_good = list.at(i).as_string().has_value();
  if (is_good) return std::nullopt;
  return bad_request(std::string(key) + ": must be a list of strings");
}

}  // namespace spillway::hyperstack_api
