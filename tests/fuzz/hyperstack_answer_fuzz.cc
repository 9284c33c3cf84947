// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever a cloud, or what stands before it, answers: it is read or refused, and what is read is
// as the readers promise.
#include <cstdint>

#include "core/mark.h"
#include "lib/text.h"
#include "providers/hyperstack/answer.h"
#include "providers/hyperstack/choice.h"
#include "providers/hyperstack/offers.h"
#include "providers/hyperstack/paging.h"
#include "providers/hyperstack/refusal.h"
#include "providers/hyperstack/story.h"
#include "tests/fuzz/cloud_answer.h"

using namespace spillway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void read_lists(const Json& body) {
  for (const auto list : {HyperstackList::kMachines,
                          HyperstackList::kEnvironments,
                          HyperstackList::kKeypairs,
                          HyperstackList::kImages}) {
    const auto page = read_hyperstack_page(body, list);
    if (!page) continue;
    HyperstackListing listing;
    listing.add(*page);
    demand(!listing.add(*page));  // nothing new
    demand(listing.take_rows().size() <= page->rows.size());
    demand(listing.take_rows().empty());
    if (const auto machines = read_hyperstack_machines(page->rows, "hpc1")) {
      for (const auto& machine : *machines)
        demand(machine.mark.cluster == "hpc1" && parse_whole_number(machine.id) > 0);
    }
    if (const auto images = read_hyperstack_images(page->rows)) {
      const auto image = choose_hyperstack_image("*u*", *images);
      demand(!image || matches_pattern(to_lower(*image), "*u*"));
    }
    (void)read_hyperstack_environments(page->rows);
    (void)read_hyperstack_keypairs(page->rows);
  }
}

void read_catalogue(const Json& body) {
  const auto flavors = read_hyperstack_flavors(body);
  const auto stock = read_hyperstack_stock(body);
  const auto prices = read_hyperstack_prices(body);
  HyperstackCatalogue catalogue;
  if (flavors) catalogue.flavors = *flavors;
  if (stock) catalogue.stock = *stock;
  if (prices) catalogue.prices = *prices;
  const HyperstackFlavor whole{"n3-H100x8", "CANADA-1", "H100-80G-PCIe", 8, 252, 1 << 20, true};
  catalogue.flavors.push_back(whole);
  catalogue.prices.emplace("H100-80G-PCIe", Money::from_cents(250));
  const auto capabilities = hyperstack_capabilities({});
  for (const auto& offer :
       make_hyperstack_offers(catalogue, "CANADA-1", capabilities, TimePoint{})) {
    demand(!offer.price_per_hour || offer.price_per_hour->micros() > 0);
    demand(offer.gpus >= 0 && offer.cpus >= 0 && offer.memory_mib >= 0);
    demand(!offer.stock || *offer.stock >= 0);
  }
}

void read_the_rest(const Json& body) {
  if (const auto ids = read_hyperstack_created(body, 2)) {
    demand(!ids->empty() && ids->size() <= 2);
  }
  if (const auto events = read_hyperstack_events(body)) {
    const auto creation = find_creation(*events, from_unix_seconds(1'795'520'000));
    demand(!creation || *creation < from_unix_seconds(1'795'521'000));
    demand(find_failure(*events).find('\n') == std::string::npos);
  }
  if (const auto quota = read_hyperstack_quota(body)) {
    demand(quota->network.empty() || quota->network.find('/') != std::string::npos);
  }
  (void)read_hyperstack_credit(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = read_cloud_answer(data, size);
  for (const auto call : {HyperstackCall::kList,
                          HyperstackCall::kNextPage,
                          HyperstackCall::kCreate,
                          HyperstackCall::kDelete}) {
    const auto body = read_hyperstack_body(answer, call, {});
    if (body) {
      demand(answer.status >= 200 && answer.status < 300);
      read_lists(*body);
      read_catalogue(*body);
      read_the_rest(*body);
      continue;
    }
    demand_short_line(body.error());
    const bool may_be_gone = call == HyperstackCall::kDelete || call == HyperstackCall::kNextPage;
    demand(may_be_gone || body.error().code != ErrorCode::kNotFound);
  }
  return 0;
}
