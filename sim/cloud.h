// SPDX-License-Identifier: GPL-2.0-or-later
//
// A cloud made of arithmetic: types, prices, capacity, machines and what they cost, on a clock
// that is handed in. It knows no cloud's API; those are under sim/http/, one folder a cloud. No
// socket, no thread, no file: whoever runs machines for it (sim/http/) asks for changes.
//
//   booting -> active -> terminating -> gone
//      |         | `-> preempted -------^
//      |         `--- stopped and started again
//      `-> unhealthy
//
// Whatever is not on its way out may be terminated.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/json.h"
#include "lib/money.h"
#include "lib/result.h"
#include "lib/time.h"
#include "sim/faults.h"
#include "sim/invoice.h"
#include "sim/random.h"

namespace spillway {

struct SimRegion {
  std::string name;         // "us-east-1"
  std::string description;  // "Virginia, USA"
};

struct SimType {
  std::string name;             // "gpu_8x_h100_sxm5"
  std::string description;      // "8x H100 (80 GB SXM5)"
  std::string gpu_description;  // "H100 (80 GB SXM5)"
  Money price_per_hour;         // of one machine
  int vcpus = 0;
  int memory_gib = 0;
  int storage_gib = 0;
  int gpus = 0;
  int infiniband_ports = 0;
  std::map<std::string, int> capacity;  // region -> machines that may exist there at once
};

// What the cloud names its machines by.
enum class SimIds { kHex, kUuid, kNumber };

struct SimCloudSettings {
  std::string provider;  // "lambda"
  SimIds ids = SimIds::kHex;
  std::vector<SimRegion> regions;
  std::vector<SimType> types;
  SimRange boot{std::chrono::seconds(120), std::chrono::seconds(180)};  // order to up
  SimRange terminate{std::chrono::seconds(20), std::chrono::seconds(60)};
  std::chrono::milliseconds list_delay{0};  // order to shown in the list
  std::optional<int> quota;                 // machines the account may have at once
  bool shares_gpus = false;  // types of one GPU are cut from the same GPUs, at one price per GPU
  bool overbooks = false;    // takes orders that it has no room for; they fail in booting
  SimBilling billing;
  std::uint64_t seed = 1;
  int network = 77;                 // addresses are in 127.<network>.0.0/16
  std::uint32_t first_address = 0;  // where in it they begin
  // "10.0.2": machines have private addresses in 10.0.2.0/24, and public ones in
  // 100.<network>.0.0/24 that end in the same number. Empty: a machine has one address, which is
  // both.
  std::string private_network;
};

enum class SimStatus { kBooting, kActive, kStopped, kUnhealthy, kPreempted, kTerminating, kGone };

[[nodiscard]] const char* sim_status_name(SimStatus status);

struct SimOrder {
  std::string type;
  std::string region;
  std::string name;
  std::string user_data;
  Json details;  // what the cloud's API keeps with a machine and shows again; not looked into
  Money surcharge = {};  // an hour, beside the type's price
};

struct SimMachine {
  std::string id;
  SimOrder order;
  int gpus = 0;
  std::string gpu_description;
  int infiniband_ports = 0;
  int storage_gib = 0;
  SimHardwareFault hardware;    // what is wrong with it, once it has booted
  Money price_per_hour;         // as it was when ordered
  std::string address;          // its own from the start; shown from `address_from`
  std::string private_address;  // likewise
  SimStatus status = SimStatus::kBooting;
  TimePoint ordered_at;
  TimePoint listed_from;
  TimePoint address_from;
  TimePoint up_at;                   // when booting ends
  std::optional<TimePoint> gone_at;  // of a terminating or preempted one
  std::optional<TimePoint> billed_from;
  std::optional<TimePoint> billed_to;
  std::vector<SimPause> pauses;          // not billed
  bool on_shelf = false;                 // holds no place in the region
  std::optional<SimMachineFault> fault;  // not yet come true
  std::optional<TimePoint> fault_at;     // of one that is up
};

enum class SimChangeKind {
  kBooted,   // its user-data runs from now on
  kStopped,  // whatever ran on it has ended
};

struct SimChange {
  SimChangeKind kind = SimChangeKind::kBooted;
  SimMachine machine;
};

class SimCloud {
 public:
  // `clock` and `faults` must outlive the cloud; the clock must not go back.
  SimCloud(SimCloudSettings settings, const Clock& clock, SimFaults& faults);

