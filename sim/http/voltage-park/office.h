// SPDX-License-Identifier: GPL-2.0-or-later
//
// What rentals and virtual machines have in common: the account's SSH keys, its money, and how
// orders are refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/http/voltage-park/account.h"
#include "sim/http/voltage-park/fields.h"

namespace spillway::voltage_park_api {

// "1.99": dollars with at least `decimals` places, and no more than are needed beyond.
[[nodiscard]] std::string dollars(Money money, int decimals = 2);

class Office {
 public:
  // `cloud` must outlive it.
  Office(const CloudScenario& account, VoltageParkOptions options, SimCloud& cloud);

  [[nodiscard]] SimCloud& cloud() { return cloud_; }
  [[nodiscard]] const VoltageParkOptions& options() const { return options_; }

  [[nodiscard]] ApiAnswer list_keys(const ApiRequest& request) const;
  [[nodiscard]] ApiAnswer add_key(const ApiRequest& request);
  [[nodiscard]] ApiAnswer delete_key(const std::string& id);

  // The part of an order that says who may log in; gives the ids of the keys it names.
  [[nodiscard]] static std::vector<std::string> read_access(Fields& fields);
  // Nothing when all of the ids are known.
  [[nodiscard]] std::optional<ApiAnswer> refuse_keys(const std::vector<std::string>& ids) const;

  // Orders machines, or tells why not: money first, then as the model says.
  [[nodiscard]] std::optional<ApiAnswer> order(const SimOrder& order,
                                               int machines,
                                               std::vector<std::string>& ids);
  [[nodiscard]] ApiAnswer capacity_refusal() const;

  [[nodiscard]] ApiAnswer show_hourly_rate();

  // How much of a virtual machine's price is for its storage.
  [[nodiscard]] Money storage_share(Money price) const;
  // What `machines` have cost until now, as a transaction of `type` that is linked to `id`. Only
  // the names of the parts are known. Source: providers/voltage-park.md 2.8.
  [[nodiscard]] Json charge(const char* type,
                            const char* link,
                            const std::string& id,
                            const std::vector<std::string>& machines);

 private:
  struct Key {
    std::string id;
    std::string name;
    std::string content;
  };

  const Key& keep_key(const std::string& name, const std::string& content);
  // What all that runs costs an hour.
  [[nodiscard]] Money running_per_hour();
  [[nodiscard]] bool can_pay(Money more_per_hour);

  VoltageParkOptions options_;
  SimCloud& cloud_;
  std::vector<Key> keys_;
  int keys_made_ = 0;
};

// True for a machine on its way out.
[[nodiscard]] bool is_ending(const SimMachine& machine);

}  // namespace spillway::voltage_park_api
