// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/http_head.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kMostHeaders = 64;
constexpr std::string_view kLineEnd = "\r\n";

Error malformed(const char* what) {
  return Error{ErrorCode::kInvalid, std::string("malformed request: ") + what, {}};
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find(kLineEnd);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kLineEnd.size());
  return line;
}

bool is_visible(char c) {
  return c > ' ' && c <= '~';
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(
      text.begin(), text.end(), [](char c) { return is_visible(c) || c == ' ' || c == '\t'; });
}

bool read_request_line(std::string_view line, JoinRequest& request) {
  const auto words = split(line, ' ');
  if (words.size() != 3) return false;
  if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0") return false;
  if (!is_token(words[0]) || !words[1].starts_with('/')) return false;
  if (!std::all_of(words[1].begin(), words[1].end(), is_visible)) return false;
  const std::size_t mark = words[1].find('?');
  request.method = words[0];
  request.path = words[1].substr(0, mark);
  if (mark != std::string_view::npos) request.query = words[1].substr(mark + 1);
  return true;
}

const char* reason_of(int status) {
  static constexpr std::array<std::pair<int, const char*>, 14> kReasons = {{
      {200, "OK"},
      {204, "No Content"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {503, "Service Unavailable"},
  }};
  for (const auto& [number, reason] : kReasons) {
    if (number == status) return reason;
  }
  return "Unknown";
}

// The date by which a machine sets its clock right. RFC 9110, section 5.6.7; in no locale.
std::string http_date() {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(),
                      text.size(),
                      "%s, %02d %s %04d %02d:%02d:%02d GMT",
                      kDays[utc.tm_wday],
                      utc.tm_mday,
                      kMonths[utc.tm_mon],
                      utc.tm_year + 1900,
                      utc.tm_hour,
                      utc.tm_min,
                      utc.tm_sec);
  return text.data();
}

}  // namespace

Result<JoinRequest> parse_http_head(std::string_view head) {
  JoinRequest request;
  if (!read_request_line(take_line(head), request)) return malformed("its first line");
  while (!head.empty()) {
    const std::string_view line = take_line(head);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return malformed("a header's name");
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_value(value)) return malformed("a header's value");
    auto name = to_lower(line.substr(0, colon));
    if (request.header(name) != nullptr) return malformed("a header twice");
    if (request.headers.size() == kMostHeaders) return malformed("too many headers");
    request.headers.emplace_back(std::move(name), value);
  }
  return request;
}

std::string format_http_head(const JoinAnswer& answer, std::int64_t bytes) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " + reason_of(answer.status);
  text += "\r\nDate: " + http_date() + "\r\nConnection: close\r\n";
  for (const auto& [name, value] : answer.headers)
    text += name + ": " + value + "\r\n";
  if (!answer.content_type.empty()) text += "Content-Type: " + answer.content_type + "\r\n";
  if (answer.status != 204) text += "Content-Length: " + std::to_string(bytes) + "\r\n";
  return text + "\r\n";
}

}  // namespace spillway
