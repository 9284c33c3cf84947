// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_endpoints.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/text.h"

namespace spillway {
namespace {

struct Route {
  std::string_view path;
  std::string_view method;
};
constexpr std::array kRoutes = {
    Route{"/v1/bootstrap", "GET"},
    Route{"/v1/archive", "GET"},
    Route{"/v1/join", "POST"},
    Route{"/v1/ready", "POST"},
    Route{"/v1/unhealthy", "POST"},
};

constexpr std::size_t kTokenLength = 64;  // 256 bits in hex
constexpr std::size_t kLongestComplaint = 500;
constexpr std::size_t kLongestLog = 4'000;

const Route* find_route(std::string_view path) {
  const auto* route = std::find_if(
      kRoutes.begin(), kRoutes.end(), [path](const Route& r) { return r.path == path; });
  return route == kRoutes.end() ? nullptr : route;
}

// The token of "Authorization: Bearer ..."; empty when there is none of the right form.
Secret token_of(const JoinRequest& request) {
  static constexpr std::string_view kScheme = "Bearer ";
  const std::string* value = request.header("authorization");
  if (value == nullptr || value->size() != kScheme.size() + kTokenLength ||
      value->compare(0, kScheme.size(), kScheme) != 0 ||
      value->find_first_not_of("0123456789abcdef", kScheme.size()) != std::string::npos) {
    return {};
  }
  return Secret(value->substr(kScheme.size()));
}

std::string name_of(const JoinRequest& request) {
  return printable(request.method + " " + request.path, 60);
}

JoinAnswer text_answer(int status, const std::string& text) {
  return {status, {}, "text/plain", text + "\n"};
}

std::string media_type(const std::string& value) {
  return to_lower(trim(split(value, ';').front()));
}

bool wants_lines(const JoinRequest& request) {
  const std::string* accept = request.header("accept");
  return accept != nullptr && media_type(*accept) == "text/plain";
}

JoinAnswer secret_answer(const std::string& type, std::string body) {
  return {200, {{"Cache-Control", "no-store"}}, type, std::move(body)};
}

// A machine's log as it may stand in ours: printable, the end of it when it is too long.
std::string lines_of(std::string_view log) {
  if (log.size() > kLongestLog) log.remove_prefix(log.size() - kLongestLog);
  std::string lines;
  for (const auto line : split(log, '\n')) {
    if (trim(line).empty()) continue;
    if (!lines.empty()) lines += '\n';
    lines += printable(line, kLongestComplaint);
  }
  return lines;
}

}  // namespace

const std::string* JoinRequest::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return &value;
  }
  return nullptr;
}

JoinEndpoints::JoinEndpoints(JoinConfig config,
                             std::string bootstrap,
                             JoinDesk& desk,
                             const Clock& clock)
    : config_(std::move(config)),
      bootstrap_(std::move(bootstrap)),
      desk_(desk),
      archives_(config_.archives),
      strangers_(clock),
      holders_(clock) {}

void JoinEndpoints::note_refusal(const std::string& peer, const std::string& why) {
  if (strangers_.admits(peer)) desk_.note_refusal(peer, why);
}

JoinAnswer JoinEndpoints::refuse_malformed(const std::string& peer,
                                           int status,
                                           const std::string& why) {
  note_refusal(peer, why);
  return text_answer(status, why);
}

JoinAnswer JoinEndpoints::refuse_stranger(const JoinRequest& request,
                                          int status,
                                          const std::string& why) {
  note_refusal(request.peer, name_of(request) + ": " + why);
  return text_answer(status, why);
}

JoinAnswer JoinEndpoints::refuse(const JoinRequest& request, int status, const std::string& why) {
  if (holders_.admits(request.peer))
    desk_.note_refusal(request.peer, name_of(request) + ": " + why);
  return text_answer(status, why);
}

std::optional<JoinAnswer> JoinEndpoints::refuse_unread(const JoinRequest& request) {
  const Route* route = find_route(request.path);
  if (route == nullptr) return refuse_stranger(request, 404, "no such path");
  if (request.method != route->method) {
    auto answer = refuse_stranger(request, 405, "wrong method");
    answer.headers.emplace_back("Allow", route->method);
    return answer;
  }
  const Secret token = token_of(request);
  if (token.empty()) {
    auto answer = refuse_stranger(request, 401, "no token");
    answer.headers.emplace_back("WWW-Authenticate", "Bearer");
    return answer;
  }
  if (!desk_.recognizes(token))
    return refuse_stranger(request, 403, "unknown token, or its lease has ended");
  // Encoded bodies are refused since they can be far larger than they look.
  if (request.header("transfer-encoding") != nullptr)
    return refuse(request, 411, "length required");
  if (request.header("content-encoding") != nullptr) return refuse(request, 415, "encoded body");
  if (route->method == "GET") return {};
  const std::string* length = request.header("content-length");
  if (length == nullptr) return refuse(request, 411, "length required");
  if (!parse_whole_number(*length, kBodyLimit)) return refuse(request, 413, "body too large");
  const std::string* type = request.header("content-type");
  if (type == nullptr || media_type(*type) != "application/json")
    return refuse(request, 415, "body is no application/json");
  return {};
}

