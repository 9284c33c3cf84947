// SPDX-License-Identifier: GPL-2.0-or-later
//
// Errors are values, told apart by cure: a code says what the caller does next, the message says
// what happened, to which thing, and why. Nothing of ours throws.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace spillway {

enum class ErrorCode {
  kInvalid,         // tell the author of the input; the same input fails again
  kNotFound,        // it does not exist; for a release: done
  kNoCapacity,      // the next offer
  kQuota,           // the whole account is at its limit: cool it down
  kBalance,         // the whole account is out of money: cool it down
  kUnauthorized,    // stop until the admin acts
  kRateLimited,     // wait (Error::retry_after), then the same call
  kTransient,       // certainly without effect: try again
  kUnknownOutcome,  // may have had its effect: ask before repeating
  kProtocol,        // the answer was not understood
  kIo,              // this machine: a file, a socket, a database
};

// The code as one word for logs and tables, e.g. "no_capacity".
[[nodiscard]] const char* error_code_name(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string message;  // "what: with which: why", lower case, no full stop
  std::optional<std::chrono::seconds> retry_after;  // kRateLimited, when the answer named it

  // The same error with `context` and ": " before its message.
  [[nodiscard]] Error within(const std::string& context) const {
    return Error{code, context + ": " + message, retry_after};
  }
};

// A value or the error that stood in its way. REQUIRES before `*` and `->`: it holds a value.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: conversions
  // NOLINTNEXTLINE: are the point
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] explicit operator bool() const { return state_.index() == 0; }
  [[nodiscard]] const T& operator*() const& { return std::get<0>(state_); }
  [[nodiscard]] T& operator*() & { return std::get<0>(state_); }
  [[nodiscard]] T&& operator*() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(state_); }
  [[nodiscard]] T* operator->() { return &std::get<0>(state_); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: conversion is the point

  [[nodiscard]] explicit operator bool() const { return !error_.has_value(); }
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace spillway
