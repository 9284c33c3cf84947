// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/driver.h"

#include <map>
#include <optional>
#include <utility>

#include "lib/log.h"
#include "lib/text.h"
#include "providers/voltage-park/answer.h"
#include "providers/voltage-park/check.h"
#include "providers/voltage-park/client.h"
#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/machines.h"
#include "providers/voltage-park/offers.h"
#include "providers/voltage-park/release.h"
#include "providers/voltage-park/request.h"
#include "providers/voltage-park/shape.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using Ids = std::vector<std::string>;
using Call = VoltageParkCall;

class VoltageParkDriver final : public Provider {
 public:
  explicit VoltageParkDriver(const ProviderParts& parts)
      : config_(parts.config),
        key_(parts.key),
        clock_(parts.clock),
        capabilities_(voltage_park_capabilities(parts.config)),
        client_(parts, capabilities_),
        release_(client_) {}

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }

  [[nodiscard]] Result<std::vector<Offer>> offers() override;
  [[nodiscard]] Result<Ordered> order(const OrderSpec& spec) override;
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string& cluster) override;
  [[nodiscard]] Result<Released> release(const Ids& ids) override;
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override;

 private:
  [[nodiscard]] Error failed(const std::string& what, const Error& error) const;
  [[nodiscard]] Result<VoltageParkMarket> read_market();
  [[nodiscard]] Result<std::vector<VoltageParkSshKey>> read_ssh_keys();
  [[nodiscard]] Status check_spec(const OrderSpec& spec) const;
  [[nodiscard]] Status find_ssh_key();
  [[nodiscard]] Result<std::string> find_preset(const OfferId& offer);
  [[nodiscard]] Result<Ids> order_nodes(const OrderSpec& spec);
  [[nodiscard]] Result<Ids> order_vm(const OrderSpec& spec);
  [[nodiscard]] Error look_again(Error error, const OrderSpec& spec);

  ProviderConfig config_;
  Secret key_;
  const Clock& clock_;
  Capabilities capabilities_;
  VoltageParkClient client_;
  VoltageParkRelease release_;
  // Remembered from earlier answers.
  std::optional<std::string> ssh_key_;  // as orders name it
  std::map<OfferId, std::string> presets_;
};

Error VoltageParkDriver::failed(const std::string& what, const Error& error) const {
  return without_secret(error.within(name() + ": " + what), key_);
}

Result<VoltageParkMarket> VoltageParkDriver::read_market() {
  VoltageParkMarketReader reader(config_, clock_.now());
  auto nodes = client_.list(kVoltageParkLocations,
                            [&](const Json& row) { return reader.add_location(row); });
  if (!nodes) return nodes.error();
  auto vms = client_.list(kVoltageParkVmLocations,
                          [&](const Json& row) { return reader.add_vm_location(row); });
  if (!vms) return vms.error();
  auto market = reader.take();
  presets_ = market.presets;
  return market;
}

Result<std::vector<Offer>> VoltageParkDriver::offers() {
  auto market = read_market();
  if (!market) return failed("list offers", market.error());
  return std::move(market->offers);
}

Status VoltageParkDriver::check_spec(const OrderSpec& spec) const {
  const bool is_node = voltage_park_gpus_of_nodes(spec.offer.type) > 0;
  const auto& fabric = spec.offer.fabric;
  std::string wrong;
  if (spec.machines < 1 || spec.machines > capabilities_.machines_per_order) {
    wrong = "1 to " + std::to_string(capabilities_.machines_per_order) + " machines an order";
  }
  if (!is_node && !is_voltage_park_vm(spec.offer.type)) {
    wrong = "no such type: " + printable(spec.offer.type, 64);
  }
  if (is_node && fabric != "ethernet" && fabric != "infiniband") wrong = "no such network";
  if (spec.offer.region.empty()) wrong = "the offer names no location";
  if (spec.user_data.size() > capabilities_.user_data_limit) wrong = "the user-data is too large";
  if (wrong.empty()) return {};
  return Error{ErrorCode::kInvalid, wrong, std::nullopt};
}

Result<std::vector<VoltageParkSshKey>> VoltageParkDriver::read_ssh_keys() {
  std::vector<VoltageParkSshKey> keys;
  auto read = client_.list(kVoltageParkSshKeys, [&](const Json& row) -> Status {
    auto key = read_voltage_park_ssh_key(row);
    if (!key) return key.error();
    keys.push_back(*std::move(key));
    return {};
  });
  if (!read) return read.error();
  return keys;
}

Status VoltageParkDriver::find_ssh_key() {
  if (ssh_key_) return {};
  std::vector<VoltageParkSshKey> keys;
  if (!config_.ssh_key.empty() && config_.ssh_key != kVoltageParkAllKeys) {
    auto read = read_ssh_keys();
    if (!read) return read.error();
    keys = *std::move(read);
  }
  auto key = find_voltage_park_ssh_key(config_.ssh_key, keys);
  if (!key) return key.error();
  ssh_key_ = *std::move(key);
  return {};
}

