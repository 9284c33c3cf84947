// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/broker.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "cluster/resume_file.h"
#include "core/billing.h"
#include "core/decide.h"
#include "core/hostlist.h"
#include "core/joining.h"
#include "core/outcomes.h"
#include "core/settings.h"
#include "core/vpn.h"
#include "ledger/spent.h"
#include "lib/log.h"
#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kDecisionsValid{120};
constexpr seconds kDecisionsRefresh{30};  // written again by then, changed or not
constexpr seconds kMonthRefresh{60};
constexpr seconds kVpnRefresh{30};
constexpr std::size_t kLongestWords = 300;

template <typename... Visitors>
struct Overload : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overload(Visitors...) -> Overload<Visitors...>;

ParsedRequest parse_request(const Request& request) {
  ParsedRequest parsed;
  auto nodes = parse_hostlist(request.nodes);
  if (!nodes) {
    parsed.problem = "host list: " + nodes.error().message;
    return parsed;
  }
  parsed.nodes = *std::move(nodes);
  auto jobs = parse_resume_file(request.resume_file, parsed.nodes);
  if (!jobs) {
    parsed.problem = "resume file: " + jobs.error().message;
    return parsed;
  }
  for (auto& job : *jobs)
    parsed.jobs.push_back({job.id, std::move(job.nodes), std::move(job.nodes_alloc)});
  return parsed;
}

void log_event(const Event& event) {
  std::string line = "broker: " + event.kind;
  if (event.job != 0) line += " job=" + std::to_string(event.job);
  if (event.lease != 0) line += " lease=" + std::to_string(event.lease);
  if (!event.node.empty()) line += " nodes=" + event.node;
  line += ": " + event.text;
  static const std::set<std::string> errors = {"alert", "orphan", "failed"};
  static const std::set<std::string> warnings = {
      "refused", "unanswered", "unsent", "lost", "unhealthy", "not-made", "forbidden"};
  const auto level = errors.contains(event.kind)     ? LogLevel::kError
                     : warnings.contains(event.kind) ? LogLevel::kWarning
                                                     : LogLevel::kInfo;
  log_line(level, line);
}

// Says a trouble when it begins, changes or ends, not at every question.
void note_trouble(std::string& trouble, const std::string& who, const std::string& now) {
  if (trouble == now) return;
  trouble = now;
  if (now.empty()) {
    log_info("broker: " + who + " answers again");
  } else {
    log_warning("broker: " + who + ": " + printable(now, kLongestWords));
  }
}

Result<OrderAnswer> order_answer(const Result<Ordered>& answer) {
  if (!answer) return answer.error();
  return OrderAnswer{answer->ids};
}

Result<ReleaseAnswer> release_answer(const Result<Released>& answer) {
  if (!answer) return answer.error();
  return ReleaseAnswer{answer->at, answer->accepted};
}

Error no_ledger() {
  return Error{ErrorCode::kTransient, "the ledger cannot be written", {}};
}

// Whenever they were written.
bool same_decisions(const Decisions& a, const Decisions& b) {
  return a.cloud == b.cloud && a.sets == b.sets && a.jobs == b.jobs;
}

}  // namespace

Broker::Broker(Parts parts) : parts_(std::move(parts)), limits_(parts_.config) {
  for (const auto& [name, capabilities] : parts_.capabilities) {
    providers_[name].capabilities = capabilities;
  }
  for (const auto& [name, changed_at] : parts_.keys_changed_at)
    providers_[name].key_changed_at = changed_at;
}

Result<std::unique_ptr<Broker>> Broker::make(Parts parts) {
  std::unique_ptr<Broker> broker(new Broker(std::move(parts)));
  if (auto loaded = broker->reload(); !loaded) return loaded.error();
  return broker;
}

Status Broker::reload() {
  auto books = parts_.ledger.load();
  if (!books) return books.error();
  books_ = *std::move(books);
  parsed_.clear();
  must_reload_ = false;
  std::set<std::string> under_way;
  for (const auto& [name, view] : providers_) {
    if (view.ordering) under_way.insert(name);
  }
  Draft draft(books_, parts_.clock.now());
  note_open_orders(draft, under_way);
  if (commit(draft)) return {};
  return Error{ErrorCode::kIo, "open orders cannot be noted", {}};
}

