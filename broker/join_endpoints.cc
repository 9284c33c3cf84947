// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_endpoints.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

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
    Route{"/v1/join", "POST"},
    Route{"/v1/ready", "POST"},
    Route{"/v1/unhealthy", "POST"},
};

constexpr std::chrono::seconds kAskAgainAfter{5};
constexpr std::size_t kTokenLength = 64;  // 256 bits in hex
constexpr std::size_t kLongestComplaint = 500;

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

JoinAnswer text_answer(int status, const std::string& text) {
  return {status, {}, "text/plain", text + "\n"};
}

std::string media_type(const std::string& value) {
  return to_lower(trim(split(value, ';').front()));
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string content_field(const std::string& encoded) {
  return encoded.empty() ? "-" : encoded;
}

struct FileToInstall {
  const DeliveredFile* file;
  std::string base64;
};

std::string reply_as_json(const JoinReply& reply, const std::vector<FileToInstall>& files) {
  Json list = Json::array();
  for (const auto& [file, content] : files) {
    Json entry = Json::object();
    entry.set("to", file->to).set("mode", file->mode).set("owner", file->owner);
    list.append(entry.set("base64", content));
  }
  Json controllers = Json::array();
  for (const auto& controller : reply.slurmctld)
    controllers.append(Json::of(controller));
  Json json = Json::object();
  json.set("node", reply.node).set("cluster", reply.cluster).set("gpus", reply.gpus);
  return json.set("files", list).set("slurmctld", controllers).dump() + "\n";
}

// For machines with a shell and no more. The path stands last, since it may hold blanks.
std::string reply_as_lines(const JoinReply& reply, const std::vector<FileToInstall>& files) {
  std::string text = "node " + reply.node + "\ncluster " + reply.cluster + "\ngpus " +
                     std::to_string(reply.gpus) + "\n";
  for (const auto& controller : reply.slurmctld)
    text += "slurmctld " + controller + "\n";
  for (const auto& [file, content] : files) {
    text += "file " + file->mode + " " + file->owner + " " + content_field(content) + " " +
            file->to + "\n";
  }
  return text;
}

}  // namespace

const std::string* JoinRequest::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return &value;
  }
  return nullptr;
}

JoinEndpoints::JoinEndpoints(std::vector<DeliveredFile> deliver,
                             std::string bootstrap,
                             JoinDesk& desk,
                             const Clock& clock)
    : deliver_(std::move(deliver)),
      bootstrap_(std::move(bootstrap)),
      desk_(desk),
      refusals_(clock) {}

JoinAnswer JoinEndpoints::refuse(const JoinRequest& request, int status, const std::string& why) {
  if (refusals_.admits(request.peer)) {
    desk_.note_refusal(request.peer,
                       printable(request.method + " " + request.path, 60) + ": " + why);
  }
  return text_answer(status, why);
}

std::optional<JoinAnswer> JoinEndpoints::refuse_unread(const JoinRequest& request) {
  const Route* route = find_route(request.path);
  if (route == nullptr) return refuse(request, 404, "no such path");
  if (request.method != route->method) {
    auto answer = refuse(request, 405, "wrong method");
    answer.headers.emplace_back("Allow", route->method);
    return answer;
  }
  if (token_of(request).empty()) {
    auto answer = refuse(request, 401, "no token");
    answer.headers.emplace_back("WWW-Authenticate", "Bearer");
    return answer;
  }
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
  if (const auto done = desk_.ready(token, request.peer); !done)
    return translate(request, done.error());
  return {204, {}, "", ""};
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
  const std::string* accept = request.header("accept");
  const bool as_lines = accept != nullptr && media_type(*accept) == "text/plain";
  auto body = write_reply(*reply, as_lines);
  if (!body) return translate(request, body.error());
  return {200,
          {{"Cache-Control", "no-store"}},
          as_lines ? "text/plain" : "application/json",
          *std::move(body)};
}

JoinAnswer JoinEndpoints::unhealthy(const JoinRequest& request, const Secret& token) {
  const auto json = Json::parse(request.body, "unhealthy");
  const auto what = json ? json->string("what") : std::nullopt;
  if (!what || trim(*what).empty()) return refuse(request, 400, "unhealthy: no \"what\"");
  const auto done = desk_.unhealthy(token, request.peer, printable(*what, kLongestComplaint));
  if (!done) return translate(request, done.error());
  return {204, {}, "", ""};
}

// What the desk's errors are to a machine. Only kUnauthorized and kInvalid are final: whatever else
// is wrong on this host, the machine asks again.
JoinAnswer JoinEndpoints::translate(const JoinRequest& request, const Error& error) {
  if (error.code == ErrorCode::kUnauthorized) return refuse(request, 403, error.message);
  if (error.code == ErrorCode::kInvalid) return refuse(request, 400, error.message);
  auto answer = text_answer(503, "not now");
  const auto pause = error.retry_after.value_or(kAskAgainAfter);
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

Result<std::string> JoinEndpoints::write_reply(const JoinReply& reply, bool as_lines) {
  std::vector<FileToInstall> files;
  for (const auto& file : deliver_) {
    const auto content = read_delivered(file.from);
    if (!content) return Error{ErrorCode::kTransient, content.error().message, {}};
    files.push_back({&file, base64(*content)});
  }
  return as_lines ? reply_as_lines(reply, files) : reply_as_json(reply, files);
}

}  // namespace spillway