Result<std::string> VoltageParkDriver::find_preset(const OfferId& offer) {
  if (!presets_.contains(offer)) {
    const auto market = read_market();
    if (!market) return market.error();
  }
  const auto preset = presets_.find(offer);
  if (preset != presets_.end()) return preset->second;
  return Error{ErrorCode::kNoCapacity, "the location no longer has such a preset", std::nullopt};
}

Result<Ids> VoltageParkDriver::order_nodes(const OrderSpec& spec) {
  const auto body = client_.ask(client_.requests().order_nodes(spec, *ssh_key_), Call::kOrder);
  if (!body) return look_again(body.error(), spec);
  const auto rental = read_voltage_park_ordered(*body, "rental_id");
  if (!rental) return rental.error();
  const auto warning = read_voltage_park_warning(*body);
  if (!warning.empty()) log_warning(name() + ": rental " + *rental + ": " + warning);
  return voltage_park_places(*rental, spec.machines);
}

Result<Ids> VoltageParkDriver::order_vm(const OrderSpec& spec) {
  const auto preset = find_preset(spec.offer);
  if (!preset) return preset.error();
  const auto body =
      client_.ask(client_.requests().order_vm(spec, *preset, *ssh_key_), Call::kOrder);
  if (!body) return look_again(body.error(), spec);
  const auto vm = read_voltage_park_ordered(*body, "vm_id");
  if (!vm) return vm.error();
  return Ids{voltage_park_vm(*vm)};
}

// After a refusal in words that we do not know. How one for capacity is worded is documented
// nowhere, but the stock is a number: with too little of it, that was the reason. Looked at only
// then: to look before each order would delay them all and promise nothing. And what we remembered
// for the order may have been out of date.
Error VoltageParkDriver::look_again(Error error, const OrderSpec& spec) {
  if (error.code != ErrorCode::kInvalid) return error;
  ssh_key_.reset();
  const auto market = read_market();
  if (!market) return error;
  const int wanted = is_voltage_park_vm(spec.offer.type) ? 1 : spec.machines;
  for (const auto& offer : market->offers) {
    if (offer.id != spec.offer || !offer.stock || *offer.stock >= wanted) continue;
    error.code = ErrorCode::kNoCapacity;
    error.message += "; the stock is " + std::to_string(*offer.stock);
  }
  return error;
}

Result<Ordered> VoltageParkDriver::order(const OrderSpec& spec) {
  const auto what = "order " + format_mark(spec.mark) + " (" + std::to_string(spec.machines) +
                    " x " + format_offer_id(spec.offer) + ")";
  if (const auto fit = check_spec(spec); !fit) return failed(what, fit.error());
  if (const auto key = find_ssh_key(); !key) return failed(what, key.error());
  auto ids = is_voltage_park_vm(spec.offer.type) ? order_vm(spec) : order_nodes(spec);
  if (!ids) return failed(what, ids.error());
  return Ordered{*std::move(ids), clock_.now()};
}

Result<std::vector<CloudMachine>> VoltageParkDriver::machines(const std::string& cluster) {
  std::vector<CloudMachine> machines;
  const auto take = [&](Result<VoltageParkMachines> read) -> Status {
    if (!read) return read.error();
    for (auto& machine : *read) {
      if (machine.mark.cluster == cluster) machines.push_back(std::move(machine));
    }
    return {};
  };
  auto rentals = client_.list(kVoltageParkRentals,
                              [&](const Json& row) { return take(read_voltage_park_rental(row)); });
  if (!rentals) return failed("list machines", rentals.error());
  auto vms = client_.list(kVoltageParkVms,
                          [&](const Json& row) { return take(read_voltage_park_vms(row)); });
  if (!vms) return failed("list machines", vms.error());
  return machines;
}

Result<Released> VoltageParkDriver::release(const Ids& ids) {
  Released released{clock_.now(), {}};
  if (ids.empty()) return released;
  const auto outcome = release_.release(ids, released.accepted);
  // What was accepted before an error is told; the caller asks again for the rest anyway.
  if (!outcome && released.accepted.empty()) {
    return failed("release of " + std::to_string(ids.size()), outcome.error());
  }
  released.at = client_.answered_at();
  return released;
}

Result<std::vector<AccountFinding>> VoltageParkDriver::check() {
  VoltageParkAccount account;
  auto keys = read_ssh_keys();
  if (!keys) return failed("list ssh keys", keys.error());
  account.ssh_keys = *std::move(keys);
  auto market = read_market();
  if (!market) return failed("list offers", market.error());
  account.locations = std::move(market->locations);
  account.systems = std::move(market->systems);
  // For people alone: that it cannot be read is no reason to find the account unusable.
  const auto rate = client_.ask(client_.requests().show(kVoltageParkHourlyRate), Call::kRead);
  if (rate) account.hourly_rate = read_hourly_rate(rate->get("rate_hourly"));
  return check_voltage_park_account(config_, account);
}

}  // namespace

std::unique_ptr<Provider> make_voltage_park_driver(const ProviderParts& parts) {
  return std::make_unique<VoltageParkDriver>(parts);
}

}  // namespace spillway
