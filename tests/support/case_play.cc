// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/hostlist.h"
#include "lib/text.h"
#include "tests/support/case_file.h"

namespace spillway {
namespace {

using std::chrono::seconds;

const Verdict* find_verdict(const Plan& plan, std::uint32_t job) {
  const auto found = std::find_if(plan.verdicts.begin(),
                                  plan.verdicts.end(),
                                  [&](const auto& verdict) { return verdict.job == job; });
  return found == plan.verdicts.end() ? nullptr : &*found;
}

using Facts = std::map<std::string, std::string>;

void tell_verdict(const Verdict& verdict, TimePoint began, Facts& facts) {
  facts["standing"] = standing_name(verdict.standing);
  facts["says"] = verdict.sentence;
  facts["rule"] = verdict.rule;
  facts["change"] = verdict.change;
  facts["instead"] = join(verdict.instead, "; ");
  if (verdict.not_before) {
    facts["waits-for"] = format_duration(std::chrono::ceil<seconds>(*verdict.not_before - began));
  }
  if (!verdict.plan) return;
  const auto& plan = *verdict.plan;
  facts["machines"] = std::to_string(plan.machines);
  facts["per-hour"] = format_money(plan.per_hour);
  if (plan.at_most) facts["at-most"] = format_money(*plan.at_most);
  facts["ready-in"] = format_duration(plan.ready_in);
  if (!plan.offer.provider.empty()) facts["offer"] = format_offer_id(plan.offer);
}

// All that can be expected of a job, as it came; what is not there is "nothing".
Facts tell_facts(const Plan& plan, const Books& books, TimePoint began, std::uint32_t job) {
  Facts facts;
  if (const auto* verdict = find_verdict(plan, job)) tell_verdict(*verdict, began, facts);
  const auto permission = books.permissions.find(job);
  if (permission != books.permissions.end()) {
    facts["pool"] = permission->second.pool;
    facts["nodes"] = std::to_string(permission->second.nodes.size());
    facts["on"] = format_hostlist(permission->second.nodes);
    if (permission->second.fabric) facts["fabric"] = format_offer_id(*permission->second.fabric);
  }
  for (const auto* key : kFacts) {
    auto& fact = facts[key];
    if (fact.empty()) fact = "nothing";
  }
  return facts;
}

bool is_sentence(const std::string& key) {
  constexpr std::array<std::string_view, 6> kSentences{
      "says", "rule", "change", "instead", "comment", "offer"};
  return std::find(kSentences.begin(), kSentences.end(), key) != kSentences.end();
}

void compare(const ExpectedJob& expected, const Facts& came, std::vector<std::string>& findings) {
  for (const auto& [key, words] : expected.facts) {
    for (const auto& word : words) {
      const auto& fact = came.at(key);
      if (fact == word || (is_sentence(key) && fact.find(word) != std::string::npos)) continue;
      findings.push_back("job " + std::to_string(expected.job) + ": " + key + ": expected \"" +
                         word + "\", came \"" + fact + "\"");
    }
  }
}

void take_comments(const Plan& plan, SmallWorld& world) {
  for (const auto& [job, comment] : plan.comments)
    world.slurm.jobs.at(job).admin_comment = comment;
}

// Nothing changes while the facts do not.
void compare(std::uint32_t job,
             const Facts& before,
             const Facts& after,
             std::vector<std::string>& findings) {
  for (const auto& [key, fact] : before) {
    if (after.at(key) == fact) continue;
    findings.push_back("job " + std::to_string(job) + ": " + key + " \"" + fact +
                       "\" is a turn later \"" + after.at(key) + "\"");
  }
}

std::map<std::uint32_t, Facts> take_turn(SmallWorld& world, TimePoint began, seconds later) {
  const auto plan = world.turn(later);
  take_comments(plan, world);
  std::map<std::uint32_t, Facts> facts;
  for (const auto& [id, job] : world.slurm.jobs)
    facts[id] = tell_facts(plan, world.books, began, id);
  return facts;
}

}  // namespace

std::vector<std::string> play(Case played) {
  std::vector<std::string> findings;
  auto& world = played.world;
  const auto began = world.now;
  const auto facts = take_turn(world, began, seconds(0));
  const auto later = take_turn(world, began, seconds(1));
  const auto last = world.turn();
  for (const auto& expected : played.expected) {
    auto came = facts.at(expected.job);
    const auto& comment = world.slurm.jobs.at(expected.job).admin_comment;
    came["comment"] = comment.empty() ? "nothing" : comment;
    compare(expected, came, findings);
  }
  for (const auto& [job, fact] : facts)
    compare(job, fact, later.at(job), findings);
  for (const auto& [job, comment] : last.comments)
    findings.push_back("job " + std::to_string(job) + " gets another comment: " + comment);
  return findings;
}

}  // namespace spillway
