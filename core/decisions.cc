// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/decisions.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <unordered_set>

namespace spillway {
namespace {

constexpr std::string_view kFirstLine = "spillway-decisions 1";
constexpr std::int64_t kLatestTime = 253'402'300'799;  // the end of the year 9999
constexpr std::int64_t kLongestValidity = std::int64_t{7} * 86'400;

std::optional<std::int64_t> parse_number(std::string_view digits, std::int64_t limit) {
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, value);
  if (status != std::errc() || stop != end || digits.front() == '-') return std::nullopt;
  if (value > limit) return std::nullopt;
  return value;
}

// Eats the text up to the next blank, and that blank.
std::string_view eat_field(std::string_view& line) {
  const std::size_t blank = line.find(' ');
  const std::string_view field = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return field;
}

bool is_plain(char c) {
  return c >= ' ' && c < '\x7f';
}

// Fields parted by exactly one blank each, of printable ASCII.
bool is_well_formed(std::string_view line) {
  if (line.empty() || line.front() == ' ' || line.back() == ' ') return false;
  if (line.find("  ") != std::string_view::npos) return false;
  return std::all_of(line.begin(), line.end(), is_plain);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Decisions> parse() {
    if (Status head = parse_head(); !head) return head.error();
    while (!ended_) {
      if (Status line = parse_line(); !line) return line.error();
    }
    if (!rest_.empty()) return refuse("something follows the end");
    return std::move(decisions_);
  }

 private:
  [[nodiscard]] Error refuse(const std::string& why) const {
    return Error{ErrorCode::kInvalid, "line " + std::to_string(line_number_) + ": " + why, {}};
  }

  Result<std::string_view> next_line() {
    const std::size_t end = rest_.find('\n');
    ++line_number_;
    if (end == std::string_view::npos) return refuse("torn: a whole line is missing");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (!is_well_formed(line)) return refuse("fields must be printable and parted by one blank");
    return line;
  }

  Status parse_head() {
    Result<std::string_view> first = next_line();
    if (!first) return first.error();
    if (*first != kFirstLine) return refuse("expected '" + std::string(kFirstLine) + "'");
    Result<std::string_view> written = next_line();
    if (!written) return written.error();
    if (Status status = parse_written(*written); !status) return status;
    Result<std::string_view> cloud = next_line();
    if (!cloud) return cloud.error();
    return parse_cloud(*cloud);
  }

  Status parse_written(std::string_view line) {
    if (eat_field(line) != "written") return refuse("expected 'written TIME valid-for SECONDS'");
    const auto written = parse_number(eat_field(line), kLatestTime);
    if (!written) return refuse("the time of writing is no number of seconds");
    if (eat_field(line) != "valid-for") return refuse("expected 'valid-for' after the time");
    const auto valid_for = parse_number(eat_field(line), kLongestValidity);
    if (!valid_for) return refuse("the validity is no number of seconds up to a week");
    if (!line.empty()) return refuse("too many fields");
    decisions_.written = *written;
    decisions_.valid_for = *valid_for;
    return {};
  }

  Status parse_cloud(std::string_view line) {
    if (eat_field(line) != "cloud") return refuse("expected 'cloud HOSTLIST'");
    decisions_.cloud = eat_field(line);
    if (!line.empty()) return refuse("too many fields");
    return {};
  }

  Status parse_line() {
    Result<std::string_view> line = next_line();
    if (!line) return line.error();
    std::string_view rest = *line;
    const std::string_view word = eat_field(rest);
    if (word == "set") return parse_set(rest);
    if (word == "job") return parse_job(rest);
    if (word == "end") return parse_end(rest);
    return refuse("unknown word '" + std::string(word) + "'");
  }

  Status parse_set(std::string_view rest) {
    const std::string_view name = eat_field(rest);
    const std::string_view nodes = eat_field(rest);
    if (name.empty() || nodes.empty()) return refuse("expected 'set NAME HOSTLIST'");
    if (!rest.empty()) return refuse("too many fields");
    if (!sets_.insert(name).second) return refuse("set " + std::string(name) + " is given twice");
    decisions_.sets.push_back({std::string(name), std::string(nodes)});
    return {};
  }

  Status parse_job(std::string_view rest) {
    constexpr std::int64_t kHighestId = std::numeric_limits<std::uint32_t>::max();
    const std::string_view digits = eat_field(rest);
    const auto id = parse_number(digits, kHighestId);
    if (!id || *id == 0) return refuse("'" + std::string(digits) + "' is no job id");
    Decisions::Job job{static_cast<std::uint32_t>(*id), {}};
    if (!jobs_.insert(job.id).second) return refuse("job " + std::to_string(job.id) + " twice");
    while (!rest.empty()) {
      const std::string_view name = eat_field(rest);
      if (!sets_.contains(name)) return refuse("set " + std::string(name) + " is not defined");
      job.sets.emplace_back(name);
    }
    if (job.sets.empty()) return refuse("job " + std::to_string(job.id) + " has no set");
    decisions_.jobs.push_back(std::move(job));
    return {};
  }

  Status parse_end(std::string_view rest) {
    const auto count = parse_number(eat_field(rest), std::numeric_limits<std::int64_t>::max());
    if (!count || !rest.empty()) return refuse("expected 'end COUNT'");
    if (static_cast<std::uint64_t>(*count) != decisions_.jobs.size()) {
      return refuse("torn: " + std::to_string(*count) + " jobs announced, " +
                    std::to_string(decisions_.jobs.size()) + " found");
    }
    ended_ = true;
    return {};
  }

  std::string_view rest_;
  std::size_t line_number_ = 0;
  bool ended_ = false;
  std::unordered_set<std::string_view> sets_;  // views into the text
  std::unordered_set<std::uint32_t> jobs_;
  Decisions decisions_;
};

}  // namespace

std::string format_decisions(const Decisions& decisions) {
  std::string out(kFirstLine);
  out += "\nwritten " + std::to_string(decisions.written);
  out += " valid-for " + std::to_string(decisions.valid_for);
  out += decisions.cloud.empty() ? "\ncloud" : "\ncloud " + decisions.cloud;
  for (const Decisions::Set& set : decisions.sets) {
    out.append("\nset ").append(set.name).append(" ").append(set.nodes);
  }
  for (const Decisions::Job& job : decisions.jobs) {
    out += "\njob " + std::to_string(job.id);
    for (const std::string& set : job.sets)
      out.append(" ").append(set);
  }
  out += "\nend " + std::to_string(decisions.jobs.size()) + "\n";
  return out;
}

Result<Decisions> parse_decisions(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace spillway
