// SPDX-License-Identifier: GPL-2.0-or-later
//
// Source of the grammar: Slurm's src/common/hostlist.c as of 22.05, narrowed to what node names
// use.
//
//   expression = element *( "," element )
//   element    = *char [ "[" range *( "," range ) "]" *char ]
//   range      = digits [ "-" digits ]
#include "core/hostlist.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace spillway {
namespace {

constexpr std::size_t kMostDigits = 18;  // always fits a std::uint64_t

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What a name may consist of besides brackets and commas: printable ASCII without the blank.
bool is_name_character(char c) {
  return c > ' ' && c < '\x7f';
}

bool is_padded(std::string_view digits) {
  return digits.size() > 1 && digits.front() == '0';
}

std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t value = 0;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, value);
  if (status != std::errc() || stop != end) return std::nullopt;
  return value;
}

struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::size_t width = 0;  // numbers are filled up with zeros to it
};

// Eats an expression from the left; the first thing it does not know ends it.
class Parser {
 public:
  Parser(std::string_view expression, std::size_t limit) : text_(expression), limit_(limit) {}

  Result<std::vector<std::string>> parse() {
    do {
      if (Status element = parse_element(); !element) return element.error();
    } while (eat(','));
    if (!at_end()) return refuse("unexpected '" + std::string(1, text_[at_]) + "'");
    return std::move(names_);
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool sees(char c) const { return !at_end() && text_[at_] == c; }

  bool eat(char c) {
    if (!sees(c)) return false;
    ++at_;
    return true;
  }

  template <typename Belongs>
  std::string_view eat_while(Belongs belongs) {
    const std::size_t start = at_;
    while (!at_end() && belongs(text_[at_]))
      ++at_;
    return text_.substr(start, at_ - start);
  }

  std::string_view eat_literal() {
    return eat_while(
        [](char c) { return is_name_character(c) && c != ',' && c != '[' && c != ']'; });
  }

  [[nodiscard]] Error refuse(const std::string& why) const {
    return Error{
        ErrorCode::kInvalid, "host list: at character " + std::to_string(at_ + 1) + ": " + why, {}};
  }

  Status parse_element() {
    const std::string_view prefix = eat_literal();
    if (!sees('[')) {
      if (prefix.empty()) return refuse("a host name is missing");
      return add_name(std::string(prefix));
    }
    Result<std::vector<Range>> ranges = parse_bracket();
    if (!ranges) return ranges.error();
    const std::string_view suffix = eat_literal();
    if (sees('[')) return refuse("a second bracket in one name");
    for (const Range& range : *ranges) {
      if (Status added = add_range(prefix, range, suffix); !added) return added;
    }
    return {};
  }

  Result<std::vector<Range>> parse_bracket() {
    std::vector<Range> ranges;
    eat('[');
    do {
      Result<Range> range = parse_range();
      if (!range) return range.error();
      ranges.push_back(*range);
    } while (eat(','));
    if (!eat(']')) return refuse("the bracket is not closed");
    return ranges;
  }

  Result<Range> parse_range() {
    const std::string_view start = eat_while(is_digit);
    const std::optional<std::uint64_t> first = parse_digits(start);
    if (!first) return refuse("a number of 1 to 18 digits is missing");
    if (!eat('-')) return Range{*first, *first, start.size()};

    const std::string_view end = eat_while(is_digit);
    const std::optional<std::uint64_t> last = parse_digits(end);
    if (!last) return refuse("the end of the range, 1 to 18 digits, is missing");
    if (*last < *first) return refuse("the range falls");
    const bool either_padded = is_padded(start) || is_padded(end);
    if (either_padded && start.size() != end.size()) {
      return refuse("the ends of a zero-padded range differ in width");
    }
    return Range{*first, *last, start.size()};
  }

  Status add_range(std::string_view prefix, const Range& range, std::string_view suffix) {
    if (range.last - range.first >= limit_ - names_.size()) return too_many();
    for (std::uint64_t number = range.first; number <= range.last; ++number) {
      const std::string digits = std::to_string(number);
      std::string name(prefix);
      if (digits.size() < range.width) name.append(range.width - digits.size(), '0');
      name.append(digits).append(suffix);
      names_.push_back(std::move(name));
    }
    return {};
  }

  Status add_name(std::string name) {
    if (names_.size() == limit_) return too_many();
    names_.push_back(std::move(name));
    return {};
  }

  [[nodiscard]] Error too_many() const {
    return refuse("more than " + std::to_string(limit_) + " names");
  }

  std::string_view text_;
  std::size_t limit_;
  std::size_t at_ = 0;
  std::vector<std::string> names_;
};

// A name taken apart: what stands before its last number, and that number.
struct NumberedName {
  std::string_view prefix;
  std::string_view digits;  // empty for a name that does not end in a number
  std::uint64_t number = 0;
};

NumberedName take_apart(std::string_view name) {
  std::size_t start = name.size();
  while (start > 0 && name.size() - start < kMostDigits && is_digit(name[start - 1]))
    --start;
  const std::string_view digits = name.substr(start);
  return {name.substr(0, start), digits, parse_digits(digits).value_or(0)};
}

// Eats the run of digits at the front of `text`; its leading zeros do not count.
std::string_view eat_number(std::string_view& text) {
  const auto length =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// Eats a number, or else a character, from the front of both.
int compare_and_eat(std::string_view& a, std::string_view& b) {
  if (is_digit(a.front()) && is_digit(b.front())) {
    const std::string_view left = eat_number(a);
    const std::string_view right = eat_number(b);
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
    return left.compare(right);
  }
  const int order = static_cast<unsigned char>(a.front()) - static_cast<unsigned char>(b.front());
  a.remove_prefix(1);
  b.remove_prefix(1);
  return order;
}

// Less than, equal to or greater than 0, as a person would sort: "rack2-" before "rack10-".
int compare_naturally(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (const int order = compare_and_eat(a, b); order != 0) return order;
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

// Names of one prefix come to stand together, whatever else has the same natural rank.
bool comes_before(const NumberedName& a, const NumberedName& b) {
  if (a.prefix != b.prefix) {
    const int order = compare_naturally(a.prefix, b.prefix);
    return order != 0 ? order < 0 : a.prefix < b.prefix;
  }
  if (a.digits.empty() != b.digits.empty()) return a.digits.empty();
  if (a.number != b.number) return a.number < b.number;
  return a.digits.size() < b.digits.size();
}

bool is_same(const NumberedName& a, const NumberedName& b) {
  return a.prefix == b.prefix && a.digits == b.digits;
}

// Whether a range that starts with `first` and has come to `last` can go on with `next`.
bool continues(const NumberedName& first, const NumberedName& last, const NumberedName& next) {
  if (next.number != last.number + 1) return false;
  if (next.digits.size() == last.digits.size()) return true;
  return !is_padded(first.digits) && !is_padded(next.digits);
}

using Names = std::vector<NumberedName>;

// Writes the names from `begin` to `end`, all of one prefix and with numbers, as one element.
void append_element(std::string& out, Names::const_iterator begin, Names::const_iterator end) {
  out.append(begin->prefix);
  const bool bracket = end - begin > 1;
  if (bracket) out.push_back('[');
  for (auto first = begin; first != end;) {
    auto last = first;
    while (last + 1 != end && continues(*first, *last, *(last + 1)))
      ++last;
    if (first != begin) out.push_back(',');
    out.append(first->digits);
    if (last != first) out.append("-").append(last->digits);
    first = last + 1;
  }
  if (bracket) out.push_back(']');
}

}  // namespace

Result<std::vector<std::string>> parse_hostlist(std::string_view expression, std::size_t limit) {
  return Parser(expression, limit).parse();
}

std::string format_hostlist(const std::vector<std::string>& names) {
  Names parts;
  parts.reserve(names.size());
  for (const std::string& name : names)
    parts.push_back(take_apart(name));
  std::sort(parts.begin(), parts.end(), comes_before);
  parts.erase(std::unique(parts.begin(), parts.end(), is_same), parts.end());

  std::string out;
  for (auto first = parts.cbegin(); first != parts.cend();) {
    const auto end = std::find_if(first, parts.cend(), [&](const NumberedName& name) {
      return name.prefix != first->prefix || name.digits.empty() != first->digits.empty();
    });
    if (!out.empty()) out.push_back(',');
    append_element(out, first, end);
    first = end;
  }
  return out;
}

}  // namespace spillway
