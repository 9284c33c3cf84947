// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <cstddef>
#include <set>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr int kMostDepth = 32;

std::string text_of(const yaml_char_t* bytes, std::size_t length) {
  return {reinterpret_cast<const char*>(bytes), length};  // NOLINT: libyaml's char is unsigned
}

int line_of(const yaml_mark_t& mark) {
  return static_cast<int>(mark.line) + 1;
}

// One event of libyaml's, freed with it.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  [[nodiscard]] yaml_event_t* raw() { return &event_; }
  [[nodiscard]] yaml_event_type_t type() const { return event_.type; }
  [[nodiscard]] int line() const { return line_of(event_.start_mark); }
  [[nodiscard]] const yaml_event_t& get() const { return event_; }

 private:
  yaml_event_t event_{};
};

// What the event has that we refuse, or nullptr.
const char* refused_feature(const yaml_event_t& event) {
  const yaml_char_t* anchor = nullptr;
  const yaml_char_t* tag = nullptr;
  if (event.type == YAML_ALIAS_EVENT) return "aliases (*name) are not accepted";
  if (event.type == YAML_SCALAR_EVENT) {
    anchor = event.data.scalar.anchor;
    tag = event.data.scalar.tag;
  } else if (event.type == YAML_SEQUENCE_START_EVENT) {
    anchor = event.data.sequence_start.anchor;
    tag = event.data.sequence_start.tag;
  } else if (event.type == YAML_MAPPING_START_EVENT) {
    anchor = event.data.mapping_start.anchor;
    tag = event.data.mapping_start.tag;
  }
  if (anchor != nullptr) return "anchors (&name) are not accepted";
  if (tag != nullptr) return "tags (!name) are not accepted";
  return nullptr;
}

// Turns the events of one text into a tree.
class TreeReader {
 public:
  TreeReader(std::string_view text, const std::string& file) : text_(text), file_(file) {
    is_ready_ = yaml_parser_initialize(&parser_) == 1;
    if (!is_ready_) return;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());  // NOLINT: as above
    yaml_parser_set_input_string(&parser_, bytes, text.size());
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  }
  ~TreeReader() {
    if (is_ready_) yaml_parser_delete(&parser_);
  }
  TreeReader(const TreeReader&) = delete;
  TreeReader& operator=(const TreeReader&) = delete;

  Result<YamlNode> read() {
    if (!is_ready_) return refused(1, "out of memory");
    Event stream_start;
    if (Status status = next(stream_start); !status) return status.error();
    Event document;
    if (Status status = next(document); !status) return status.error();
    if (document.type() == YAML_STREAM_END_EVENT) return empty_mapping();
    Event root;
    if (Status status = next(root); !status) return status.error();
    Result<YamlNode> tree = read_node(root, 1);
    if (!tree) return tree;
    if (Status status = expect_end(); !status) return status.error();
    const bool is_empty =
        tree->kind == YamlNode::Kind::kScalar && tree->scalar.empty() && !tree->quoted;
    return is_empty ? empty_mapping() : std::move(tree);
  }

 private:
  static YamlNode empty_mapping() {
    YamlNode node;
    node.kind = YamlNode::Kind::kMapping;
    node.line = 1;
    return node;
  }

  [[nodiscard]] Error refused(int line, const std::string& why) const {
    return Error{ErrorCode::kInvalid, file_ + ":" + std::to_string(line) + ": " + why, {}};
  }

  [[nodiscard]] Error syntax_error() const {
    const std::string why = parser_.problem == nullptr ? "not YAML" : parser_.problem;
    if (parser_.error != YAML_READER_ERROR) return refused(line_of(parser_.problem_mark), why);
    // The reader of bytes knows an offset only.
    const std::size_t offset = std::min(parser_.problem_offset, text_.size());
    const auto line_ends =
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
    return refused(static_cast<int>(line_ends) + 1, why);
  }

  Status next(Event& event) {
    if (yaml_parser_parse(&parser_, event.raw()) != 1) return syntax_error();
    const char* feature = refused_feature(event.get());
    return feature == nullptr ? Status() : Status(refused(event.line(), feature));
  }

  Status expect_end() {
    Event document_end;
    if (Status status = next(document_end); !status) return status;
    Event stream_end;
    if (Status status = next(stream_end); !status) return status;
    if (stream_end.type() == YAML_STREAM_END_EVENT) return {};
    return refused(stream_end.line(), "a second document begins; there may be one only");
  }

  Result<YamlNode> read_node(const Event& event, int depth) {
    if (depth > kMostDepth) return refused(event.line(), "nested deeper than 32");
    YamlNode node;
    node.line = event.line();
    switch (event.type()) {
      case YAML_SCALAR_EVENT:
        read_scalar(event.get().data.scalar, node);
        return node;
      case YAML_SEQUENCE_START_EVENT:
        return read_sequence(std::move(node), depth);
      case YAML_MAPPING_START_EVENT:
        return read_mapping(std::move(node), depth);
      default:
        return refused(event.line(), "a value is missing");
    }
  }

  template <typename Scalar>
  static void read_scalar(const Scalar& scalar, YamlNode& node) {
    node.kind = YamlNode::Kind::kScalar;
    node.scalar = text_of(scalar.value, scalar.length);
    node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
  }

  Result<YamlNode> read_sequence(YamlNode node, int depth) {
    node.kind = YamlNode::Kind::kSequence;
    while (true) {
      Event event;
      if (Status status = next(event); !status) return status.error();
      if (event.type() == YAML_SEQUENCE_END_EVENT) return node;
      Result<YamlNode> item = read_node(event, depth + 1);
      if (!item) return item;
      node.items.push_back(*std::move(item));
    }
  }

  Result<YamlNode> read_mapping(YamlNode node, int depth) {
    node.kind = YamlNode::Kind::kMapping;
    std::set<std::string> keys;
    while (true) {
      Event key;
      if (Status status = next(key); !status) return status.error();
      if (key.type() == YAML_MAPPING_END_EVENT) return node;
      Result<YamlNode::Entry> entry = read_entry(key, depth);
      if (!entry) return entry.error();
      if (!keys.insert(entry->key).second) {
        return refused(entry->line, "key '" + printable(entry->key, 200) + "' is given twice");
      }
      node.entries.push_back(*std::move(entry));
    }
  }

  Result<YamlNode::Entry> read_entry(const Event& key, int depth) {
    if (key.type() != YAML_SCALAR_EVENT) return refused(key.line(), "a key must be plain text");
    const auto& scalar = key.get().data.scalar;
    YamlNode::Entry entry;
    entry.key = text_of(scalar.value, scalar.length);
    entry.line = key.line();
    Event event;
    if (Status status = next(event); !status) return status.error();
    Result<YamlNode> value = read_node(event, depth + 1);
    if (!value) return value.error();
    entry.value = *std::move(value);
    return entry;
  }

  std::string_view text_;
  const std::string& file_;
  yaml_parser_t parser_{};
  bool is_ready_ = false;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(
      entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Result<YamlNode> parse_yaml(std::string_view text, const std::string& file) {
  if (text.size() > kMostBytes) {
    return Error{ErrorCode::kInvalid, file + ":1: larger than 1 MiB", {}};
  }
  return TreeReader(text, file).read();
}

}  // namespace spillway
