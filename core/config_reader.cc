// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/config_reader.h"

#include <algorithm>

#include "lib/text.h"

namespace spillway {

void Findings::add(int line, const std::string& key, const std::string& what) {
  const std::string where = file_ + ":" + std::to_string(line) + ": ";
  found_.emplace_back(line, where + (key.empty() ? "" : printable(key, 200) + ": ") + what);
}

Error Findings::to_error() const {
  auto sorted = found_;
  std::stable_sort(
      sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string message;
  for (const auto& [line, text] : sorted) {
    if (!message.empty()) message += '\n';
    message += text;
  }
  return Error{ErrorCode::kInvalid, message, {}};
}

bool Section::says(std::string_view key, std::string_view word) const {
  const auto* value = node_.find(key);
  return value != nullptr && value->kind == YamlNode::Kind::kScalar && value->scalar == word;
}

std::string Section::path_of(std::string_view key) const {
  if (key.empty()) return path_;
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Section::add(std::string_view key, const std::string& what) {
  for (const auto& entry : node_.entries) {
    if (entry.key == key) return findings_.add(entry.line, path_of(key), what);
  }
  findings_.add(line_, path_of(key), what);
}

void Section::finish() {
  std::sort(known_.begin(), known_.end());
  for (const auto& entry : node_.entries) {
    if (std::binary_search(known_.begin(), known_.end(), entry.key)) continue;
    const auto near = closest(entry.key, known_);
    const std::string hint = near ? "did you mean \"" + *near + "\"? " : std::string();
    const std::string what = "unknown key: " + hint + "known here: " + join(known_, ", ");
    findings_.add(entry.line, path_of(entry.key), what);
  }
}

const YamlNode::Entry* Section::entry_of(std::string_view key, Presence presence) {
  known_.emplace_back(key);
  for (const auto& entry : node_.entries) {
    if (entry.key == key) return &entry;
  }
  if (presence == Presence::kRequired) {
    findings_.add(line_, path_of(key), "missing: this key must be given");
  }
  return nullptr;
}

bool Section::is_mapping(const YamlNode& node, const std::string& path, int line) {
  if (node.kind == YamlNode::Kind::kMapping) return true;
  findings_.add(line, path, "found " + describe(node) + ": a mapping of keys belongs here");
  return false;
}

bool Section::is_filled_mapping(const YamlNode::Entry& entry, const std::string& path) {
  if (!is_mapping(entry.value, path, entry.line)) return false;
  if (!entry.value.entries.empty()) return true;
  findings_.add(entry.line, path, "found an empty mapping: at least one entry belongs here");
  return false;
}

bool Section::is_filled_list(const YamlNode::Entry& entry, const std::string& path) {
  const bool is_list = entry.value.kind == YamlNode::Kind::kSequence;
  if (is_list && !entry.value.items.empty()) return true;
  findings_.add(
      entry.line, path, "found " + describe(entry.value) + ": a list of at least one belongs here");
  return false;
}

Status read_document(std::string_view text,
                     const std::string& file,
                     const std::function<void(Section& root)>& read) {
  const auto tree = parse_yaml(text, file);
  if (!tree) return tree.error();
  Findings findings(file);
  if (tree->kind != YamlNode::Kind::kMapping) {
    findings.add(tree->line, "", "found " + describe(*tree) + ": a mapping of keys belongs here");
    return findings.to_error();
  }
  Section root(findings, *tree, "", tree->line);
  read(root);
  root.finish();
  if (!findings.empty()) return findings.to_error();
  return {};
}

std::string describe(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kMapping) return "a mapping";
  if (node.kind == YamlNode::Kind::kSequence)
    return node.items.empty() ? "an empty list" : "a list";
  if (node.scalar.empty()) return node.quoted ? "an empty text" : "nothing";
  return "\"" + printable(node.scalar, 80) + "\"";
}

}  // namespace spillway
