// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/scene.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include "lib/json.h"
#include "providers/registry.h"

namespace spillway::contract {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{60};
// Long enough for the call to arrive on a loaded machine; the cloud never answers it.
constexpr milliseconds kShortTimeout{4000};

ContractRow& current_row() {
  static ContractRow contract;
  return contract;
}

std::size_t count_running(const Machines& machines) {
  const auto count =
      std::count_if(machines.begin(), machines.end(), [](const CloudMachine& machine) {
        return machine.state == CloudState::kRunning;
      });
  return static_cast<std::size_t>(count);
}

}  // namespace

const ContractRow& row() {
  return current_row();
}

void set_row(ContractRow contract) {
  current_row() = std::move(contract);
}

Result<HttpAnswer> ImpatientTransport::send(const HttpRequest& request) {
  auto hurried = request;
  if (is_impatient) hurried.timeout = kShortTimeout;
  return inner_.send(hurried);
}

Scene::Scene(const std::string& key, const std::string& scenario)
    : cloud(scenario), provider(connect(key, transport, clock, jump())) {}

std::unique_ptr<Provider> Scene::connect(const std::string& key,
                                         Transport& wire,
                                         const Clock& time,
                                         const Wait& wait) const {
  auto config = row().config;
  config.base_url = base_url();
  return value_of(make_provider({config, Secret(key), wire, time, wait}));
}

Scene::Wait Scene::jump() {
  return [this](milliseconds duration) {
    clock.advance(duration);
    return true;
  };
}

OrderSpec make_spec(std::int64_t call, const OfferId& offer) {
  OrderSpec spec;
  spec.offer = offer;
  spec.mark = {kCluster, "0a1b2c", 1, call};
  spec.user_data = "#!/bin/sh\ntrue\n";
  return spec;
}

std::string order_one(Scene& scene, std::int64_t call) {
  const auto ordered = value_of(scene.provider->order(make_spec(call)));
  assert_int_equal(ordered.ids.size(), 1);
  return ordered.ids.front();
}

void order_by_hand(Scene& scene, const HandOrder& order) {
  const bool is_taken = row().order_by_hand(*scene.network, scene.base_url(), order);
  if (!is_taken) fail_msg("no %s", order.name.c_str());
}

void order_for_others(Scene& scene) {
  for (const char* name : kForeignNames)
    order_by_hand(scene, {name});
}

Machines list(Scene& scene) {
  return value_of(scene.provider->machines(kCluster));
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

void await(const char* what, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) fail_msg("in vain: %s", what);
    std::this_thread::sleep_for(milliseconds{50});
  }
}

Released end_machines_of(Scene& scene, const std::vector<std::int64_t>& calls, const Ids& others) {
  Released last;
  await("a release that is accepted", [&] {
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

void set_fault(Scene& scene, const std::string& call, const char* what, const char* rest) {
  const auto blank = call.find(' ');
  scene.cloud.set_faults(R"([{"match":{"method":")" + call.substr(0, blank) + R"(","path":")" +
                         call.substr(blank + 1) + R"("},"do":")" + what + R"(","times":1)" + rest +
                         "}]");
}

std::size_t count_ever_made(Scene& scene) {
  return scene.cloud.get("/sim/invoice").get("lines").size();
}

std::vector<Json> look_into_cloud(Scene& scene, const std::string& name) {
  const auto all = scene.cloud.get("/sim/machines").get("machines");
  std::vector<Json> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all.at(i).string("name").value_or("").starts_with(name)) found.push_back(all.at(i));
  }
  return found;
}

}  // namespace spillway::contract
