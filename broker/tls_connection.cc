// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/tls_connection.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "broker/http_head.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kChunk = std::size_t{64} << 10U;
constexpr std::size_t kPart = std::size_t{1} << 20U;  // of a download
// Then the other connections have theirs.
constexpr std::int64_t kTurn = std::int64_t{256} << 10U;
constexpr int kReadsATurn = 16;
// A client that is still sending when it has been answered would lose the answer by a reset.
constexpr std::chrono::seconds kParting{2};

TlsConnection::Time now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

TlsConnection::TlsConnection(SSL_CTX& context,
                             Descriptor socket,
                             std::string peer,
                             const TlsConnectionLimits& limits,
                             JoinEndpoints& endpoints)
    : socket_(std::move(socket)),
      intake_(new Intake{limits.bytes, limits.reads}),
      tls_(SSL_new(&context)),
      peer_(std::move(peer)),
      limits_(limits),
      endpoints_(endpoints),
      deadline_(now() + limits.request) {
  if (!tls_) return;
  SSL_set_fd(tls_.get(), socket_.number());
  BIO* bio = SSL_get_rbio(tls_.get());
  BIO_set_callback_ex(bio, count_read);
  BIO_set_callback_arg(bio, reinterpret_cast<char*>(intake_.get()));
}

// Here, since one SSL_accept goes on for as long as the socket has something.
long TlsConnection::count_read(
    BIO* socket, int operation, const char*, std::size_t, int, long, int result, std::size_t*) {
  if (operation != BIO_CB_READ) return result;
  auto& intake = *reinterpret_cast<Intake*>(BIO_get_callback_arg(socket));
  if (BIO_number_read(socket) < intake.bytes && intake.reads-- > 0) return result;
  intake.is_spent = true;
  BIO_clear_retry_flags(socket);
  return -1;
}

TlsConnection::Step TlsConnection::proceed() {
  if (!tls_) return Step::kEnd;
  int reads = 0;
  while (true) {
    ERR_clear_error();  // what another connection left would be taken for this one's
    std::optional<Step> step;
    switch (stage_) {
      case Stage::kHandshake:
        step = shake_hands();
        break;
      case Stage::kHead:
      case Stage::kBody:
        if (reads++ == kReadsATurn) return Step::kRead;
        step = receive();
        break;
      case Stage::kAsking:
        return Step::kAnswer;
      case Stage::kSending:
        step = send();
        break;
      case Stage::kParting:
        step = part();
        break;
    }
    if (step) return *step;
  }
}

TlsConnection::Step TlsConnection::wait_for(int result) const {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::kRead;
    case SSL_ERROR_WANT_WRITE:
      return Step::kWrite;
    default:
      return Step::kEnd;
  }
}

std::optional<TlsConnection::Step> TlsConnection::shake_hands() {
  const int result = SSL_accept(tls_.get());
  if (result == 1) {
    stage_ = Stage::kHead;
    return {};
  }
  if (intake_->is_spent) return end_too_much();
  const Step step = wait_for(result);
  const auto error = ERR_peek_last_error();
  if (step != Step::kEnd || error == 0) return step;  // 0: it went away
  if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return step;
  const char* reason = ERR_reason_error_string(error);
  note(std::string("TLS: ") + (reason == nullptr ? "handshake failed" : reason));
  return step;
}

std::optional<TlsConnection::Step> TlsConnection::receive() {
  std::array<char, 16'384> part{};
  const int got = SSL_read(tls_.get(), part.data(), static_cast<int>(part.size()));
  if (got <= 0) {
    if (intake_->is_spent) return end_too_much();
    const Step step = wait_for(got);
    // So does a curl whose pin is another one's.
    if (step == Step::kEnd && incoming_.empty())
      note("left after the handshake without a request: does it hold another pin?");
    return step;
  }
  incoming_.append(part.data(), static_cast<std::size_t>(got));
  return judge();
}

TlsConnection::Step TlsConnection::end_too_much() {
  note("sent too much");
  return Step::kEnd;
}

std::optional<TlsConnection::Step> TlsConnection::judge() {
  if (stage_ == Stage::kHead) {
    const auto step = judge_head();
    if (step || stage_ != Stage::kBody) return step;
  }
  if (incoming_.size() < body_at_ + body_bytes_) return {};
  is_read_whole_ = incoming_.size() == body_at_ + body_bytes_;
  request_.body = incoming_.substr(body_at_, body_bytes_);
  incoming_.clear();
  stage_ = Stage::kAsking;
  deadline_ = Time::max();
  return Step::kAnswer;
}

