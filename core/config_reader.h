// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walking the mappings of spillway.yaml so that every finding of the file is told at once, each
// with its line and its key ("pools.h100.shape.gpus"). A key that nobody asked for is a finding.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/result.h"
#include "lib/yaml.h"

namespace spillway {

// What is wrong with a file, in the order of its lines.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  // `what` is "what was found: what would be right".
  void add(int line, const std::string& key, const std::string& what);
  [[nodiscard]] bool empty() const { return found_.empty(); }
  // One line a finding. REQUIRES: not empty.
  [[nodiscard]] Error to_error() const;

 private:
  std::string file_;
  std::vector<std::pair<int, std::string>> found_;
};

enum class Presence { kOptional, kRequired };

// One mapping while it is read. Readers are `Result<T> read_...(const YamlNode&)`; their errors
// become findings, and the value keeps what it had. finish() comes last.
class Section {
 public:
  // `node` may be a mapping only; `findings` and `node` must outlive the section.
  Section(Findings& findings, const YamlNode& node, std::string path, int line)
      : findings_(findings), node_(node), path_(std::move(path)), line_(line) {}

  template <typename T, typename Reader>
  void optional(std::string_view key, T& value, const Reader& read) {
    take(key, Presence::kOptional, value, read);
  }
  template <typename T, typename Reader>
  void required(std::string_view key, T& value, const Reader& read) {
    take(key, Presence::kRequired, value, read);
  }

  // Calls `read(section)` for the mapping under `key`, and finishes it.
  template <typename Read>
  void section(std::string_view key, Presence presence, const Read& read) {
    const YamlNode::Entry* entry = entry_of(key, presence);
    if (entry != nullptr) read_mapping(entry->value, path_of(key), entry->line, read);
  }

  // Calls `read(name, section)` for each entry of the mapping of names under `key`, which must have
  // at least one.
  template <typename Read>
  void named_sections(std::string_view key, Presence presence, const Read& read) {
    const YamlNode::Entry* entry = entry_of(key, presence);
    if (entry == nullptr || !is_filled_mapping(*entry, path_of(key))) return;
    for (const auto& child : entry->value.entries) {
      const auto read_child = [&](Section& section) { read(child.key, section); };
      read_mapping(child.value, path_of(key) + "." + child.key, child.line, read_child);
    }
  }

  // Reads each entry of the mapping under `key`, which is optional, into `values` by its name.
  template <typename Values, typename Reader>
  void named_values(std::string_view key, Values& values, const Reader& read) {
    const YamlNode::Entry* entry = entry_of(key, Presence::kOptional);
    if (entry == nullptr || !is_filled_mapping(*entry, path_of(key))) return;
    for (const auto& child : entry->value.entries) {
      auto result = read(child.value);
      if (result) {
        values[child.key] = std::move(*result);
      } else {
        findings_.add(child.line, path_of(key) + "." + child.key, result.error().message);
      }
    }
  }

  // Calls `read(section)` for each mapping of the list under `key`, which must have at least one.
  template <typename Read>
  void items(std::string_view key, Presence presence, const Read& read) {
    const YamlNode::Entry* entry = entry_of(key, presence);
    if (entry == nullptr || !is_filled_list(*entry, path_of(key))) return;
    int number = 0;
    for (const auto& item : entry->value.items) {
      const std::string path = path_of(key) + "[" + std::to_string(++number) + "]";
      read_mapping(item, path, item.line, read);
    }
  }

  [[nodiscard]] bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  // The key is there, and its value is this one word.
  [[nodiscard]] bool says(std::string_view key, std::string_view word) const;
  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;

  // A finding at `key`, or at the section itself when the key is not there.
  void add(std::string_view key, const std::string& what);
  // Finds the keys that were never asked for.
  void finish();

 private:
  template <typename T, typename Reader>
  void take(std::string_view key, Presence presence, T& value, const Reader& read) {
    const YamlNode::Entry* entry = entry_of(key, presence);
    if (entry == nullptr) return;
    auto result = read(entry->value);
    if (result) {
      value = std::move(*result);
    } else {
      findings_.add(entry->line, path_of(key), result.error().message);
    }
  }

  template <typename Read>
  void read_mapping(const YamlNode& node, const std::string& path, int line, const Read& read) {
    if (!is_mapping(node, path, line)) return;
    Section section(findings_, node, path, line);
    read(section);
    section.finish();
  }

  const YamlNode::Entry* entry_of(std::string_view key, Presence presence);
  bool is_mapping(const YamlNode& node, const std::string& path, int line);
  bool is_filled_mapping(const YamlNode::Entry& entry, const std::string& path);
  bool is_filled_list(const YamlNode::Entry& entry, const std::string& path);

  Findings& findings_;
  const YamlNode& node_;
  std::string path_;
  int line_;
  std::vector<std::string> known_;
};

// Reads the text as one mapping, whose keys `read(root)` asks for.
// Errors: kInvalid, one line a finding, "file:line: key: what was found: what would be right".
[[nodiscard]] Status read_document(std::string_view text,
                                   const std::string& file,
                                   const std::function<void(Section& root)>& read);

// The node as a message names it: its text in quotes, "nothing", "a list", "a mapping".
[[nodiscard]] std::string describe(const YamlNode& node);

}  // namespace spillway
