// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/asking_line.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr const char* kClear = "\r\033[K";

}  // namespace

AskingLine::AskingLine(std::vector<std::string> asked, std::FILE* out)
    : awaited_(std::move(asked)), out_(out) {
  show();
}

AskingLine::~AskingLine() {
  awaited_.clear();
  show();
}

void AskingLine::note_answer(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::erase(awaited_, name);
  show();
}

void AskingLine::show() {
  if (out_ == nullptr) return;
  const auto text = awaited_.empty() ? "" : "waiting for " + join(awaited_, ", ") + " ...";
  (void)std::fprintf(out_, "%s%s", kClear, text.c_str());
  (void)std::fflush(out_);
}

std::FILE* terminal_for_asking() {
  return isatty(STDERR_FILENO) == 1 ? stderr : nullptr;
}

}  // namespace spillway
