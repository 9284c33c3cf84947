// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/recorded_exchange.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "lib/file.h"
#include "lib/json.h"
#include "lib/text.h"

namespace spillway {
namespace {

using Lines = std::vector<std::string>;

struct Message {
  std::string first;
  Lines headers;
  std::string body;
};

Message parse_message(const Lines& lines) {
  Message message;
  message.first = lines.front();
  const auto blank = std::find(lines.begin() + 1, lines.end(), "");
  message.headers.assign(lines.begin() + 1, blank);
  if (blank != lines.end()) message.body = join(Lines(blank + 1, lines.end()), "\n");
  return message;
}

// One text for all layouts of the same JSON.
std::string without_layout(const std::string& body) {
  const auto json = Json::parse(body, "body");
  return json ? json->dump() : body;
}

std::string describe(const Message& message) {
  return message.first + "\n" + join(message.headers, "\n") + "\n\n" +
         without_layout(message.body) + "\n";
}

std::string describe(const HttpRequest& request) {
  Message message{request.method + " " + request.url, {}, request.body};
  for (const auto& [name, value] : request.headers)
    message.headers.push_back(name + ": " + value);
  if (!request.secret.empty()) {
    const auto colon = request.secret_header.find(':');
    message.headers.push_back(to_lower(request.secret_header.substr(0, colon)) +
                              request.secret_header.substr(colon) + request.secret.reveal());
  }
  return describe(message);
}

std::optional<ErrorCode> parse_error_code(const std::string& name) {
  constexpr std::array kCodes{
      ErrorCode::kTransient, ErrorCode::kUnknownOutcome, ErrorCode::kProtocol};
  for (const auto code : kCodes) {
    if (error_code_name(code) == name) return code;
  }
  return std::nullopt;
}

Result<HttpAnswer> parse_answer(const Message& message) {
  if (message.first.starts_with('!')) {
    const auto blank = message.first.find(' ');
    const auto code = parse_error_code(message.first.substr(1, blank - 1));
    if (!code || blank == std::string::npos) {
      return Error{ErrorCode::kIo, "no error: " + message.first, std::nullopt};
    }
    return Error{*code, message.first.substr(blank + 1), std::nullopt};
  }
  const auto status = parse_whole_number(message.first, 599);
  if (!status) return Error{ErrorCode::kIo, "no status: " + message.first, std::nullopt};
  HttpAnswer answer{static_cast<int>(*status), {}, message.body};
  for (const auto& header : message.headers) {
    const auto colon = header.find(": ");
    if (colon == std::string::npos) {
      return Error{ErrorCode::kIo, "no header: " + header, std::nullopt};
    }
    answer.headers.emplace_back(header.substr(0, colon), header.substr(colon + 2));
  }
  return answer;
}

std::string data_path(const std::string& path) {
  const char* const source = std::getenv("SPILLWAY_SOURCE_DIR");
  return std::string(source == nullptr ? "." : source) + "/tests/data/" + path;
}

}  // namespace

RecordedExchange::RecordedExchange(const std::string& text, std::string file)
    : file_(std::move(file)) {
  read(text, "");
  if (exchanges_.empty()) complain("no exchange in it");
}

RecordedExchange RecordedExchange::open(const std::string& path) {
  const auto text = read_file(data_path(path));
  RecordedExchange exchange(text ? *text : "", path);
  if (!text) exchange.complain(text.error().message);
  return exchange;
}

void RecordedExchange::read(const std::string& text, const std::string& place) {
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number)
    read_line(line, place + "line " + std::to_string(number));
  for (const auto& exchange : exchanges_) {
    if (exchange.answered.empty()) complain(exchange.place + ": no answer");
  }
}

void RecordedExchange::include(const std::string& path) {
  const auto text = read_file(data_path(path));
  if (!text) return complain(text.error().message);
  read(*text, path + ": ");
}

void RecordedExchange::read_line(const std::string& line, const std::string& place) {
  if (line.empty() || line.starts_with('#')) return;
  if (line.starts_with("+ ")) return include(line.substr(2));
  const auto content = line.size() > 2 ? line.substr(2) : std::string();
  const bool is_ours = line == ">" || line.starts_with("> ");
  const bool is_theirs = line == "<" || line.starts_with("< ");
  if (is_ours) {
    if (exchanges_.empty() || !exchanges_.back().answered.empty()) {
      exchanges_.push_back({place, {}, {}});
    }
    exchanges_.back().sent.push_back(content);
  } else if (is_theirs && !exchanges_.empty()) {
    exchanges_.back().answered.push_back(content);
  } else {
    complain(place + ": neither sent nor answered: " + line);
  }
}

void RecordedExchange::complain(const std::string& what) {
  if (complaint_.empty()) complaint_ = file_ + ": " + what;
}

Result<HttpAnswer> RecordedExchange::send(const HttpRequest& request) {
  const auto sent = describe(request);
  if (played_ == exchanges_.size()) {
    complain("nothing more must be sent, but was:\n" + sent);
    return Error{ErrorCode::kIo, "not recorded", std::nullopt};
  }
  const auto& exchange = exchanges_[played_++];
  const auto expected = describe(parse_message(exchange.sent));
  if (sent != expected) {
    complain(exchange.place + ": must be sent:\n" + expected + "was sent:\n" + sent);
    return Error{ErrorCode::kIo, "not recorded", std::nullopt};
  }
  auto answer = parse_answer(parse_message(exchange.answered));
  if (!answer && answer.error().code == ErrorCode::kIo) complain(answer.error().message);
  return answer;
}

std::string RecordedExchange::verdict() const {
  if (!complaint_.empty()) return complaint_;
  if (played_ == exchanges_.size()) return "";
  return file_ + ": " + exchanges_[played_].place + ": was never sent";
}

}  // namespace spillway
