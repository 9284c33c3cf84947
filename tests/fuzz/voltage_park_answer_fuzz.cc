// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever a cloud, or what stands before it, answers: it is read or refused, and what is read is
// as the readers promise.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "providers/voltage-park/answer.h"
#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/machines.h"
#include "providers/voltage-park/offers.h"
#include "providers/voltage-park/shape.h"
#include "tests/fuzz/cloud_answer.h"

using namespace spillway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Each machine has an id of its own that is read back, and ending them all ends all.
void demand_machines(const Result<VoltageParkMachines>& machines) {
  if (!machines) return demand_short_line(machines.error());
  std::set<std::string> ids;
  for (const auto& machine : *machines) {
    demand(parse_voltage_park_id(machine.id).has_value());
    demand(ids.insert(machine.id).second);
    demand(!machine.price_per_hour || *machine.price_per_hour >= Money{});
  }
  demand(ids.size() <= 10'000);
}

void demand_ends(const VoltageParkMachines& machines) {
  std::vector<std::string> ids;
  for (const auto& machine : machines)
    ids.push_back(machine.id);
  const auto all = plan_voltage_park_end(machines, ids, {});
  demand(ids.empty() || all.is_whole != (all.gone.size() == ids.size()));
  if (ids.size() < 2) return;
  const auto one = plan_voltage_park_end(machines, {ids.front()}, {});
  demand(!one.is_whole && one.addresses.size() + one.gone.size() + one.waiting.size() == 1);
}

void read_row(const Json& row, VoltageParkMarketReader& market) {
  const auto rental = read_voltage_park_rental(row);
  demand_machines(rental);
  if (rental) demand_ends(*rental);
  demand_machines(read_voltage_park_vms(row));
  if (const auto key = read_voltage_park_ssh_key(row)) demand(!key->id.empty());
  (void)market.add_location(row);
  (void)market.add_vm_location(row);
}

void read_body(const Json& body) {
  for (const char* key : {"rental_id", "vm_id"}) {
    if (const auto id = read_voltage_park_ordered(body, key)) demand(is_voltage_park_word(*id));
  }
  demand(read_voltage_park_warning(body).find('\n') == std::string::npos);
  const auto page = read_voltage_park_page(body);
  if (!page) return demand_short_line(page.error());
  const ProviderConfig config;
  VoltageParkMarketReader reader(config, TimePoint{});
  for (const auto& row : page->rows)
    read_row(row, reader);
  const auto market = reader.take();
  for (const auto& offer : market.offers) {
    demand(!offer.price_per_hour || *offer.price_per_hour > Money{});
    demand(offer.gpus > 0 && offer.cpus >= 0 && offer.memory_mib >= 0 && !offer.gpu.empty());
    demand(!offer.stock || *offer.stock >= 0);
    const bool is_vm = is_voltage_park_vm(offer.id.type);
    demand(is_vm == market.presets.contains(offer.id));
    demand(is_vm || voltage_park_gpus_of_nodes(offer.id.type) == offer.gpus);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto answer = read_cloud_answer(data, size);
  answer.headers.emplace_back("location", answer.body);
  for (const auto call : {VoltageParkCall::kRead, VoltageParkCall::kOrder, VoltageParkCall::kEnd}) {
    const auto body = read_voltage_park_body(answer, call, {{"sold"}, {"limit"}, {"top up"}});
    if (body) {
      demand(answer.status >= 200 && answer.status < 300);
      read_body(*body);
    } else {
      demand_short_line(body.error());
      demand(call == VoltageParkCall::kEnd || body.error().code != ErrorCode::kNotFound);
    }
  }
  return 0;
}
