// SPDX-License-Identifier: GPL-2.0-or-later
//
// One connection to the join service, from its handshake to its answer's last byte: one request,
// everything bounded in bytes and time, and nothing here ever waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "broker/join_endpoints.h"
#include "broker/tls_context.h"
#include "lib/descriptor.h"

namespace spillway {

struct TlsConnectionLimits {
  std::size_t bytes = 160'000;                // received: handshake, head, body and TLS's own
  int reads = 1'000;                          // of the socket; a record takes two
  std::chrono::milliseconds request{10'000};  // from accepting to the request's last byte
  // For the answer; a download has it for each kLeastProgress bytes.
  std::chrono::milliseconds answer{15'000};
};

class TlsConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kHeadLimit = std::size_t{16} << 10U;
  static constexpr std::int64_t kLeastProgress = std::int64_t{1} << 20U;

  // What it waits for: the socket, an answer to take_request(), what take_reading() gives, or its
  // destruction.
  enum class Step { kRead, kWrite, kAnswer, kPart, kEnd };

  // `endpoints` must outlive it; hears of each refusal. The socket does not block.
  TlsConnection(SSL_CTX& context,
                Descriptor socket,
                std::string peer,
                const TlsConnectionLimits& limits,
                JoinEndpoints& endpoints);

  // Goes as far as it can.
  [[nodiscard]] Step proceed();
  // REQUIRES: the last step was kAnswer. Once.
  [[nodiscard]] JoinRequest take_request();
  [[nodiscard]] Step proceed_with(JoinAnswer answer);
  // Reads the next part of its download, which may take as long as a disk does; may be called
  // elsewhere, and after its connection has gone. REQUIRES: the last step was kPart. Once.
  [[nodiscard]] std::function<std::string()> take_reading();
  [[nodiscard]] Step proceed_with_part(std::string part);

  // After this it is to be ended by end_overdue(); never while it waits for an answer.
  [[nodiscard]] Time deadline() const { return deadline_; }
  void note_overdue();
  // Bytes a second of its download; nothing while there is none, or for less than `least`.
  [[nodiscard]] std::optional<std::int64_t> download_rate(Time now,
                                                          std::chrono::milliseconds least) const;
  void note_slow();
  // It has shown no whole request yet, or has its answer.
  [[nodiscard]] bool may_make_room() const;
  [[nodiscard]] int socket() const { return socket_.number(); }

 private:
  // What may still be read from the socket. Where OpenSSL's callback finds it, wherever this moves.
  struct Intake {
    std::size_t bytes;
    int reads;
    bool is_spent = false;
  };
  static long count_read(BIO* socket,
                         int operation,
                         const char* into,
                         std::size_t most,
                         int,
                         long,
                         int result,
                         std::size_t*);

  enum class Stage { kHandshake, kHead, kBody, kAsking, kSending, kParting };

  // Each: the step to wait for, or nothing when the next stage has begun.
  std::optional<Step> shake_hands();
  std::optional<Step> receive();
  std::optional<Step> judge();
  std::optional<Step> judge_head();
  std::optional<Step> send();
  std::optional<Step> part();
  Step end_too_much();

  void begin_answer(JoinAnswer answer);
  [[nodiscard]] bool lacks_a_part() const;
  void note_progress(int bytes);
  void finish_answer();
  [[nodiscard]] Step wait_for(int result) const;
  void note(const std::string& why) { endpoints_.note_refusal(peer_, why); }

  Descriptor socket_;
  std::unique_ptr<Intake> intake_;
  TlsHandle tls_;
  const std::string peer_;
  const TlsConnectionLimits limits_;
  JoinEndpoints& endpoints_;
  Stage stage_ = Stage::kHandshake;
  Time deadline_;
  std::string incoming_;
  std::size_t searched_ = 0;  // before this the head does not end
  JoinRequest request_;
  std::size_t body_at_ = 0;
  std::size_t body_bytes_ = 0;
  bool is_read_whole_ = false;
  std::string outgoing_;
  std::size_t sent_ = 0;
  std::shared_ptr<const Download> download_;
  std::int64_t download_at_ = 0;
  bool is_being_read_ = false;
  Time answered_at_{};
  std::int64_t progress_ = 0;
  std::size_t unread_ = 0;  // that came after the answer
};

}  // namespace spillway
