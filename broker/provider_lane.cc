// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/provider_lane.h"

#include <algorithm>
#include <utility>

namespace spillway {

using std::chrono::milliseconds;

ProviderLane::ProviderLane(const Config& config, const Clock& wall, const Clock& steady, Post post)
    : config_(config), wall_(wall), steady_(steady), post_(std::move(post)) {}

Result<std::unique_ptr<ProviderLane>> ProviderLane::open(const Config& config,
                                                         const Clock& wall,
                                                         const Clock& steady,
                                                         Post post,
                                                         const MakeProvider& make) {
  std::unique_ptr<ProviderLane> lane(new ProviderLane(config, wall, steady, std::move(post)));
  auto* worker = &lane->worker_;
  auto provider = make([worker](milliseconds duration) { return worker->wait(duration); });
  if (!provider) return provider.error();
  lane->provider_ = *std::move(provider);
  return lane;
}

void ProviderLane::start() {
  worker_.start([this] { return ask_what_is_due(); });
}

void ProviderLane::order(OrderCommand command) {
  worker_.add([this, command = std::move(command)] {
    post_(OrderDone{command.call, provider_->order(command.spec)});
    machines_due_ = steady_.now();
  });
}

void ProviderLane::release(ReleaseCommand command) {
  worker_.add([this, command = std::move(command)] {
    post_(ReleaseDone{command.call, provider_->release(command.call.ids)});
    machines_due_ = steady_.now();
  });
}

// One question a turn, the most overdue first, so that an order never waits for two.
milliseconds ProviderLane::ask_what_is_due() {
  const auto now = steady_.now();
  if (machines_due_ <= now && machines_due_ <= offers_due_) {
    machines_due_ = now + config_.timing.machines_every;
    const auto asked_at = wall_.now();
    post_(MachinesSeen{provider_->name(), asked_at, provider_->machines(config_.cluster)});
    return milliseconds(0);
  }
  if (offers_due_ <= now) {
    offers_due_ = now + config_.timing.offers_every;
    auto offers = provider_->offers();
    post_(OffersSeen{provider_->name(), wall_.now(), std::move(offers)});
    return milliseconds(0);
  }
  return std::min(machines_due_, offers_due_) - now;
}

}  // namespace spillway
