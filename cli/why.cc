// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/why.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/clock.h"
#include "cli/rented_nodes.h"
#include "cli/table.h"
#include "core/pressure.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestLine = 4'000;
constexpr std::size_t kLabelWidth = 11;

struct Line {
  std::string label;
  std::string text;
};

// Everything that is to be said, before it is put on a screen or into JSON.
struct Answer {
  bool is_known = false;
  std::string said;  // the first line, without the job
  std::vector<Line> lines;
  const Verdict* verdict = nullptr;
  std::vector<RentedNodes> rented;
};

const JobNow* job_of(const WhyInput& input) {
  return input.slurm ? &*input.slurm : nullptr;
}

bool is_started(const JobNow* job) {
  return job != nullptr &&
         (job->state == JobState::kRunning || job->state == JobState::kConfiguring);
}

const Verdict* find_verdict_of(const std::vector<Verdict>& verdicts, std::uint32_t job) {
  const auto found = std::find_if(
      verdicts.begin(), verdicts.end(), [&](const Verdict& verdict) { return verdict.job == job; });
  return found == verdicts.end() ? nullptr : &*found;
}

// The job's own, or that of the heterogeneous job or array whose part it is.
const Verdict* find_verdict(const WhyInput& input) {
  if (!input.told) return nullptr;
  const auto* own = find_verdict_of(input.told->verdicts, input.job);
  if (own != nullptr || !input.slurm) return own;
  return find_verdict_of(input.told->verdicts, input.slurm->leader);
}

bool is_old(const WhyInput& input) {
  return input.told && input.now > input.told->written + input.told->valid_for;
}

std::string moment(TimePoint at, TimePoint now) {
  return format_clock(at, now) + ", in " + format_age(now, at);
}

std::string standing_words(const Verdict& verdict, TimePoint now) {
  switch (verdict.standing) {
    case Standing::kLocal:
      return "stays local";
    case Standing::kWaiting:
      if (!verdict.not_before) return "does not burst yet";
      if (*verdict.not_before <= now) return "may burst at any moment";
      return "may burst in " + format_age(now, *verdict.not_before);
    case Standing::kHeldBack:
      return "would burst, and is held back";
    case Standing::kPermitted:
      return "may use rented nodes; Slurm has not started it on them yet";
    case Standing::kBursting:
      return "bursts: its machines are on their way";
  }
  return "";
}

std::string waiting_words(const JobNow& job, TimePoint now) {
  std::string text = "waiting";
  if (job.waits_since && *job.waits_since > now) {
    text += ", not eligible before " + moment(*job.waits_since, now) + ",";
  } else if (job.waits_since) {
    text += " " + format_age(*job.waits_since, now);
  }
  text += " in partition " + join(job.partitions, ",");
  if (!job.reason.empty()) text += " (" + job.reason + ")";
  if (job.expected_start && *job.expected_start > now) {
    text += "; Slurm expects a start at " + moment(*job.expected_start, now);
  }
  return text;
}

std::string plan_words(const WhyInput& input, const Verdict& verdict) {
  const auto& plan = *verdict.plan;
  auto text = counted(plan.nodes, "node") + " of pool " + plan.pool;
  if (plan.tasks > 1) text = "for each of " + std::to_string(plan.tasks) + " tasks " + text;
  if (plan.machines == 0) return text + ", whose machines are rented already";
  if (plan.machines < plan.nodes) {
    text += ", of which " + std::to_string(plan.machines) + (plan.machines == 1 ? " is" : " are") +
            " to be rented";
  }
  const auto from = std::max(input.now, verdict.not_before.value_or(input.now));
  text += " at " + format_offer_id(plan.offer) + ", " + grouped(plan.per_hour) +
          " $/h; ready about " + format_clock(from + plan.ready_in, input.now);
  if (!plan.at_most) return text + "; without a time limit";
  text += "; at most " + grouped(*plan.at_most) + " $";
  const auto* job = job_of(input);
  if (job != nullptr && job->time_limit) {
    text += " for its " + format_duration(*job->time_limit) + " limit";
  }
  return text;
}

void tell_verdict(const WhyInput& input, Answer& answer) {
  const auto& verdict = *answer.verdict;
  answer.is_known = true;
  answer.said = standing_words(verdict, input.now);
  if (const auto* job = job_of(input))
    answer.lines.push_back({"now", waiting_words(*job, input.now)});
  // A sentence that only repeats the rule says nothing new.
  if (verdict.rule.empty() || verdict.sentence.find(verdict.rule) == std::string::npos) {
    answer.lines.push_back({"why", verdict.sentence});
  }
  answer.lines.push_back({"rule", verdict.rule});
  if (verdict.plan) answer.lines.push_back({"plan", plan_words(input, verdict)});
  for (const auto& rented : answer.rented)
    answer.lines.push_back({"rented", rented_words(rented, input.now)});
  for (const auto& each : verdict.instead)
    answer.lines.push_back({"instead", each});
  answer.lines.push_back({"to change", verdict.change});
}

void tell_started(const WhyInput& input, const JobNow& job, Answer& answer) {
  answer.is_known = true;
  const bool runs = job.state == JobState::kRunning;
  const auto since = job.started_at ? " since " + format_age(*job.started_at, input.now) : "";
  if (answer.rented.empty()) {
    answer.said = (runs ? "runs on local nodes" : "starts on local nodes") + since;
  } else {
    answer.said =
        (runs ? "runs on rented nodes" : "is to run on rented nodes that come up") + since;
  }
  for (const auto& rented : answer.rented)
    answer.lines.push_back({"on", rented_words(rented, input.now)});
  if (!answer.rented.empty() && input.books == nullptr) {
    answer.lines.push_back({"cost", "in the ledger, which you may not read: ask the admin"});
  }
}

