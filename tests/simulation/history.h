// SPDX-License-Identifier: GPL-2.0-or-later
//
// What happened in a run, a line each, with the virtual time since its start. Kept only when
// somebody will read it; its digest always, so that two runs can be compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/time.h"

namespace spillway::simulation {

class History {
 public:
  History(const Clock& clock, bool kept) : clock_(clock), start_(clock.now()), kept_(kept) {}

  [[nodiscard]] bool is_kept() const { return kept_; }
  // REQUIRES of a caller in a hurry: asks is_kept() before it makes a long text.
  void note(std::string_view who, std::string_view what);
  // Something that leaves no line, and may differ between runs that should be equal.
  void mix(std::uint64_t number) { digest_ = (digest_ ^ number) * 1'099'511'628'211ULL; }

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  const Clock& clock_;
  TimePoint start_;
  bool kept_;
  std::vector<std::string> lines_;
  std::uint64_t digest_ = 14'695'981'039'346'656'037ULL;
};

}  // namespace spillway::simulation
