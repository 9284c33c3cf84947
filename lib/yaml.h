// SPDX-License-Identifier: GPL-2.0-or-later
//
// A YAML text as a tree that remembers its lines, on libyaml. Pure: text in, value out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/result.h"

namespace spillway {

struct YamlNode {
  enum class Kind { kScalar, kSequence, kMapping };

  struct Entry;

  Kind kind = Kind::kScalar;
  int line = 0;                 // 1-based, where the node begins
  std::string scalar;           // kScalar
  bool quoted = false;          // kScalar: written in quotes, so it is text whatever it looks like
  std::vector<YamlNode> items;  // kSequence
  std::vector<Entry> entries;   // kMapping, in the order of the file

  // The value of `key` in a mapping, or nullptr.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

struct YamlNode::Entry {
  std::string key;
  int line = 0;
  YamlNode value;
};

// Reads one document. Refuses: a second document, aliases and anchors, tags, a key that is no
// scalar, a key given twice, nesting deeper than 32, more than 1 MiB. An empty text is an empty
// mapping. Errors: kInvalid, "file:line: what".
[[nodiscard]] Result<YamlNode> parse_yaml(std::string_view text, const std::string& file);

}  // namespace spillway
