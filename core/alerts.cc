// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/alerts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "core/reconcile.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::minutes;

constexpr minutes kEndsWithin{10};
constexpr int kManyReleases = 3;
constexpr minutes kListsEvery{10};
constexpr minutes kSlurmAnswersWithin{5};
constexpr std::int64_t kPriceMayDiffer = 100;  // by one part in so many: clouds round

constexpr const char* kKeyRefused = "key_refused";
constexpr const char* kWillNotEnd = "will_not_end";
constexpr const char* kAnotherLedger = "another_ledger";
constexpr const char* kPriceDiffers = "price_differs";
constexpr const char* kNotConfigured = "not_configured";
constexpr const char* kProviderSilent = "provider_silent";
constexpr const char* kSlurmSilent = "slurm_silent";
constexpr const char* kNodeUnknown = "node_unknown";
constexpr const char* kStrangeMachine = "strange_machine";
constexpr const char* kVpnDown = "vpn_down";

constexpr std::array kKinds = {kKeyRefused,
                               kWillNotEnd,
                               kAnotherLedger,
                               kPriceDiffers,
                               kNotConfigured,
                               kProviderSilent,
                               kSlurmSilent,
                               kNodeUnknown,
                               kStrangeMachine,
                               kVpnDown};

class Finder {
 public:
  Finder(const Books& books, const Picture& picture, const Sightings& sightings)
      : books_(books), picture_(picture), sightings_(sightings) {}

  std::map<AlertId, Alert> find() {
    for (const auto& [id, machine] : books_.machines) {
      const auto* lease = lease_of(machine);
      if (lease != nullptr && !machine.provider_id.empty())
        lease_by_id_[lease->offer.provider + "/" + machine.provider_id] = lease;
    }
    for (const auto& [offer, cooldown] : books_.cooldowns)
      look_at_account(cooldown);
    for (const auto& [id, machine] : books_.machines)
      look_at_machine(machine);
    for (const auto& [name, view] : picture_.providers)
      look_at_provider(name, view);
    look_at_slurm();
    look_at_vpn();
    return std::move(found_);
  }

