// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/events.h"

#include <array>
#include <set>

#include "cli/table.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestText = 2'000;
constexpr std::size_t kAtWidth = 20;
constexpr std::size_t kKindWidth = 10;
constexpr std::size_t kNumberWidth = 6;
constexpr std::size_t kNodesWidth = 16;

// At least as wide as its column; what is wider pushes the rest along.
std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + "  ";
}

std::string number_or_dash(std::int64_t number) {
  return number == 0 ? "-" : std::to_string(number);
}

Tint tint_of(const std::string& kind) {
  static const std::set<std::string> bad = {"alert", "failed", "lost", "orphan", "unhealthy"};
  static const std::set<std::string> good = {"ready", "gone"};
  if (bad.contains(kind)) return Tint::kBad;
  return good.contains(kind) ? Tint::kGood : Tint::kPlain;
}

Json details_json(const std::string& details) {
  if (details.empty()) return Json::null();
  const auto parsed = Json::parse(details, "details");
  return parsed ? *parsed : Json::of(details);
}

}  // namespace

std::string events_title() {
  return padded("AT", kAtWidth) + padded("WHAT", kKindWidth) + padded("JOB", kNumberWidth) +
         padded("LEASE", kNumberWidth) + padded("NODES", kNodesWidth) + "WHY\n";
}

std::string events_screen(const std::vector<Event>& events, bool colours) {
  std::string text;
  for (const auto& event : events) {
    const std::string nodes = event.node.empty() ? "-" : event.node;
    text += padded(format_time(event.at), kAtWidth);
    text += tinted(padded(event.kind, kKindWidth), tint_of(event.kind), colours);
    text += padded(number_or_dash(event.job), kNumberWidth);
    text += padded(number_or_dash(event.lease), kNumberWidth);
    text += padded(nodes, kNodesWidth) + printable(event.text, kLongestText) + "\n";
  }
  return text;
}

std::string events_json_lines(const std::vector<Event>& events) {
  std::string text;
  for (const auto& event : events) {
    Json json = Json::object();
    json.set("id", event.id).set("at", format_time(event.at)).set("kind", event.kind);
    json.set("job", static_cast<std::int64_t>(event.job)).set("lease", event.lease);
    json.set("node", event.node).set("text", event.text);
    json.set("details", details_json(event.details));
    text += json.dump() + "\n";
  }
  return text;
}

}  // namespace spillway
