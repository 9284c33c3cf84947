// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain/explanations.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMostNodes = 1'000'000;
constexpr TimePoint kEndOfTime = from_unix_seconds(253'000'000'000);  // in the year 9987
constexpr std::size_t kLongestText = 4'000;
constexpr std::int64_t kMostSeconds = std::int64_t{100} * 365 * 24 * 3600;

// Foreign words are among them: one line each, and not without end.
Json text_json(const std::string& text) {
  return Json::of(printable(text, kLongestText));
}

Json plan_json(const VerdictPlan& plan) {
  Json json = Json::object();
  json.set("pool", text_json(plan.pool)).set("tasks", plan.tasks);
  json.set("nodes", plan.nodes).set("machines", plan.machines);
  json.set("provider", text_json(plan.offer.provider));
  json.set("region", text_json(plan.offer.region)).set("type", text_json(plan.offer.type));
  json.set("fabric", text_json(plan.offer.fabric));
  json.set("price_microusd_per_hour", plan.per_hour.micros());
  json.set("at_most_microusd", plan.at_most ? Json::of(plan.at_most->micros()) : Json::null());
  json.set("ready_in_seconds", static_cast<std::int64_t>(plan.ready_in.count()));
  return json;
}

std::optional<Standing> parse_standing(const std::string& name) {
  for (const auto standing : {Standing::kLocal,
                              Standing::kWaiting,
                              Standing::kHeldBack,
                              Standing::kPermitted,
                              Standing::kBursting}) {
    if (name == standing_name(standing)) return standing;
  }
  return std::nullopt;
}

// The members of one object, each of which must be there; what is wrong first is kept.
class Members {
 public:
  explicit Members(Json json) : json_(std::move(json)) {}

  [[nodiscard]] std::string text(const char* key) {
    const auto found = json_.string(key);
    if (!found) wrong(key, "a text belongs here");
    return found.value_or("");
  }
  [[nodiscard]] std::int64_t whole(const char* key, std::int64_t least, std::int64_t most) {
    const auto found = json_.integer(key);
    if (found && *found >= least && *found <= most) return *found;
    wrong(key, "a whole number in its range belongs here");
    return least;
  }
  [[nodiscard]] TimePoint time(const char* key) {
    const auto found = parse_time(text(key));
    const bool is_good = found && *found >= TimePoint() && *found < kEndOfTime;
    if (!is_good) wrong(key, "a time belongs here");
    return is_good ? std::chrono::floor<std::chrono::seconds>(*found) : TimePoint();
  }
  // The member, or nothing when it is null.
  [[nodiscard]] std::optional<Json> nullable(const char* key) {
    auto found = json_.get(key);
    if (found.is_absent()) wrong(key, "is missing");
    if (found.is_absent() || found.is_null()) return std::nullopt;
    return found;
  }
  [[nodiscard]] std::vector<std::string> texts(const char* key) {
    const auto list = json_.get(key);
    if (!list.is_array()) wrong(key, "a list belongs here");
    std::vector<std::string> texts;
    for (std::size_t at = 0; list.is_array() && at < list.size(); ++at) {
      const auto text = list.at(at).as_string();
      if (!text) wrong(key, "a list of texts belongs here");
      texts.push_back(text.value_or(""));
    }
    return texts;
  }

  void wrong(const std::string& key, const std::string& why) {
    if (fault_.empty()) fault_ = key + ": " + why;
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  Json json_;
  std::string fault_;
};

Money read_money(Members& members, const char* key) {
  return Money::from_micros(members.whole(key, 0, std::numeric_limits<std::int64_t>::max()));
}

VerdictPlan read_plan(const Json& json, Members& job) {
  Members members(json);
  VerdictPlan plan;
  plan.pool = members.text("pool");
  plan.tasks = static_cast<int>(members.whole("tasks", 1, kMostNodes));
  plan.nodes = static_cast<int>(members.whole("nodes", 0, kMostNodes));
  plan.machines = static_cast<int>(members.whole("machines", 0, kMostNodes));
  plan.offer.provider = members.text("provider");
  plan.offer.region = members.text("region");
  plan.offer.type = members.text("type");
  plan.offer.fabric = members.text("fabric");
  plan.per_hour = read_money(members, "price_microusd_per_hour");
  if (members.nullable("at_most_microusd")) plan.at_most = read_money(members, "at_most_microusd");
  plan.ready_in = std::chrono::seconds(members.whole("ready_in_seconds", 0, kMostSeconds));
  if (!members.fault().empty()) job.wrong("plan", members.fault());
  return plan;
}

Verdict read_verdict(Members& members) {
  Verdict verdict;
  verdict.job = static_cast<std::uint32_t>(
      members.whole("job", 1, std::numeric_limits<std::uint32_t>::max()));
  const auto standing = parse_standing(members.text("standing"));
  if (!standing) members.wrong("standing", "an unknown word");
  verdict.standing = standing.value_or(Standing::kLocal);
  verdict.sentence = members.text("sentence");
  verdict.partition = members.text("partition");
  verdict.rule = members.text("rule");
  if (members.nullable("not_before")) verdict.not_before = members.time("not_before");
  if (const auto plan = members.nullable("plan")) verdict.plan = read_plan(*plan, members);
  verdict.instead = members.texts("instead");
  verdict.change = members.text("change");
  return verdict;
}

// Takes one line after the other until one is wrong.
class Reader {
 public:
  void take(const Json& row) {
    if (!fault_.empty()) return;
    Members members(row);
    auto verdict = read_verdict(members);
    if (!jobs_.insert(verdict.job).second) members.wrong("job", "is told twice");
    if (!members.fault().empty()) fault_ = "job " + name_of(row) + ": " + members.fault();
    verdicts_.push_back(std::move(verdict));
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] std::vector<Verdict> take_verdicts() { return std::move(verdicts_); }

 private:
  [[nodiscard]] std::string name_of(const Json& row) const {
    const auto job = row.integer("job");
    return job ? std::to_string(*job) : "number " + std::to_string(verdicts_.size() + 1);
  }

  std::vector<Verdict> verdicts_;
  std::set<std::uint32_t> jobs_;
  std::string fault_;
};

Error not_understood(const std::string& why) {
  return Error{ErrorCode::kProtocol, "explanations: " + why, {}};
}

}  // namespace

Json verdict_json(const Verdict& verdict) {
  Json instead = Json::array();
  for (const auto& each : verdict.instead)
    instead.append(text_json(each));
  Json json = Json::object();
  json.set("job", static_cast<std::int64_t>(verdict.job));
  json.set("standing", standing_name(verdict.standing));
  json.set("sentence", text_json(verdict.sentence));
  json.set("partition", text_json(verdict.partition)).set("rule", text_json(verdict.rule));
  json.set("not_before",
           verdict.not_before ? Json::of(format_time(*verdict.not_before)) : Json::null());
  json.set("plan", verdict.plan ? plan_json(*verdict.plan) : Json::null());
  json.set("instead", instead).set("change", text_json(verdict.change));
  return json;
}

std::string explanations_file(const std::string& decisions_file) {
  const auto slash = decisions_file.rfind('/');
  const auto folder = slash == std::string::npos ? "" : decisions_file.substr(0, slash + 1);
  return folder + "explanations.json";
}

std::string format_explanations(const Explanations& explanations) {
  // Line by line: a long queue is never in memory as JSON values.
  std::string text = "{\"spillway_explanations\":" + std::to_string(kVersion) + ",\"written\":\"" +
                     format_time(explanations.written) +
                     "\",\"valid_for_seconds\":" + std::to_string(explanations.valid_for.count()) +
                     ",\"jobs\":[";
  const char* separator = "\n";
  for (const auto& verdict : explanations.verdicts) {
    text += separator + verdict_json(verdict).dump();
    separator = ",\n";
  }
  return text + "\n]}\n";
}

Result<Explanations> parse_explanations(std::string_view text) {
  Reader reader;
  const auto parsed =
      Json::parse_rows(text, "explanations", "jobs", [&](const Json& row) { reader.take(row); });
  if (!parsed) return parsed.error();
  Members head(*parsed);
  if (parsed->integer("spillway_explanations") != kVersion) {
    return not_understood("no file of this program's version: is spillwayd of the same release?");
  }
  Explanations explanations;
  explanations.written = head.time("written");
  explanations.valid_for = std::chrono::seconds(head.whole("valid_for_seconds", 0, kMostSeconds));
  if (!parsed->get("jobs").is_array()) head.wrong("jobs", "a list belongs here");
  if (!head.fault().empty()) return not_understood(head.fault());
  if (!reader.fault().empty()) return not_understood(reader.fault());
  explanations.verdicts = reader.take_verdicts();
  return explanations;
}

}  // namespace spillway
