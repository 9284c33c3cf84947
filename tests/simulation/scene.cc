// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/scene.h"

#include <algorithm>

namespace spillway::simulation {

std::optional<Fault> Traps::take(FaultKind kind, int cloud) {
  return take_any({kind}, cloud);
}

std::optional<Fault> Traps::take_any(std::initializer_list<FaultKind> kinds, int cloud) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Fault& fault) {
    return fault.cloud == cloud && std::find(kinds.begin(), kinds.end(), fault.kind) != kinds.end();
  });
  if (found == waiting_.end()) return std::nullopt;
  const Fault taken = *found;
  waiting_.erase(found);
  return taken;
}

void Scene::strike(const Fault& fault, const std::string& what) {
  ++struck[static_cast<std::size_t>(fault.kind)];
  last_struck = clock.now();
  history.mix(static_cast<std::uint64_t>(fault.kind));
  if (!history.is_kept()) return;
  const auto& facts = facts_of(fault.kind);
  std::string text = facts.of_cloud ? "cloud" + std::to_string(fault.cloud) + ": " : "";
  text += facts.words;
  if (!what.empty()) text += ": " + what;
  history.note("FAULT", text);
}

bool Scene::was_ledger_out() const {
  constexpr FaultKind kKinds[] = {FaultKind::kCrash,
                                  FaultKind::kCrashBeforeCommit,
                                  FaultKind::kCrashAfterCommit,
                                  FaultKind::kCrashInDispatch,
                                  FaultKind::kDiskFull,
                                  FaultKind::kDiskFails};
  return std::any_of(
      std::begin(kKinds), std::end(kKinds), [this](FaultKind kind) { return has_struck(kind); });
}

void Scene::violate(const std::string& invariant, const std::string& what) {
  if (!violated.empty()) return;
  violated = invariant;
  violation = what;
  history.note("BROKEN", invariant + ": " + what);
}

}  // namespace spillway::simulation
