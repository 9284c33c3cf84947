// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join service without its sockets: a request in, an answer out. Judges sizes and forms, asks
// the desk, writes the answers. Speaks HTTP's words but knows no HTTP library.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/archives.h"
#include "broker/join.h"
#include "broker/join_reply.h"
#include "broker/refusal_limit.h"
#include "lib/http.h"
#include "lib/result.h"

namespace spillway {

struct JoinRequest {
  std::string method;
  std::string path;
  std::string peer;
  HttpHeaders headers;  // names in lower case
  std::string body;
  std::string query{};  // without the '?', not decoded

  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const;
};

struct JoinAnswer {
  int status = 200;
  HttpHeaders headers;  // without those of the body's type and length
  std::string content_type;
  std::string body;
  std::shared_ptr<const Download> download{};  // sent instead of the body
};

// Reads the body of POST /v1/join: all members required, others ignored. Errors: kInvalid, with the
// member that was wrong.
[[nodiscard]] Result<JoinFacts> parse_join_facts(std::string_view body);

// Thread-safe, as its desk is.
class JoinEndpoints {
 public:
  static constexpr std::size_t kBodyLimit = std::size_t{64} << 10U;
  static constexpr std::size_t kDeliveredFileLimit = std::size_t{1} << 20U;
  static constexpr std::chrono::seconds kAskAgainAfter{5};

  // `desk` and `clock` must outlive it.
  JoinEndpoints(JoinConfig config, std::string bootstrap, JoinDesk& desk, const Clock& clock);

  // What the head of a request alone makes refuse, so that its body need not be read: path, method,
  // a token that is not of an open lease, the body's length, type and encoding. Nothing when it may
  // go on. Never waits.
  [[nodiscard]] std::optional<JoinAnswer> refuse_unread(const JoinRequest& request);

  // The answer to a whole request; judges the head again.
  [[nodiscard]] JoinAnswer answer(const JoinRequest& request);

  // The answer to a request that may come again later.
  [[nodiscard]] static JoinAnswer put_off(std::chrono::seconds pause = kAskAgainAfter);
  // The answer to what is no request at all.
  [[nodiscard]] JoinAnswer refuse_malformed(const std::string& peer,
                                            int status,
                                            const std::string& why);
  // Do others wait for a download to end? Never waits.
  [[nodiscard]] bool lacks_downloads() { return archives_.are_all_taken(); }
  // Something else was refused, or has been left, before there was a request. Never waits.
  void note_refusal(const std::string& peer, const std::string& why);

 private:
  JoinAnswer refuse_stranger(const JoinRequest& request, int status, const std::string& why);
  JoinAnswer refuse(const JoinRequest& request, int status, const std::string& why);
  JoinAnswer bootstrap(const JoinRequest& request, const Secret& token);
  JoinAnswer join(const JoinRequest& request, const Secret& token);
  JoinAnswer ready(const JoinRequest& request, const Secret& token);
  JoinAnswer unhealthy(const JoinRequest& request, const Secret& token);
  JoinAnswer archive(const JoinRequest& request, const Secret& token);
  JoinAnswer translate(const JoinRequest& request, const Error& error);
  Result<std::string> read_delivered(const std::string& path);
  Result<std::vector<FileToInstall>> read_all_delivered();

  const JoinConfig config_;
  const std::string bootstrap_;
  JoinDesk& desk_;
  Archives archives_;
  // Apart, so that noise does not hide what becomes of tokens that were made here.
  RefusalLimit strangers_;
  RefusalLimit holders_;
  std::mutex mutex_;                  // for unreadable_
  std::set<std::string> unreadable_;  // files whose error the log has been told
};

}  // namespace spillway