bool Broker::has_true_books() {
  if (!must_reload_) return true;
  const auto loaded = reload();
  if (!loaded) log_error("broker: ledger: " + loaded.error().message);
  return static_cast<bool>(loaded);
}

void Broker::take(Observation observation) {
  std::visit(Overload{[this](OffersSeen& seen) { take_offers(std::move(seen)); },
                      [this](MachinesSeen& seen) { take_machines(std::move(seen)); },
                      [this](OrderDone& done) { take_order(done); },
                      [this](ReleaseDone& done) { take_release(done); },
                      [this](SlurmSeen& seen) { take_slurm(std::move(seen)); },
                      [this](VpnSeen& seen) { vpn_trouble_ = std::move(seen.trouble); }},
             observation);
}

void Broker::take_offers(OffersSeen seen) {
  auto& view = providers_[seen.provider];
  view.offers_at = seen.at;
  view.key_refused = !seen.offers && seen.offers.error().code == ErrorCode::kUnauthorized;
  if (seen.offers) {
    view.offers = *std::move(seen.offers);
    apply_catalog(view.offers, parts_.catalog);
    note_trouble(view.trouble, seen.provider, "");
  } else {
    note_trouble(view.trouble, seen.provider, seen.offers.error().message);
  }
}

void Broker::take_machines(MachinesSeen seen) {
  auto& view = providers_[seen.provider];
  if (!seen.machines) {
    // Nothing is concluded from a list that failed.
    return note_trouble(view.trouble, seen.provider, seen.machines.error().message);
  }
  view.list = CloudList{seen.asked_at, *std::move(seen.machines)};
  view.list_is_new = true;
}

void Broker::take_order(const OrderDone& done) {
  providers_[done.call.provider].ordering = false;
  if (!has_true_books()) return;  // the cloud's list will tell
  Draft draft(books_, parts_.clock.now());
  note_order(draft, done.call, order_answer(done.answer), parts_.config.timing);
  commit(draft);
}

void Broker::take_release(const ReleaseDone& done) {
  providers_[done.call.provider].releasing = false;
  if (!has_true_books()) return;  // asked again
  Draft draft(books_, parts_.clock.now());
  note_release(draft, done.call, release_answer(done.answer));
  commit(draft);
}

void Broker::take_slurm(SlurmSeen seen) {
  if (!seen.view) {
    slurm_.reset();
    slurm_is_new_ = false;
    return note_trouble(slurm_trouble_, "slurmctld", seen.view.error().message);
  }
  note_trouble(slurm_trouble_, "slurmctld", "");
  slurm_ = *std::move(seen.view);
  slurm_is_new_ = seen.after_batch == last_batch_;
}

void Broker::read_requests() {
  std::int64_t last = 0;
  for (const auto& [id, request] : books_.requests)
    last = std::max(last, id);
  auto requests = parts_.ledger.open_requests(0);
  if (!requests) return log_error("broker: requests: " + requests.error().message);
  for (auto& request : *requests) {
    if (books_.requests.contains(request.id)) continue;
    books_.requests[request.id] = std::move(request);
  }
  for (const auto& [id, request] : books_.requests) {
    if (parsed_.contains(id)) continue;
    parsed_[id] = parse_request(request);
    if (!parsed_[id].problem.empty()) {
      log_error("broker: request " + std::to_string(id) + ": " + parsed_[id].problem);
    }
  }
  std::erase_if(parsed_,
                [this](const auto& entry) { return !books_.requests.contains(entry.first); });
}

void Broker::read_wishes() {
  auto settings = parts_.ledger.settings();
  if (!settings) return log_error("broker: settings: " + settings.error().message);
  auto retries = parts_.ledger.retries();
  if (!retries) return log_error("broker: retries: " + retries.error().message);
  books_.settings = *std::move(settings);
  books_.retries = *std::move(retries);
}

void Broker::sum_month() {
  const auto now = parts_.clock.now();
  if (now < month_summed_at_ + kMonthRefresh) return;
  month_summed_at_ = now;
  auto charges = parts_.ledger.charges(start_of_month(now));
  if (!charges) return log_error("broker: charges: " + charges.error().message);
  spent_this_month_ = spillway::spent_by_ended(*charges, books_, start_of_month(now));
}

