// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/scene.h"

#include <algorithm>
#include <utility>

namespace spillway::contract {
namespace {

std::size_t count_running(const Machines& machines) {
  const auto count =
      std::count_if(machines.begin(), machines.end(), [](const CloudMachine& machine) {
        return machine.state == CloudState::kRunning;
      });
  return static_cast<std::size_t>(count);
}

}  // namespace

void skip_case(const char* why) {
  print_message("[   WHY    ] %s\n", why);
  skip();
}

Offer find_offer(const std::vector<Offer>& offers, const OfferId& id) {
  const auto found =
      std::find_if(offers.begin(), offers.end(), [&](const Offer& o) { return o.id == id; });
  if (found == offers.end()) fail_msg("no offer %s", format_offer_id(id).c_str());
  return *found;
}

OrderSpec make_spec(const Scene& scene, std::int64_t call, const OfferId& offer) {
  OrderSpec spec;
  spec.offer = offer;
  spec.mark = scene.mark;
  spec.mark.call = call;
  spec.user_data = "#!/bin/sh\ntrue\n";
  return spec;
}

OrderSpec make_spec(const Scene& scene, std::int64_t call) {
  return make_spec(scene, call, scene.offer.id);
}

std::string order_one(Scene& scene, std::int64_t call) {
  const auto ordered = value_of(scene.provider->order(make_spec(scene, call)));
  assert_int_equal(ordered.ids.size(), 1);
  return ordered.ids.front();
}

void order_each(Scene& scene, const std::vector<std::int64_t>& calls) {
  for (const auto call : calls)
    order_one(scene, call);
  (void)await_listed(scene, calls.size());
}

Machines list(Scene& scene) {
  auto machines = value_of(scene.provider->machines(scene.mark.cluster));
  for (const auto& machine : machines) {
    if (machine.mark.cluster != scene.mark.cluster) fail_msg("not ours: %s", machine.id.c_str());
  }
  // An account that was given may hold what earlier runs and cases left to be shown as gone.
  std::erase_if(machines, [&](const CloudMachine& machine) {
    return machine.mark.ledger != scene.mark.ledger || machine.mark.lease != scene.mark.lease;
  });
  return machines;
}

Machines list_alive(Scene& scene) {
  auto machines = list(scene);
  std::erase_if(machines, [](const CloudMachine& machine) {
    return machine.state == CloudState::kEnding || machine.state == CloudState::kGone;
  });
  return machines;
}

Machines list_alive(Scene& scene, std::int64_t call) {
  auto machines = list_alive(scene);
  std::erase_if(machines, [&](const CloudMachine& machine) { return machine.mark.call != call; });
  return machines;
}

std::size_t count_running(Scene& scene) {
  return count_running(list(scene));
}

std::size_t count_running(Scene& scene, std::int64_t call) {
  return count_running(list_alive(scene, call));
}

void await(const Scene& scene, const char* what, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + scene.patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) fail_msg("in vain: %s", what);
    scene.pause();
  }
}

Machines await_listed(Scene& scene, std::size_t count) {
  const auto deadline = scene.clock->now() + scene.list_delay;
  auto machines = list(scene);
  while (machines.size() != count && scene.clock->now() < deadline) {
    scene.pause();
    machines = list(scene);
  }
  assert_int_equal(machines.size(), count);
  return machines;
}

std::size_t count_made(Scene& scene) {
  if (scene.sim != nullptr) return scene.sim->count_ever_made();
  const auto deadline = scene.clock->now() + scene.list_delay;
  while (scene.clock->now() < deadline)
    scene.pause();
  return list(scene).size();
}

Released end_machines_of(Scene& scene, const std::vector<std::int64_t>& calls, const Ids& others) {
  Released last;
  await(scene, "a release that is accepted", [&] {
    Ids ids = others;
    for (const auto call : calls) {
      for (const auto& machine : list_alive(scene, call))
        ids.push_back(machine.id);
    }
    auto released = scene.provider->release(ids);
    if (!released) {
      assert_error(released, ErrorCode::kTransient);
      return false;
    }
    last = *std::move(released);
    return last.accepted.size() == ids.size();
  });
  return last;
}

}  // namespace spillway::contract