std::optional<TlsConnection::Step> TlsConnection::judge_head() {
  const std::size_t end = incoming_.find(kHeadEnd, searched_);
  searched_ = incoming_.size() - std::min(incoming_.size(), kHeadEnd.size() - 1);
  if (std::min(end, incoming_.size()) > kHeadLimit) {
    begin_answer(endpoints_.refuse_malformed(peer_, 431, "the request's head is too large"));
    return {};
  }
  if (end == std::string::npos) return {};
  auto request = parse_http_head(std::string_view(incoming_).substr(0, end));
  if (!request) {
    begin_answer(endpoints_.refuse_malformed(peer_, 400, request.error().message));
    return {};
  }
  request_ = *std::move(request);
  request_.peer = peer_;
  const std::string* length = request_.header("content-length");
  if (auto refusal = endpoints_.refuse_unread(request_)) {
    is_read_whole_ = incoming_.size() == end + kHeadEnd.size() && length == nullptr &&
                     request_.header("transfer-encoding") == nullptr;
    begin_answer(*std::move(refusal));
    return {};
  }
  const bool has_body = request_.method != "GET" && length != nullptr;
  body_bytes_ = has_body ? static_cast<std::size_t>(parse_whole_number(*length).value_or(0)) : 0;
  body_at_ = end + kHeadEnd.size();
  stage_ = Stage::kBody;
  return {};
}

JoinRequest TlsConnection::take_request() {
  return std::move(request_);
}

TlsConnection::Step TlsConnection::proceed_with(JoinAnswer answer) {
  begin_answer(std::move(answer));
  return proceed();
}

void TlsConnection::begin_answer(JoinAnswer answer) {
  download_ = std::move(answer.download);
  const std::int64_t bytes =
      download_ ? download_->bytes() : static_cast<std::int64_t>(answer.body.size());
  outgoing_ = format_http_head(answer, bytes) + answer.body;
  stage_ = Stage::kSending;
  answered_at_ = now();
  deadline_ = answered_at_ + limits_.answer;
}

std::optional<TlsConnection::Step> TlsConnection::send() {
  for (std::int64_t turn = 0; turn < kTurn;) {
    if (sent_ == outgoing_.size()) {
      if (lacks_a_part()) return Step::kPart;
      finish_answer();
      return {};
    }
    const std::size_t left = std::min(outgoing_.size() - sent_, kChunk);
    const int wrote = SSL_write(tls_.get(), outgoing_.data() + sent_, static_cast<int>(left));
    if (wrote <= 0) return wait_for(wrote);
    sent_ += static_cast<std::size_t>(wrote);
    turn += wrote;
    note_progress(wrote);
  }
  return Step::kWrite;
}

bool TlsConnection::lacks_a_part() const {
  return download_ && download_at_ < download_->bytes();
}

std::function<std::string()> TlsConnection::take_reading() {
  is_being_read_ = true;
  return [download = download_, at = download_at_] { return download->read(at, kPart); };
}

TlsConnection::Step TlsConnection::proceed_with_part(std::string part) {
  is_being_read_ = false;
  if (part.empty()) return Step::kEnd;  // the client sees that it lacks the rest
  outgoing_ = std::move(part);
  sent_ = 0;
  download_at_ += static_cast<std::int64_t>(outgoing_.size());
  return proceed();
}

void TlsConnection::note_progress(int bytes) {
  progress_ += bytes;
  if (progress_ < kLeastProgress) return;
  progress_ = 0;
  deadline_ = now() + limits_.answer;
}

void TlsConnection::finish_answer() {
  download_.reset();
  (void)SSL_shutdown(tls_.get());
  (void)::shutdown(socket_.number(), SHUT_WR);
  stage_ = Stage::kParting;
  deadline_ = std::min(deadline_, now() + kParting);
}

std::optional<TlsConnection::Step> TlsConnection::part() {
  if (is_read_whole_) return Step::kEnd;
  std::array<char, 16'384> unread{};
  const auto got = ::recv(socket_.number(), unread.data(), unread.size(), 0);
  if (got > 0) {
    unread_ += static_cast<std::size_t>(got);
    if (unread_ > limits_.bytes) return Step::kEnd;
    return {};
  }
  return got == 0 || errno != EAGAIN ? Step::kEnd : Step::kRead;
}

bool TlsConnection::may_make_room() const {
  return stage_ != Stage::kAsking && stage_ != Stage::kSending;
}

std::optional<std::int64_t> TlsConnection::download_rate(Time now,
                                                         std::chrono::milliseconds least) const {
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(now - answered_at_);
  if (!download_ || taken < least) return {};
  return download_at_ * 1'000 / std::max<std::int64_t>(taken.count(), 1);
}

void TlsConnection::note_slow() {
  note("too slow: others wait for its place to download");
}

void TlsConnection::note_overdue() {
  switch (stage_) {
    case Stage::kHandshake:
      return note("too slow: no TLS handshake in time");
    case Stage::kHead:
    case Stage::kBody:
      return note("too slow: no whole request in time");
    case Stage::kSending:
      return note(is_being_read_ ? "its archive cannot be read in time"
                                 : "too slow: does not take its answer");
    case Stage::kAsking:
    case Stage::kParting:
      return;
  }
}

}  // namespace spillway