bool Broker::commit(Draft& draft) {
  const auto changes = draft.take_changes();
  if (changes.empty()) return true;
  const auto committed = parts_.leadership == nullptr ? parts_.ledger.commit(changes)
                                                      : parts_.leadership->commit(changes);
  if (!committed) {
    log_error("broker: ledger: " + committed.error().message + ": nothing is ordered meanwhile");
    must_reload_ = true;
    return false;
  }
  // What leaves the books is in this sum from then on.
  const bool any_ended =
      std::any_of(changes.machines.begin(), changes.machines.end(), [](const auto& machine) {
        return facts_of(machine.state).is_final;
      });
  if (any_ended) month_summed_at_ = {};
  for (const auto& event : changes.events)
    log_event(event);
  return true;
}

Dispatch Broker::turn() {
  if (!has_true_books()) return {};
  read_requests();
  read_wishes();
  sum_month();
  Draft draft(books_, parts_.clock.now());
  drop_ended_settings(draft);
  answer_retries(draft);
  const Picture picture{limits_.with(books_.settings, draft.now()),
                        draft.now(),
                        slurm_ ? &*slurm_ : nullptr,
                        slurm_is_new_,
                        providers_,
                        parsed_,
                        spent_this_month_,
                        !parts_.config.vpn || vpn_trouble_ == "",
                        vpn_trouble_.value_or("")};
  auto plan = decide(draft, picture, sightings_);
  if (!commit(draft)) return {};
  slurm_is_new_ = false;
  return dispatch(std::move(plan));
}

Dispatch Broker::dispatch(Plan plan) {
  Dispatch dispatch;
  for (const auto& call : plan.orders) {
    providers_[call.provider].ordering = true;
    OrderSpec spec;
    spec.offer = call.offer;
    spec.machines = static_cast<int>(call.machines.size());
    spec.mark = call.mark;
    spec.user_data =
        make_user_data(parts_.config.join.url, parts_.join_pin, parts_.tokens.make(call.lease));
    dispatch.orders.push_back({call, std::move(spec)});
  }
  for (const auto& call : plan.releases) {
    providers_[call.provider].releasing = true;
    dispatch.releases.push_back({call});
  }
  dispatch.slurm = slurm_batch(plan);
  dispatch.decisions = decisions_text(plan);
  dispatch.vpn_peers = vpn_peers();
  // Without Slurm nothing is known of any job: what was told last grows old.
  if (slurm_) dispatch.explanations = explainer_.tell(std::move(plan.verdicts), parts_.clock.now());
  return dispatch;
}

std::optional<SlurmBatch> Broker::slurm_batch(const Plan& plan) {
  if (plan.addresses.empty() && plan.send_backs.empty() && plan.resumes.empty() &&
      plan.keeps.empty() && plan.comments.empty()) {
    return std::nullopt;
  }
  return SlurmBatch{
      ++last_batch_, plan.addresses, plan.send_backs, plan.resumes, plan.keeps, plan.comments};
}

std::optional<std::string> Broker::decisions_text(const Plan& plan) {
  const auto now = parts_.clock.now();
  if (same_decisions(plan.decisions, decisions_) &&
      now < decisions_written_at_ + kDecisionsRefresh) {
    return std::nullopt;
  }
  decisions_ = plan.decisions;
  decisions_.written = to_unix_seconds(now);
  decisions_.valid_for = kDecisionsValid.count();
  decisions_written_at_ = now;
  return format_decisions(decisions_);
}

// When they changed, and now and then: the interface may have been made anew.
std::optional<std::string> Broker::vpn_peers() {
  if (!parts_.config.vpn) return std::nullopt;
  const auto now = parts_.clock.now();
  auto peers = format_wireguard_peers(vpn_members(books_));
  if (vpn_peers_ == peers && now < vpn_told_at_ + kVpnRefresh) return std::nullopt;
  vpn_peers_ = peers;
  vpn_told_at_ = now;
  return peers;
}

