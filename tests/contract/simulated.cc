// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/simulated.h"

#include <thread>

#include "tests/contract/driver.h"

namespace spillway::contract {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};

}  // namespace

struct SimulatedStage::Play {
  Play(const Row& row, bool is_limited)
      : powers(row.simulated, is_limited ? with_limits(row) : row.simulated.scenario),
        parts(make_parts(row.simulated, is_limited ? as_documented() : never())) {
    scene.row = &row;
    scene.provider = make_driver(parts);
    scene.connect = [this](const std::string& key) { return make_driver(parts, key); };
    scene.connect_asking = [this] { return make_driver(parts, asking); };
    scene.offer.id = row.simulated.offer;
    scene.offer.price_per_hour = Money::from_cents(row.simulated.price_cents);
    scene.offer.stock = row.simulated.stock;
    scene.sold_out = row.simulated.sold_out;
    scene.most_machines = row.simulated.stock;
    scene.mark = {"hpc1", "0a1b2c", 1, 0};
    scene.clock = &parts.clock;
    scene.pause = [] { std::this_thread::sleep_for(kLookEvery); };
    scene.sim = &powers;
  }

  ProviderParts make_parts(const Simulation& simulation, const Wait& wait) {
    auto config = simulation.config;
    config.base_url = powers.base_url();
    return {config, Secret(simulation.key), powers.wire(), hosts_clock(), wait};
  }

  SimPowers powers;
  AskingWire asking{powers.wire()};
  ProviderParts parts;
  Scene scene;
};

SimulatedStage::SimulatedStage(const Row& row) : row_(row) {}
SimulatedStage::~SimulatedStage() = default;

Opened SimulatedStage::open(const Case& wanted) {
  if (wanted.needs.many_per_order && row_.machines_per_order == 1) {
    return {nullptr, "the cloud gives one machine an order"};
  }
  play_ = std::make_unique<Play>(row_, wanted.needs.documented_rates);
  return {&play_->scene, ""};
}

void SimulatedStage::close(bool) {
  play_.reset();
}

}  // namespace spillway::contract