  [[nodiscard]] const SimCloudSettings& settings() const { return settings_; }
  [[nodiscard]] const SimRegion* find_region(const std::string& name) const;
  [[nodiscard]] const SimType* find_type(const std::string& name) const;
  // Machines of `type` that could still be ordered in `region`.
  [[nodiscard]] int free_capacity(const SimType& type, const std::string& region) const;
  // GPUs that `region` has left of those of which a type says `gpu_description`. There are as many
  // as the type that may use most of them needs; a type's own capacity may reach less far, as when
  // no whole host is free.
  [[nodiscard]] int free_gpus(const std::string& gpu_description, const std::string& region) const;

  // The price of a machine. Errors: kNotFound for an unknown type or region.
  [[nodiscard]] Status set_price(const std::string& type, Money per_hour);
  [[nodiscard]] Status set_capacity(const std::string& type,
                                    const std::string& region,
                                    int machines);

  // Brings every machine to the clock's now. The verbs below do it by themselves.
  void advance();

  // Takes an order; gives the machine's id. Errors: kNotFound, kQuota, kNoCapacity.
  [[nodiscard]] Result<std::string> order(const SimOrder& order);
  // The same for several machines, all or none. REQUIRES: machines > 0.
  [[nodiscard]] Result<std::vector<std::string>> order(const SimOrder& order, int machines);
  // The machines that the cloud's list shows now, in the order of their making.
  [[nodiscard]] std::vector<const SimMachine*> listed();
  // A machine that is not gone, whether the list shows it yet or not.
  [[nodiscard]] const SimMachine* find(const std::string& id);
  // Ends a machine; one that is on its way out already is left alone. Errors: kNotFound.
  [[nodiscard]] Status terminate(const std::string& id);
  // Ends what runs on a machine; user-data is run at the first boot only, as by cloud-init.
  // Errors: kNotFound; kInvalid when it is not up.
  [[nodiscard]] Status restart(const std::string& id);
  // Switches a machine off, or on again; it is billed all the while. Errors: kNotFound; kInvalid
  // when it is not up, or not off.
  [[nodiscard]] Status stop(const std::string& id);
  [[nodiscard]] Status start(const std::string& id);
  // Gives the place of a machine that is off to others, or takes one again. Errors: kNotFound;
  // kInvalid when it is not off, or not on the shelf; kNoCapacity.
  [[nodiscard]] Status shelve(const std::string& id);
  [[nodiscard]] Status unshelve(const std::string& id);
  // Bills nothing from now until `until`; a pause that is running ends then instead.
  // Errors: kNotFound.
  [[nodiscard]] Status pause_billing(const std::string& id, TimePoint until);
  [[nodiscard]] Status rename(const std::string& id, std::string name);

  [[nodiscard]] std::vector<SimChange> take_changes();

  // Every machine ever made, gone ones too.
  [[nodiscard]] const std::vector<SimMachine>& all() const { return machines_; }
  [[nodiscard]] std::vector<SimInvoiceLine> invoice();

 private:
  [[nodiscard]] SimMachine* find_live(const std::string& id);
  [[nodiscard]] int live_machines() const;
  [[nodiscard]] std::string next_id();
  [[nodiscard]] std::string make_machine(const SimType& type, const SimOrder& order, bool has_room);
  [[nodiscard]] bool is_taken(const std::string& address) const;
  void give_addresses(SimMachine& machine);
  bool step(SimMachine& machine, TimePoint now);
  static void arm_fault(SimMachine& machine, const SimMachineFault& fault, TimePoint now);
  void come_up(SimMachine& machine);
  void apply_fault(SimMachine& machine);
  static void pause(SimMachine& machine, TimePoint from, TimePoint until);
  void begin_end(SimMachine& machine, SimStatus status, TimePoint at);
  void note(SimChangeKind kind, const SimMachine& machine) { changes_.push_back({kind, machine}); }

  SimCloudSettings settings_;
  const Clock& clock_;
  SimFaults& faults_;
  SimRandom random_;
  std::uint32_t addresses_given_ = 0;
  // With these rules no machine has anything left to do at that time: one request may ask for each
  // of very many machines.
  std::optional<TimePoint> settled_at_;
  int settled_rules_ = 0;
  std::vector<SimMachine> machines_;
  std::map<std::string, std::size_t> index_;  // id -> place in machines_
  std::vector<SimChange> changes_;
};

}  // namespace spillway