// It waits, and the broker has said nothing of it.
void tell_unjudged(const WhyInput& input, const JobNow& job, Answer& answer) {
  answer.lines.push_back({"now", waiting_words(job, input.now)});
  Job asked;
  asked.partitions = job.partitions;
  if (find_rule(asked, input.config.policy).policy == nullptr) {
    answer.is_known = true;
    answer.said = "stays local: no job of its partition bursts";
    answer.lines.push_back(
        {"rule", "partition " + join(job.partitions, ",") + " has no policy in spillway.yaml"});
    answer.lines.push_back({"to change", "submit it to a partition that may burst"});
    return;
  }
  answer.said = input.told ? "has not been looked at yet: ask again in a few seconds"
                           : "waits; what the broker thinks of it is not known";
}

// Neither the broker nor Slurm tells of it.
void tell_unknown(const WhyInput& input, Answer& answer) {
  if (!answer.rented.empty()) {
    answer.is_known = true;
    answer.said = "has rented nodes";
    for (const auto& rented : answer.rented)
      answer.lines.push_back({"on", rented_words(rented, input.now)});
    return;
  }
  if (!input.slurm && input.slurm.error().code == ErrorCode::kNotFound) {
    answer.said = "is not known to Slurm: it ended a while ago, is not yours to see, or never was";
  } else if (input.told) {
    answer.said =
        "does not wait in a partition that may burst: it runs, has ended, or waits elsewhere";
  } else {
    answer.said = "is not known here";
  }
}

Answer make_answer(const WhyInput& input) {
  Answer answer;
  const auto* job = job_of(input);
  answer.rented = find_rented_nodes(input.job, job, input.config, input.books, input.now);
  const bool is_gone = !input.slurm && input.slurm.error().code == ErrorCode::kNotFound;
  if (is_started(job)) {
    tell_started(input, *job, answer);
  } else if (job != nullptr && job->state == JobState::kOther) {
    answer.is_known = true;
    answer.said = "neither waits nor runs: it has ended, or is suspended";
  } else if (answer.verdict = is_gone ? nullptr : find_verdict(input); answer.verdict != nullptr) {
    tell_verdict(input, answer);
  } else if (job != nullptr) {
    tell_unjudged(input, *job, answer);
  } else {
    tell_unknown(input, answer);
  }
  return answer;
}

// What stands in the way of a better answer.
std::vector<std::string> troubles(const WhyInput& input) {
  std::vector<std::string> found;
  const bool needs_broker = !is_started(job_of(input));
  if (!input.told && needs_broker) found.push_back(input.told.error().message);
  if (is_old(input) && needs_broker) {
    found.push_back("spillwayd last said so " + format_ago(input.told->written, input.now) +
                    ", and nothing since: is it running, and slurmctld too? `spillway doctor`");
  }
  if (!input.slurm && input.slurm.error().code != ErrorCode::kNotFound) {
    found.push_back("slurmctld adds nothing: " + input.slurm.error().message);
  }
  return found;
}

std::string subject(const WhyInput& input) {
  auto text = "Job " + std::to_string(input.job);
  if (const auto* job = job_of(input)) {
    text += " (" + job->name + ", " + job->user + ", " + job->request + ")";
  }
  return text;
}

}  // namespace

bool has_answer(const WhyInput& input) {
  return make_answer(input).is_known && (is_started(job_of(input)) || !is_old(input));
}

std::string why_screen(const WhyInput& input, bool colours) {
  const auto answer = make_answer(input);
  std::string text = printable(subject(input) + " " + answer.said, kLongestLine) + ".\n";
  std::string last_label;
  for (const auto& [label, words] : answer.lines) {
    if (words.empty()) continue;
    if (last_label.empty()) text += "\n";
    auto begin = label == last_label ? "" : label;
    begin.resize(std::max(kLabelWidth, begin.size()), ' ');
    text += "  " + begin + printable(words, kLongestLine) + "\n";
    last_label = label;
  }
  const auto found = troubles(input);
  if (!found.empty()) text += "\n";
  for (const auto& trouble : found)
    text += tinted(printable(trouble, kLongestLine), Tint::kWarning, colours) + "\n";
  return text;
}

Json why_json(const WhyInput& input) {
  const auto answer = make_answer(input);
  const auto* job = job_of(input);
  Json rented = Json::array();
  for (const auto& each : answer.rented)
    rented.append(rented_json(each));
  Json found = Json::array();
  for (const auto& trouble : troubles(input))
    found.append(Json::of(trouble));
  Json json = Json::object();
  json.set("job", static_cast<std::int64_t>(input.job)).set("at", format_time(input.now));
  json.set("answer", answer.said).set("is_known", answer.is_known);
  json.set("is_current", has_answer(input));
  json.set("written", input.told ? Json::of(format_time(input.told->written)) : Json::null());
  json.set("verdict", answer.verdict != nullptr ? verdict_json(*answer.verdict) : Json::null());
  json.set("slurm", job != nullptr ? job_now_json(*job) : Json::null());
  return json.set("rented", rented).set("troubles", found);
}

Result<std::uint32_t> parse_job_id(std::string_view text) {
  constexpr std::int64_t kHighest = UINT32_MAX;
  const auto end = text.find_first_of("_+");
  const auto id = parse_whole_number(text.substr(0, end), kHighest);
  const bool is_whole = end == std::string_view::npos;
  const bool has_part = is_whole || parse_whole_number(text.substr(end + 1), kHighest);
  if (id && *id > 0 && has_part) return static_cast<std::uint32_t>(*id);
  return Error{ErrorCode::kInvalid,
               "found \"" + printable(text, 80) +
                   "\": a job's number belongs here, as squeue shows it: 1234, 1234_7 or 1234+1",
               {}};
}

}  // namespace spillway
