// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/case_file.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/config.h"
#include "core/config_reader.h"
#include "lib/text.h"
#include "lib/yaml.h"
#include "tests/support/case_reader.h"

namespace spillway {
namespace {

constexpr std::array<std::string_view, 6> kConfigKeys{
    "cluster", "join", "providers", "pools", "policy", "timing"};

// The tree as text again, in blocks.
void write_yaml(const YamlNode& node, const std::string& indent, std::string& text) {
  const auto write_value = [&](const YamlNode& value) {
    if (value.kind != YamlNode::Kind::kScalar) {
      text += '\n';
      return write_yaml(value, indent + "  ", text);
    }
    text += value.quoted ? " \"" + value.scalar + "\"\n" : " " + value.scalar + "\n";
  };
  for (const auto& [key, line, value] : node.entries) {
    text += indent + key + ":";
    write_value(value);
  }
  for (const auto& item : node.items) {
    text += indent + "-";
    write_value(item);
  }
}

// A key that the case writes replaces the base's; an empty list takes it away.
YamlNode lay_over(const YamlNode& base, const YamlNode& written) {
  YamlNode laid = written;
  for (const auto& entry : base.entries) {
    if (written.find(entry.key) == nullptr) laid.entries.push_back(entry);
  }
  std::erase_if(laid.entries, [](const auto& entry) {
    return entry.value.kind == YamlNode::Kind::kSequence && entry.value.items.empty();
  });
  return laid;
}

Result<YamlNode> read_tree(const YamlNode& node) {
  return node;
}

Result<std::vector<std::string>> read_words(const YamlNode& node) {
  std::vector<std::string> words;
  for (const auto& item : node.items)
    words.push_back(item.scalar);
  if (node.kind == YamlNode::Kind::kScalar) words.push_back(node.scalar);
  const bool all_say_something =
      std::none_of(words.begin(), words.end(), [](const auto& word) { return word.empty(); });
  if (words.empty() || !all_say_something) return refuse(node, "words, or a list of them");
  return words;
}

void read_config(Section& section, Case& read) {
  YamlNode config;
  for (const auto key : kConfigKeys) {
    if (!section.has(key)) continue;
    YamlNode value;
    section.optional(key, value, read_tree);
    config.entries.push_back({std::string(key), value.line, value});
  }
  std::string text;
  write_yaml(config, "", text);
  auto parsed = parse_config(text, "its configuration");
  if (parsed) {
    read.world.config = *std::move(parsed);
  } else {
    section.add("", parsed.error().message);
  }
}

void read_expected(Section& section, Case& read) {
  section.named_sections("expect", Presence::kRequired, [&](const std::string& id, Section& job) {
    ExpectedJob expected;
    expected.line = job.line();
    expected.job = static_cast<std::uint32_t>(parse_whole_number(id, 1'000'000).value_or(0));
    if (!read.world.slurm.jobs.contains(expected.job)) job.add("", "there is no such job");
    for (const auto* key : kFacts) {
      std::vector<std::string> words;
      job.optional(key, words, read_words);
      if (!words.empty()) expected.facts[key] = std::move(words);
    }
    if (expected.facts.empty()) job.add("", "nothing is expected");
    read.expected.push_back(std::move(expected));
  });
}

Case read_case(Section& section) {
  Case read;
  auto& world = read.world;
  world.slurm.nodes.clear();
  world.slurm.partitions.clear();
  world.providers.clear();
  section.required("name", read.name, read_any_text);
  read.line = section.line();
  read_config(section, read);
  read_world(section, world);
  read_expected(section, read);
  return read;
}

}  // namespace

Result<std::vector<Case>> parse_cases(std::string_view text,
                                      const std::string& file,
                                      std::string_view base) {
  const auto laid_under = parse_yaml(base, "base.yaml");
  if (!laid_under) return laid_under.error();
  const auto tree = parse_yaml(text, file);
  if (!tree) return tree.error();
  Findings findings(file);
  if (tree->items.empty()) findings.add(tree->line, "", "a list of cases belongs here");
  std::vector<Case> cases;
  std::set<std::string> names;
  for (const auto& item : tree->items) {
    const auto laid = lay_over(*laid_under, item);
    const auto* name = item.find("name");
    Section section(findings, laid, name == nullptr ? "" : name->scalar, item.line);
    cases.push_back(read_case(section));
    section.finish();
    if (!names.insert(cases.back().name).second) section.add("name", "another case has it");
  }
  if (!findings.empty()) return findings.to_error();
  return cases;
}

}  // namespace spillway
