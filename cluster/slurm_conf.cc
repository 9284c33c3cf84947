// SPDX-License-Identifier: GPL-2.0-or-later
//
// The grammar is that of Slurm's src/common/parse_config.c: a comment begins at a '#' that no
// backslash escapes, quotes or not; then a backslash at the end joins the next line; then the line
// is a row of Key=Value or Key="Value", blanks around '=' allowed.
#include "cluster/slurm_conf.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "core/hostlist.h"
#include "lib/file.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
constexpr std::size_t kMostNames = 65'536;
constexpr int kDeepestInclude = 10;
constexpr int kMostBrackets = 8;

using Values = std::map<std::string, std::string>;
// Gives the text of an included file, and the name to show for it.
struct Included {
  std::string name;
  std::string text;
};
using Include = std::function<Result<Included>(const std::string& name)>;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool is_key_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '.';
}

void strip_comment(std::string& line) {
  bool escaped = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && !escaped) {
      line.resize(i);
      return;
    }
    escaped = line[i] == '\\' && !escaped;
  }
}

// Takes a backslash off the end, if an odd number of them stands there.
bool strip_continuation(std::string& line) {
  const auto last_other = line.find_last_not_of('\\');
  const auto count = last_other == std::string::npos ? line.size() : line.size() - last_other - 1;
  if (count % 2 == 0) return false;
  line.pop_back();
  return true;
}

std::string without_escapes(const std::string& line) {
  std::string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    result += line[i];
  }
  return result;
}

class Reader {
 public:
  explicit Reader(Include include) : include_(std::move(include)) {}

  Status read(std::string_view text, const std::string& file, int depth);
  SlurmConf take() { return std::move(conf_); }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Error invalid(const std::string& what) const {
    return Error{ErrorCode::kInvalid, file_ + ":" + std::to_string(line_number_) + ": " + what, {}};
  }
  Status read_line(const std::string& line, int depth);
  Status read_include(std::string_view name, int depth);
  Result<Pairs> read_pairs(std::string_view line) const;
  Result<std::string> read_value(std::string_view& rest, const std::string& key) const;
  Status add_node_line(const std::string& name, Values values);
  Status add_partition_line(const std::string& name, Values values);
  Status index_node_line(const std::vector<std::string>& names);

  Include include_;
  SlurmConf conf_;
  Values node_defaults_;
  Values partition_defaults_;
  std::string file_;
  int line_number_ = 0;
};

Status Reader::read(std::string_view text, const std::string& file, int depth) {
  file_ = file;
  std::string logical;
  int number = 0;
  int first_number = 0;
  for (const auto physical : split(text, '\n')) {
    ++number;
    if (logical.empty()) first_number = number;
    std::string line(physical);
    while (!line.empty() && line.back() == '\r')
      line.pop_back();
    strip_comment(line);
    const bool continues = strip_continuation(line);
    logical += line;
    if (continues) continue;
    line_number_ = first_number;
    if (const auto done = read_line(without_escapes(logical), depth); !done) return done;
    logical.clear();
  }
  line_number_ = first_number;
  return logical.empty() ? Status() : read_line(without_escapes(logical), depth);
}

Status Reader::read_line(const std::string& line, int depth) {
  const auto trimmed = trim(line);
  if (trimmed.empty()) return {};
  constexpr std::string_view kInclude = "include";
  if (trimmed.size() > kInclude.size() && is_blank(trimmed[kInclude.size()]) &&
      to_lower(trimmed.substr(0, kInclude.size())) == kInclude &&
      trimmed.find('=') == std::string_view::npos) {
    return read_include(trim(trimmed.substr(kInclude.size())), depth);
  }
  const auto pairs = read_pairs(trimmed);
  if (!pairs) return pairs.error();
  const auto& [first_key, first_value] = pairs->front();
  Values values(pairs->begin(), pairs->end());
  if (first_key == "nodename") return add_node_line(first_value, std::move(values));
  if (first_key == "partitionname") return add_partition_line(first_value, std::move(values));
  if (first_key == "nodeset") {
    conf_.node_sets.push_back({file_, line_number_, std::move(values), {first_value}});
    return {};
  }
  for (const auto& [key, value] : *pairs) {
    conf_.values[key] = value;
    conf_.places[key] = file_ + ":" + std::to_string(line_number_);
  }
  return {};
}

