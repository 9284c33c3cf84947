// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/yaml.h"

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

YamlNode parsed(std::string_view text) {
  const Result<YamlNode> node = parse_yaml(text, "test.yaml");
  if (!node) fail_msg("%s", node.error().message.c_str());
  return *node;
}

// The tree in one line: scalars as they are ('...' if quoted), each node with its line.
std::string shown(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      text = node.quoted ? "'" + node.scalar + "'" : node.scalar;
      break;
    case YamlNode::Kind::kSequence:
      for (const YamlNode& item : node.items)
        text += (text.empty() ? "" : ",") + shown(item);
      text = "[" + text + "]";
      break;
    case YamlNode::Kind::kMapping:
      for (const auto& entry : node.entries) {
        text += (text.empty() ? "" : ",") + entry.key + "@" + std::to_string(entry.line) + ":" +
                shown(entry.value);
      }
      text = "{" + text + "}";
      break;
  }
  return text + "@" + std::to_string(node.line);
}

void texts_become_trees_with_lines(void**) {
  struct Case {
    const char* text;
    const char* tree;
  };
  const Case cases[] = {
      {"", "{}@1"},
      {"# a comment\n\n", "{}@1"},
      {"---\n", "{}@1"},
      {"--- {}\n", "{}@1"},
      {"a: 1\nb: two words\n", "{a@1:1@1,b@2:two words@2}@1"},
      {"a:\n  b: 1\n  c: x\nd: y", "{a@1:{b@2:1@2,c@3:x@3}@2,d@4:y@4}@1"},
      {"a: [1, {b: 2}]\n", "{a@1:[1@1,{b@1:2@1}@1]@1}@1"},
      {"- a\n- b\n", "[a@1,b@2]@1"},
      {"a: \"10m\"\nb: '0400'\n", "{a@1:'10m'@1,b@2:'0400'@2}@1"},
      {"a: |\n  text\n", "{a@1:'text\n'@1}@1"},
      {"a:\nb: 1\n", "{a@1:@1,b@2:1@2}@1"},
      {"%YAML 1.1\n---\na: 1\n...\n", "{a@3:1@3}@3"},
      {"gr\xC3\xBC\xC3\x9F: \xE2\x82\xAC\n", "{gr\xC3\xBC\xC3\x9F@1:\xE2\x82\xAC@1}@1"},
      {"\"a\": 1\n", "{a@1:1@1}@1"},
      {"scalar", "scalar@1"},
  };
  for (const Case& c : cases) {
    const Result<YamlNode> node = parse_yaml(c.text, "test.yaml");
    if (!node) fail_msg("'%s': %s", c.text, node.error().message.c_str());
    if (shown(*node) != c.tree) fail_msg("'%s' is read as %s", c.text, shown(*node).c_str());
  }
}

void what_is_refused_says_file_and_line(void**) {
  struct Case {
    std::string text;
    const char* message;  // its beginning
  };
  const Case cases[] = {
      {"a: 1\n---\nb: 2\n", "test.yaml:2: a second document"},
      {"a: 1\n...\n---\n", "test.yaml:3: a second document"},
      {"a: &x 1\n", "test.yaml:1: anchors"},
      {"a: 1\nb: &x [1]\n", "test.yaml:2: anchors"},
      {"a: 1\nb: &x {c: 1}\n", "test.yaml:2: anchors"},
      {"a: &x 1\nb: *x\n", "test.yaml:1: anchors"},
      {"&x a: 1\n", "test.yaml:1: anchors"},
      {"a: *x\n", "test.yaml:1: aliases"},
      {"<<: *x\n", "test.yaml:1: aliases"},
      {"a: !!str 1\n", "test.yaml:1: tags"},
      {"a: !x {b: 1}\n", "test.yaml:1: tags"},
      {"a:\n- !x [b]\n", "test.yaml:2: tags"},
      {"!x a: 1\n", "test.yaml:1: tags"},
      {"a: 1\n[b]: 2\n", "test.yaml:2: a key must be"},
      {"{a: 1}: 2\n", "test.yaml:1: a key must be"},
      {"? {a: 1}\n: 2\n", "test.yaml:1: a key must be"},
      {"a: 1\nb: 2\na: 3\n", "test.yaml:3: key 'a' is given twice"},
      {"a: 1\n\"a\": 3\n", "test.yaml:2: key 'a' is given twice"},
      {"a:\n  b: {c: 1, c: 1}\n", "test.yaml:2: key 'c' is given twice"},
      {"a: [1\nb: 2\n", "test.yaml:"},
      {"a: 1\n\tb: 2\n", "test.yaml:2: "},
      {"a: 'open\n", "test.yaml:"},
      {"a: 1\n b: 2\n", "test.yaml:2: "},
      {"a: @x\n", "test.yaml:1: "},
      {"a: 1\nb: 2\nc: \xFF\n", "test.yaml:3: "},
      {std::string("a: 1\nb: \0\n", 10), "test.yaml:2: "},
      {std::string(33, '['), "test.yaml:1: nested deeper than 32"},
      {std::string(5000, '['), "test.yaml:1: nested deeper than 32"},
      {std::string((std::size_t{1} << 20U) + 1, '#'), "test.yaml:1: larger than 1 MiB"},
  };
  for (const Case& c : cases) {
    const std::string text = c.text.substr(0, 60);
    const Result<YamlNode> node = parse_yaml(c.text, "test.yaml");
    if (node) fail_msg("'%s' is accepted", text.c_str());
    if (node.error().code != ErrorCode::kInvalid) fail_msg("'%s': not kInvalid", text.c_str());
    if (!node.error().message.starts_with(c.message)) {
      fail_msg("'%s': %s", text.c_str(), node.error().message.c_str());
    }
  }
}

void nesting_of_thirty_two_is_accepted(void**) {
  const YamlNode node = parsed(std::string(32, '[') + std::string(32, ']'));
  assert_int_equal(node.items.size(), 1);
}

void find_gives_the_value_of_a_key(void**) {
  const YamlNode node = parsed("a: 1\nb: 2\n");
  assert_non_null(node.find("b"));
  assert_string_equal(node.find("b")->scalar.c_str(), "2");
  assert_null(node.find("c"));
  assert_null(parsed("[a]").find("a"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(texts_become_trees_with_lines),
      cmocka_unit_test(what_is_refused_says_file_and_line),
      cmocka_unit_test(nesting_of_thirty_two_is_accepted),
      cmocka_unit_test(find_gives_the_value_of_a_key),
  };
  return cmocka_run_group_tests_name("lib.yaml", tests, nullptr, nullptr);
}