 private:
  void add(const char* kind, const std::string& subject, std::string text, std::string cure) {
    const AlertId id{kind, subject};
    const auto open = books_.alerts.find(id);
    const auto since = open == books_.alerts.end() ? picture_.now : open->second.since;
    found_.emplace(id, Alert{kind, subject, since, std::move(text), std::move(cure)});
  }
  // What cannot be seen now stands as it was.
  template <typename Stays>
  void keep(const char* kind, const Stays& stays) {
    for (const auto& [id, alert] : books_.alerts) {
      if (id.first == kind && stays(id.second)) found_.emplace(id, alert);
    }
  }
  [[nodiscard]] const Lease* lease_of(const Machine& machine) const {
    const auto found = books_.leases.find(machine.lease);
    return found == books_.leases.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool bills_at(const std::string& provider) const {
    return std::any_of(books_.machines.begin(), books_.machines.end(), [&](const auto& entry) {
      const auto* lease = lease_of(entry.second);
      return facts_of(entry.second.state).may_bill && lease != nullptr &&
             lease->offer.provider == provider;
    });
  }

  void look_at_account(const Cooldown& cooldown) {
    if (!cooldown.needs_admin) return;
    const auto& name = cooldown.offer.provider;
    const auto* provider = picture_.config.find_provider(name);
    const auto file = provider == nullptr ? std::string("its key file") : provider->key_file;
    add(kKeyRefused,
        name,
        name + " refuses our key, and nothing is ordered there: " + cooldown.reason,
        "put a key that is valid into " + file + " and restart spillwayd; if it was mended at " +
            name + " itself, run spillway retry " + name);
  }

  void look_at_machine(const Machine& machine) {
    const auto* lease = lease_of(machine);
    if (lease == nullptr || !facts_of(machine.state).may_bill) return;
    const auto& provider = lease->offer.provider;
    if (!picture_.providers.contains(provider)) {
      add(kNotConfigured,
          provider,
          "machines at " + provider + " may bill, and spillway.yaml no longer has that provider",
          "put it back until they have ended; with pools that do not name it nothing is ordered "
          "there");
    }
    if (machine.state == MachineState::kReleasing && machine.releases_asked >= kManyReleases &&
        picture_.now >= machine.state_since + kEndsWithin) {
      add(kWillNotEnd,
          provider + "/" + machine.provider_id,
          "machine " + machine.provider_id + " at " + provider + " is asked to end since " +
              format_time(machine.state_since) + ", and is still listed",
          "end it in the provider's console; it is asked to end meanwhile");
    }
    const auto in_service = machine.state == MachineState::kReady ||
                            machine.state == MachineState::kJoined ||
                            machine.state == MachineState::kBooting;
    if (in_service && slurm_side(picture_.slurm, machine.node) == SlurmSide::kNoNode) {
      add(kNodeUnknown,
          machine.node,
          "slurm.conf does not have " + machine.node + ", which has a machine at " + provider,
          "put the node back into slurm.conf and run scontrol reconfigure; else the machine is "
          "given back");
    }
  }

  void look_at_provider(const std::string& name, const ProviderView& view) {
    const auto silent = sightings_.lists_silent_since.find(name);
    if (silent != sightings_.lists_silent_since.end() &&
        picture_.now >= silent->second + kListsEvery && bills_at(name)) {
      add(kProviderSilent,
          name,
          name + " has not told its machines for long, and some may bill there" +
              (view.trouble.empty() ? "" : ": " + view.trouble),
          "run spillway doctor; nothing is concluded of them, and they are not given up");
    }
    if (!view.list) {
      const auto is_its = [&](const std::string& it) { return it.starts_with(name + "/"); };
      keep(kAnotherLedger, is_its);
      keep(kPriceDiffers, is_its);
      return;
    }
    for (const auto& seen : view.list->machines) {
      if (seen.state == CloudState::kEnding || seen.state == CloudState::kGone) continue;
      look_at_mark(name, seen);
      look_at_price(name, seen);
    }
  }

  void look_at_mark(const std::string& provider, const CloudMachine& seen) {
    if (seen.mark.cluster != picture_.config.cluster || seen.mark.ledger == books_.ledger_tag)
      return;
    add(kAnotherLedger,
        provider + "/" + seen.id,
        "machine " + seen.id + " at " + provider + ", " + format_mark(seen.mark) +
            ", bears our cluster's name and was ordered from another ledger: left alone",
        "end it in the provider's console, unless another broker of a cluster named " +
            picture_.config.cluster + " runs: then one of them needs another name");
  }

  void look_at_price(const std::string& provider, const CloudMachine& seen) {
    if (!seen.price_per_hour) return;
    const auto lease = lease_by_id_.find(provider + "/" + seen.id);
    if (lease == lease_by_id_.end()) return;
    const auto counted = lease->second->price_per_hour;
    const auto apart = std::abs(counted.micros() - seen.price_per_hour->micros());
    if (apart * kPriceMayDiffer <= counted.micros()) return;
    add(kPriceDiffers,
        provider + "/" + seen.id,
        "machine " + seen.id + " at " + provider + " costs " + format_money(*seen.price_per_hour) +
            " $/h there, and the ledger counts " + format_money(counted),
        "compare with the provider's invoice; what is counted does not change while it runs");
  }

  void look_at_slurm() {
    if (picture_.slurm == nullptr) {
      const auto any = [](const std::string&) { return true; };
      keep(kNodeUnknown, any);
      keep(kStrangeMachine, any);
      const auto& since = sightings_.slurm_silent_since;
      const bool bills =
          std::any_of(books_.machines.begin(), books_.machines.end(), [](const auto& entry) {
            return facts_of(entry.second.state).may_bill;
          });
      if (since && bills && picture_.now >= *since + kSlurmAnswersWithin) {
        add(kSlurmSilent,
            "slurmctld",
            "slurmctld does not answer, and machines may bill",
            "start it: until then no node is touched, and no machine ends for its node's sake");
      }
      return;
    }
    for (const auto& [name, sighting] : sightings_.nodes) {
      const auto& row = *sighting.row;
      if (row.mend != Mend::kAlert) continue;
      if (picture_.now < sighting.since + grace_time(row.grace, picture_.config.timing)) continue;
      add(kStrangeMachine,
          name,
          name + " " + row.why,
          "see which machine answers as " + name +
              " (scontrol show node) and stop its slurmd; "
              "without a job the node is set down");
    }
  }

  void look_at_vpn() {
    if (picture_.vpn_trouble.empty()) return;
    add(kVpnDown,
        "vpn",
        "the VPN cannot be set up, and nothing is ordered: " + picture_.vpn_trouble,
        "see spillway check; spillwayd needs ip, wg, its UDP port, and CAP_NET_ADMIN "
        "(examples/spillwayd-vpn.conf)");
  }

  const Books& books_;
  const Picture& picture_;
  const Sightings& sightings_;
  std::map<std::string, const Lease*> lease_by_id_;  // by "provider/id" of its machines
  std::map<AlertId, Alert> found_;
};

// Since when nothing is heard.
void note_silence(const Picture& picture, Sightings& sightings) {
  if (picture.slurm != nullptr) {
    sightings.slurm_silent_since.reset();
  } else if (!sightings.slurm_silent_since) {
    sightings.slurm_silent_since = picture.now;
  }
  for (const auto& [name, view] : picture.providers) {
    const auto known = sightings.lists_silent_since.emplace(name, picture.now).first;
    if (view.list) known->second = std::max(known->second, view.list->asked_at);
  }
}

void say(Draft& draft, const char* kind, const std::string& text) {
  Event event;
  event.kind = kind;
  event.text = text;
  draft.say(std::move(event));
}

}  // namespace

std::span<const char* const> alert_kinds() {
  return kKinds;
}

std::map<AlertId, Alert> find_alerts(const Books& books,
                                     const Picture& picture,
                                     const Sightings& sightings) {
  return Finder(books, picture, sightings).find();
}

void tend_alerts(Draft& draft, const Picture& picture, Sightings& sightings) {
  note_silence(picture, sightings);
  const auto due = find_alerts(draft.books(), picture, sightings);
  const auto open = draft.books().alerts;
  for (const auto& [id, alert] : open) {
    if (due.contains(id)) continue;
    draft.drop_alert(id);
    say(draft, "alert-over", alert.text);
  }
  for (const auto& [id, alert] : due) {
    const auto known = open.find(id);
    const bool is_new = known == open.end();
    if (is_new) say(draft, "alert", alert.text + ": " + alert.cure);
    if (is_new || known->second.text != alert.text || known->second.cure != alert.cure)
      draft.put(alert);
  }
}

}  // namespace spillway