Status Reader::read_include(std::string_view name, int depth) {
  if (!include_) return invalid("Include: only a file on disk can include another");
  if (depth >= kDeepestInclude) return invalid("Include: files include each other too deeply");
  std::string wanted(name);
  if (const auto at = wanted.find("%c"); at != std::string::npos) {
    wanted.replace(at, 2, value_of(conf_.values, "clustername"));
  }
  const auto included = include_(wanted);
  if (!included) return included.error().within(invalid("Include").message);
  const auto file = std::exchange(file_, std::string());
  const int line_number = line_number_;
  const auto done = read(included->text, included->name, depth + 1);
  file_ = file;
  line_number_ = line_number;
  return done;
}

Result<Reader::Pairs> Reader::read_pairs(std::string_view line) const {
  Pairs pairs;
  auto rest = trim(line);
  while (!rest.empty()) {
    std::size_t length = 0;
    while (length < rest.size() && is_key_character(rest[length]))
      ++length;
    const auto key = to_lower(rest.substr(0, length));
    rest = trim(rest.substr(length));
    if (!rest.empty() && std::string_view("+-*/").find(rest.front()) != std::string_view::npos) {
      rest.remove_prefix(1);
    }
    if (key.empty() || rest.empty() || rest.front() != '=') {
      return invalid("\"" + printable(line, 80) + "\" is no row of Key=Value");
    }
    rest = trim(rest.substr(1));
    auto value = read_value(rest, key);
    if (!value) return value.error();
    pairs.emplace_back(key, *std::move(value));
  }
  return pairs;
}

Result<std::string> Reader::read_value(std::string_view& rest, const std::string& key) const {
  std::string value;
  if (!rest.empty() && rest.front() == '"') {
    const auto close = rest.find('"', 1);
    if (close == std::string_view::npos) return invalid(key + ": the quote is not closed");
    value = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && !is_blank(rest.front())) return invalid(key + ": text after the quote");
  } else {
    const auto end = std::find_if(rest.begin(), rest.end(), is_blank);
    value.assign(rest.begin(), end);
    rest.remove_prefix(value.size());
    if (value.empty()) return invalid(key + ": the value is missing");
  }
  rest = trim(rest);
  return value;
}

Status Reader::add_node_line(const std::string& name, Values values) {
  if (to_lower(name) == "default") {
    for (auto& [key, value] : values)
      node_defaults_[key] = std::move(value);
    return {};
  }
  auto names = expand_node_names(name);
  if (!names) return invalid("NodeName=" + printable(name, 80) + ": " + names.error().message);
  values.insert(node_defaults_.begin(), node_defaults_.end());
  if (const auto done = index_node_line(*names); !done) return done;
  conf_.nodes.push_back({file_, line_number_, std::move(values), *std::move(names)});
  return {};
}

Status Reader::index_node_line(const std::vector<std::string>& names) {
  if (conf_.node_index.size() + names.size() > kMostNames) return invalid("too many nodes");
  for (const auto& node : names) {
    if (!conf_.node_index.emplace(node, conf_.nodes.size()).second) {
      return invalid("node " + node + " is defined twice");
    }
  }
  return {};
}

Status Reader::add_partition_line(const std::string& name, Values values) {
  if (to_lower(name) == "default") {
    for (auto& [key, value] : values)
      partition_defaults_[key] = std::move(value);
    return {};
  }
  values.insert(partition_defaults_.begin(), partition_defaults_.end());
  conf_.partitions.push_back({file_, line_number_, std::move(values), {name}});
  return {};
}

Status within_most_names(std::size_t names) {
  if (names <= kMostNames) return {};
  return Error{ErrorCode::kInvalid, "more than 65,536 names", {}};
}

// Appends each head with each tail.
Status append_products(const std::vector<std::string>& heads,
                       const std::vector<std::string>& tails,
                       std::vector<std::string>& names) {
  const auto status = within_most_names(names.size() + heads.size() * tails.size());
  if (!status) return status;
  for (const auto& head : heads) {
    for (const auto& tail : tails)
      names.push_back(head + tail);
  }
  return {};
}