Result<std::int64_t> Broker::lease_of(const Secret& token) const {
  const auto number = parts_.tokens.check(token);
  if (!number) return Error{ErrorCode::kUnauthorized, "unknown token", {}};
  const auto lease = books_.leases.find(*number);
  const auto name = "lease " + std::to_string(*number);
  if (lease == books_.leases.end() || !lease->second.outcome.empty()) {
    return Error{ErrorCode::kUnauthorized, name + " has ended", {}};
  }
  TimePoint expires = lease->second.created_at;
  bool has_joined = false;  // then its machine may be waiting for slurmctld, or for its gang
  for (const auto& [id, machine] : books_.machines) {
    if (machine.lease != *number) continue;
    expires = std::max(expires, machine.ordered_at.value_or(expires));
    has_joined = has_joined || machine.state == MachineState::kJoined ||
                 machine.state == MachineState::kReady;
  }
  if (!has_joined && parts_.clock.now() > expires + parts_.config.timing.boot_deadline) {
    return Error{ErrorCode::kUnauthorized, "token of " + name + " has expired", {}};
  }
  return *number;
}

Status Broker::admit(const Secret& token) const {
  const auto lease = lease_of(token);
  return lease ? Status() : Status(lease.error());
}

Status Broker::admit_machine(const Secret& token, const std::string& peer) {
  if (!has_true_books()) return no_ledger();
  const auto lease = lease_of(token);
  if (!lease) return lease.error();
  const Draft draft(books_, parts_.clock.now());
  const auto machine = find_caller(draft, Caller{*lease, peer, {}});
  return machine ? Status() : Status(machine.error());
}

Result<JoinReply> Broker::join(const Secret& token,
                               const std::string& peer,
                               const JoinFacts& facts) {
  if (!has_true_books()) return no_ledger();
  const auto lease = lease_of(token);
  if (!lease) return lease.error();
  Draft draft(books_, parts_.clock.now());
  const Caller caller{*lease, peer, facts.addresses, facts.wireguard_key};
  const auto machine = note_joined(draft, caller, parts_.config.vpn);
  if (!machine) return machine.error();
  if (!commit(draft)) return no_ledger();
  const auto* pool = parts_.config.find_pool_of(machine->node);
  if (pool == nullptr) return Error{ErrorCode::kUnauthorized, "node is in no pool", {}};
  // It joined, and has to be told where slurmctld is.
  if (!slurm_) return Error{ErrorCode::kTransient, "slurmctld does not answer", {}};
  return make_join_reply(parts_.config, *pool, slurm_->controllers, parts_.head, *machine);
}

Result<ReadyReply> Broker::ready(const Secret& token, const std::string& peer) {
  if (!has_true_books()) return no_ledger();
  const auto lease = lease_of(token);
  if (!lease) return lease.error();
  Draft draft(books_, parts_.clock.now());
  const auto noted = note_ready(draft, Caller{*lease, peer, {}}, slurm_ ? &*slurm_ : nullptr);
  // It may be ready and have to wait for its gang.
  if (!commit(draft)) return no_ledger();
  if (!noted) return noted.error();
  const auto* pool = parts_.config.find_pool_of(noted->node);
  if (pool == nullptr) return Error{ErrorCode::kUnauthorized, "node is in no pool", {}};
  return make_ready_reply(books_, *pool, *noted);
}

Status Broker::unhealthy(const Secret& token,
                         const std::string& peer,
                         const std::string& what,
                         const std::string& log) {
  if (!has_true_books()) return no_ledger();
  const auto lease = lease_of(token);
  if (!lease) return lease.error();
  Draft draft(books_, parts_.clock.now());
  auto noted = note_unhealthy(draft, Caller{*lease, peer, {}}, what, parts_.config.timing);
  if (!noted) return noted;
  if (!commit(draft)) return no_ledger();
  for (const auto line : split(log, '\n')) {
    if (!line.empty())
      log_info("broker: machine at " + peer + " says: " + printable(line, kLongestWords));
  }
  return {};
}

void Broker::note_refusal(const std::string& peer, const std::string& why) {
  if (!has_true_books()) return;
  Draft draft(books_, parts_.clock.now());
  Event event;
  event.kind = "join-refused";
  event.text = peer + ": " + printable(why, kLongestWords);
  draft.say(std::move(event));
  commit(draft);
}

}  // namespace spillway