JoinAnswer JoinEndpoints::answer(const JoinRequest& request) {
  if (auto refusal = refuse_unread(request)) return *std::move(refusal);
  if (request.body.size() > kBodyLimit) return refuse(request, 413, "body too large");
  const Secret token = token_of(request);
  if (request.path == "/v1/bootstrap") return bootstrap(request, token);
  if (request.path == "/v1/join") return join(request, token);
  if (request.path == "/v1/unhealthy") return unhealthy(request, token);
  if (request.path == "/v1/archive") return archive(request, token);
  return ready(request, token);
}

JoinAnswer JoinEndpoints::bootstrap(const JoinRequest& request, const Secret& token) {
  if (const auto admitted = desk_.admit(token); !admitted)
    return translate(request, admitted.error());
  return {200, {}, "text/x-shellscript", bootstrap_};
}

JoinAnswer JoinEndpoints::join(const JoinRequest& request, const Secret& token) {
  const auto facts = parse_join_facts(request.body);
  if (!facts) return refuse(request, 400, printable(facts.error().message, 200));
  const auto reply = desk_.join(token, request.peer, *facts);
  if (!reply) return translate(request, reply.error());
  const auto files = read_all_delivered();
  if (!files) return translate(request, files.error());
  const auto archive = archives_.find_facts(facts->os);
  if (!archive) return translate(request, archive.error());
  const JoinParts parts{*reply, config_.mounts, *files, *archive};
  return wants_lines(request) ? secret_answer("text/plain", reply_as_lines(parts))
                              : secret_answer("application/json", reply_as_json(parts));
}

JoinAnswer JoinEndpoints::ready(const JoinRequest& request, const Secret& token) {
  const auto reply = desk_.ready(token, request.peer);
  if (!reply) return translate(request, reply.error());
  if (reply->peers.empty() && !reply->test) return {204, {}, "", ""};
  return wants_lines(request) ? secret_answer("text/plain", ready_as_lines(*reply))
                              : secret_answer("application/json", ready_as_json(*reply));
}

JoinAnswer JoinEndpoints::unhealthy(const JoinRequest& request, const Secret& token) {
  const auto json = Json::parse(request.body, "unhealthy");
  const auto what = json ? json->string("what") : std::nullopt;
  if (!what || trim(*what).empty()) return refuse(request, 400, "unhealthy: no \"what\"");
  const auto log = json->string("log").value_or("");
  const auto done =
      desk_.unhealthy(token, request.peer, printable(*what, kLongestComplaint), lines_of(log));
  if (!done) return translate(request, done.error());
  return {204, {}, "", ""};
}

// For machines alone: with one token and some addresses anybody could hold all places.
JoinAnswer JoinEndpoints::archive(const JoinRequest& request, const Secret& token) {
  if (const auto admitted = desk_.admit_machine(token, request.peer); !admitted)
    return translate(request, admitted.error());
  static constexpr std::string_view kName = "os=";
  const std::string_view query = request.query;
  auto download = archives_.open(
      std::string(query.starts_with(kName) ? query.substr(kName.size()) : ""), request.peer);
  if (!download) {
    if (download.error().code == ErrorCode::kNotFound)
      return refuse(request, 404, download.error().message);
    return translate(request, download.error());
  }
  JoinAnswer answer{200, {}, "application/octet-stream", ""};
  answer.download = *std::move(download);
  return answer;
}

// What the desk's errors are to a machine. Only kUnauthorized and kInvalid are final: whatever else
// is wrong on this host, the machine asks again.
JoinAnswer JoinEndpoints::translate(const JoinRequest& request, const Error& error) {
  if (error.code == ErrorCode::kUnauthorized) return refuse(request, 403, error.message);
  if (error.code == ErrorCode::kInvalid) return refuse(request, 400, error.message);
  return put_off(error.retry_after.value_or(kAskAgainAfter));
}

JoinAnswer JoinEndpoints::put_off(std::chrono::seconds pause) {
  auto answer = text_answer(503, "not now");
  answer.headers.emplace_back("Retry-After", std::to_string(pause.count()));
  return answer;
}

// The log hears of a file that cannot be read once, until it can be read again: every machine of a
// gang asks every few seconds.
Result<std::string> JoinEndpoints::read_delivered(const std::string& path) {
  auto content = read_file(path, kDeliveredFileLimit);
  const std::lock_guard lock(mutex_);
  if (content) {
    unreadable_.erase(path);
  } else if (unreadable_.insert(path).second) {
    log_error("join: machines wait for a file to deliver: " + content.error().message);
  }
  return content;
}

Result<std::vector<FileToInstall>> JoinEndpoints::read_all_delivered() {
  std::vector<FileToInstall> files;
  for (const auto& file : config_.deliver) {
    const auto content = read_delivered(file.from);
    if (!content) return Error{ErrorCode::kTransient, content.error().message, {}};
    files.push_back({&file, encode_base64(*content)});
  }
  return files;
}

}  // namespace spillway
