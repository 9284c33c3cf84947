// SPDX-License-Identifier: GPL-2.0-or-later
//
// While providers are asked, a person sees whose answer is awaited: one line, which goes away.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

namespace spillway {

class AskingLine {
 public:
  // Writes to `out`, which must outlive this; nullptr: nowhere.
  AskingLine(std::vector<std::string> asked, std::FILE* out);
  ~AskingLine();
  AskingLine(const AskingLine&) = delete;
  AskingLine& operator=(const AskingLine&) = delete;

  // From any thread.
  void note_answer(const std::string& name);

 private:
  void show();

  std::mutex mutex_;
  std::vector<std::string> awaited_;
  std::FILE* out_;
};

// Where such a line belongs: stderr when it is a terminal, else nowhere.
[[nodiscard]] std::FILE* terminal_for_asking();

}  // namespace spillway
