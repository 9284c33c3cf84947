// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace spillway {

// A folder of its own for one decisions file; gone at the end.
class DecisionsFolder {
 public:
  DecisionsFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "spillway-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
  }
  ~DecisionsFolder() { std::filesystem::remove_all(folder_); }
  DecisionsFolder(const DecisionsFolder&) = delete;
  DecisionsFolder& operator=(const DecisionsFolder&) = delete;

  [[nodiscard]] std::string path() const { return folder_ / "decisions"; }

  // As the broker writes: under another name, then renamed over.
  void write(const std::string& text) const {
    const std::filesystem::path fresh = folder_ / "fresh";
    std::ofstream(fresh, std::ios::binary) << text;
    std::filesystem::rename(fresh, path());
  }

  void remove() const { std::filesystem::remove_all(path()); }

 private:
  std::filesystem::path folder_;
};

}  // namespace spillway
