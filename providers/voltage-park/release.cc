// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/release.h"

#include <optional>
#include <utility>

#include "lib/text.h"
#include "providers/voltage-park/machine_id.h"

namespace spillway {
namespace {

using Ids = std::vector<std::string>;

struct Sorted {
  std::map<std::string, Ids> by_rental;
  std::map<std::string, std::string> vms;  // id at the cloud -> ours
  std::optional<Error> trouble;
};

Sorted sort_ids(const Ids& ids) {
  Sorted sorted;
  for (const auto& id : ids) {
    const auto parsed = parse_voltage_park_id(id);
    if (!parsed) {
      sorted.trouble = Error{ErrorCode::kInvalid, "no machine's id: " + printable(id, 64), {}};
    } else if (parsed->kind == VoltageParkMachineId::Kind::kVm) {
      sorted.vms[parsed->holder] = id;
    } else {
      sorted.by_rental[parsed->holder].push_back(id);
    }
  }
  return sorted;
}

}  // namespace

// The rentals as they are now. From the list, for no source but one says that a single rental can
// be asked for: to take "no such call" for "no such rental" would leave it running.
Result<VoltageParkRelease::Rentals> VoltageParkRelease::read_rentals(
    const std::map<std::string, Ids>& asked) {
  Rentals rentals;
  if (asked.empty()) return rentals;
  auto read = client_.list(kVoltageParkRentals, [&](const Json& row) -> Status {
    const auto id = row.string("id").value_or("");
    if (asked.contains(id)) rentals.emplace(id, read_voltage_park_rental(row));
    return {};
  });
  if (!read) return read.error();
  return rentals;
}

// `ids` are accepted when the request is, or when what it ends is not there.
Status VoltageParkRelease::end(const HttpRequest& request, const Ids& ids, Ids& accepted) {
  const auto body = client_.ask(request, VoltageParkCall::kEnd);
  if (!body && body.error().code != ErrorCode::kNotFound) return body.error();
  accepted.insert(accepted.end(), ids.begin(), ids.end());
  return {};
}

Status VoltageParkRelease::end_nodes(const std::string& rental,
                                     const VoltageParkEnd& plan,
                                     Ids& accepted) {
  accepted.insert(accepted.end(), plan.gone.begin(), plan.gone.end());
  if (!plan.addresses.empty()) {
    Ids ids;
    for (const auto& address : plan.addresses)
      ids.push_back(voltage_park_node(rental, address));
    auto ended = end(client_.requests().remove_nodes(rental, plan.addresses), ids, accepted);
    if (!ended) return ended;
  }
  if (plan.waiting.empty()) return {};
  places_asked_[rental].insert(plan.waiting.begin(), plan.waiting.end());
  return Error{ErrorCode::kTransient,
               "rental " + rental + " cannot be parted before its nodes have addresses",
               std::nullopt};
}

Status VoltageParkRelease::end_rental(const std::string& rental,
                                      const Ids& asked,
                                      const Rentals& rentals,
                                      Ids& accepted) {
  const auto found = rentals.find(rental);
  VoltageParkMachines machines;
  if (found != rentals.end()) {
    if (!found->second) return found->second.error();
    machines = *found->second;
    if (machines.empty()) {
      return Error{
          ErrorCode::kInvalid, "rental " + rental + " bears no mark: left alone", std::nullopt};
    }
  }
  const auto plan = plan_voltage_park_end(machines, asked, places_asked_[rental]);
  if (machines.empty()) places_asked_.erase(rental);
  if (!plan.is_whole) return end_nodes(rental, plan, accepted);
  auto ended = end(client_.requests().end_rental(rental), asked, accepted);
  if (ended) places_asked_.erase(rental);
  return ended;
}

// False when there is no point in asking for more; `trouble` is what to tell in the end.
bool VoltageParkRelease::goes_on(const Status& ended, std::optional<Error>& trouble) const {
  if (ended) return true;
  const auto code = ended.error().code;
  const bool stops = !client_.was_answered() || code == ErrorCode::kUnauthorized ||
                     code == ErrorCode::kRateLimited;
  if (stops || !trouble) trouble = ended.error();
  return !stops;
}

Status VoltageParkRelease::release(const Ids& ids, Ids& accepted) {
  auto [by_rental, vms, trouble] = sort_ids(ids);
  const auto rentals = read_rentals(by_rental);
  if (!rentals) return rentals.error();
  for (const auto& [rental, asked] : by_rental) {
    if (!goes_on(end_rental(rental, asked, *rentals, accepted), trouble)) return *trouble;
  }
  for (const auto& [vm, id] : vms) {
    if (!goes_on(end(client_.requests().end_vm(vm), {id}, accepted), trouble)) return *trouble;
  }
  return trouble ? Status(*trouble) : Status();
}

}  // namespace spillway