// Appends what one element with any number of brackets stands for.
Status expand_element(const std::string& element, std::vector<std::string>& names) {
  const auto close = element.find(']');
  const auto next_open = close == std::string::npos ? close : element.find('[', close);
  if (next_open == std::string::npos) {
    const auto simple = parse_hostlist(element, kMostNames);
    if (!simple) return simple.error();
    names.insert(names.end(), simple->begin(), simple->end());
    return within_most_names(names.size());
  }
  const auto heads = parse_hostlist(element.substr(0, next_open), kMostNames);
  if (!heads) return heads.error();
  std::vector<std::string> tails;
  if (const auto done = expand_element(element.substr(next_open), tails); !done) return done;
  return append_products(*heads, tails, names);
}

// The elements of a list, parted at the commas outside brackets.
std::vector<std::string> split_elements(std::string_view expression) {
  std::vector<std::string> elements(1);
  int depth = 0;
  for (const char c : expression) {
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    if (c == ',' && depth == 0) {
      elements.emplace_back();
    } else {
      elements.back() += c;
    }
  }
  return elements;
}

bool has_feature(const SlurmConf::Line& node, const std::string& feature) {
  for (const auto* key : {"feature", "features"}) {
    const auto features = value_of(node.values, key);
    for (const auto one : split(features, ',')) {
      if (one == feature) return true;
    }
  }
  return false;
}

std::vector<std::string> members_of(const SlurmConf& conf, const SlurmConf::Line& node_set) {
  std::vector<std::string> names;
  if (const auto nodes = value_of(node_set.values, "nodes"); !nodes.empty()) {
    if (auto named = expand_node_names(nodes)) names = *std::move(named);
  }
  if (const auto feature = value_of(node_set.values, "feature"); !feature.empty()) {
    for (const auto& node : conf.nodes) {
      if (has_feature(node, feature)) {
        names.insert(names.end(), node.names.begin(), node.names.end());
      }
    }
  }
  return names;
}

}  // namespace

std::string value_of(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

Result<std::vector<std::string>> expand_node_names(std::string_view expression) {
  std::vector<std::string> names;
  for (const auto& element : split_elements(expression)) {
    if (std::count(element.begin(), element.end(), '[') > kMostBrackets) {
      return Error{ErrorCode::kInvalid, "more than eight brackets in a name", {}};
    }
    if (const auto done = expand_element(element, names); !done) return done.error();
  }
  return names;
}

const SlurmConf::Line* SlurmConf::find_node(const std::string& name) const {
  const auto found = node_index.find(name);
  return found == node_index.end() ? nullptr : &nodes[found->second];
}

const SlurmConf::Line* SlurmConf::find_partition(const std::string& name) const {
  const auto found = std::find_if(partitions.begin(), partitions.end(), [&](const Line& line) {
    return line.names.front() == name;
  });
  return found == partitions.end() ? nullptr : &*found;
}

std::vector<std::string> SlurmConf::nodes_of(const Line& partition) const {
  std::vector<std::string> names;
  const auto expression = value_of(partition.values, "nodes");
  if (expression.empty()) return names;
  for (const auto& element : split_elements(expression)) {
    const auto node_set = std::find_if(node_sets.begin(), node_sets.end(), [&](const Line& line) {
      return line.names.front() == element;
    });
    std::vector<std::string> part;
    if (to_lower(element) == "all") {
      for (const auto& [name, index] : node_index)
        part.push_back(name);
    } else if (node_set != node_sets.end()) {
      part = members_of(*this, *node_set);
    } else if (auto named = expand_node_names(element)) {
      part = *std::move(named);
    }
    names.insert(names.end(), part.begin(), part.end());
  }
  return names;
}

Result<SlurmConf> parse_slurm_conf(std::string_view text, const std::string& file) {
  Reader reader(nullptr);
  if (const auto done = reader.read(text, file, 0); !done) return done.error();
  return reader.take();
}

Result<SlurmConf> read_slurm_conf(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
  std::size_t bytes_left = kMostBytes;
  const auto include = [&](const std::string& name) -> Result<Included> {
    const auto full = name.starts_with('/') ? name : folder + name;
    auto text = read_file(full, bytes_left);
    if (!text) return text.error();
    bytes_left -= text->size();
    return Included{full, *std::move(text)};
  };
  const auto text = read_file(path, bytes_left);
  if (!text) return text.error();
  Reader reader(include);
  if (const auto done = reader.read(*text, path, 0); !done) return done.error();
  return reader.take();
}

}  // namespace spillway
