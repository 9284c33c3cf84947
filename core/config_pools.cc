// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/config_pools.h"

#include <algorithm>

#include "core/config_values.h"
#include "core/hostlist.h"
#include "lib/text.h"

namespace spillway {
namespace {

void read_shape(Section& section, Shape& shape) {
  section.optional("gpu", shape.gpu, read_gpu);
  section.optional("gpus", shape.gpus, read_count);
  section.required("cpus", shape.cpus, read_count);
  section.required("memory", shape.memory_mib, read_memory_mib);
  section.optional("disk", shape.disk_mib, read_memory_mib);
  section.optional("infiniband", shape.infiniband, read_flag);
  section.optional("infiniband_ports", shape.infiniband_ports, read_count);
  section.optional("infiniband_gbps", shape.infiniband_gbps, read_count);
  section.optional("bandwidth_gbps", shape.bandwidth_gbps, read_count);
  for (const auto* key : {"infiniband_ports", "infiniband_gbps"}) {
    if (section.has(key) && !shape.infiniband)
      section.add(key, "found without infiniband: true, which it is about");
  }
  if (section.has("gpu") != section.has("gpus")) {
    section.add("", "gpu and gpus go together: give both, or neither for nodes without GPUs");
  }
}

void check_provider(Section& section, const OfferFilter& filter, const Config& config) {
  if (filter.provider.empty() || config.providers.empty()) return;  // told already
  const ProviderConfig* provider = config.find_provider(filter.provider);
  if (provider == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : config.providers)
      names.push_back(known.name);
    section.add(
        "provider",
        "\"" + filter.provider + "\" is not configured: configured are " + join(names, ", "));
    return;
  }
  const auto& regions = provider->regions;
  const bool is_allowed =
      regions.empty() || std::find(regions.begin(), regions.end(), filter.region) != regions.end();
  if (!filter.region.empty() && !is_allowed) {
    section.add("region",
                "\"" + filter.region + "\" is not among the provider's regions: those are " +
                    join(regions, ", "));
  }
}

void check_against_pool(Section& section, const OfferFilter& filter, const Pool& pool) {
  if (pool.shape.infiniband && filter.network == "ethernet") {
    section.add("network",
                "found \"ethernet\": the pool's shape promises infiniband; drop one of the two");
  }
  const auto is_same = [&](const OfferFilter& other) {
    return other.provider == filter.provider && other.type == filter.type &&
           other.region == filter.region && other.network == filter.network;
  };
  if (std::any_of(pool.offers.begin(), pool.offers.end(), is_same)) {
    section.add("provider", "the same offer stands above: once is enough");
  }
}

void read_offer_filter(Section& section, Pool& pool, const Config& config) {
  OfferFilter filter;
  section.required("provider", filter.provider, read_name);
  section.optional("type", filter.type, read_name);
  section.optional("flavor", filter.type, read_name);
  section.optional("region", filter.region, read_name);
  section.optional("network", filter.network, read_network);
  if (section.has("type") && section.has("flavor")) {
    section.add("flavor", "found type and flavor: they mean the same; drop one of the two");
  }
  check_provider(section, filter, config);
  check_against_pool(section, filter, pool);
  pool.offers.push_back(std::move(filter));
}

// Node names end up in scripts and in the decisions file.
void read_nodes(Section& section, Pool& pool) {
  section.required("nodes", pool.nodes_expression, read_text);
  if (pool.nodes_expression.empty()) return;
  auto nodes = parse_hostlist(pool.nodes_expression);
  if (!nodes) return section.add("nodes", nodes.error().message + ": as in h100-[001-064]");
  const auto odd = std::find_if_not(nodes->begin(), nodes->end(), is_name);
  if (odd != nodes->end()) {
    section.add("nodes", "\"" + printable(*odd, 80) + "\" is no node name: as in h100-[001-064]");
    return;
  }
  pool.nodes = std::move(*nodes);
}

// Each pool's doubles are told once, by the first node.
void index_nodes(Section& section, const Pool& pool, Config& config) {
  const std::size_t own = config.pools.size();
  std::size_t doubles = 0;
  std::string first;
  for (const auto& node : pool.nodes) {
    const auto [at, is_new] = config.pool_of_node.emplace(node, own);
    if (is_new || doubles++ > 0) continue;
    first = "node " + node + " is in ";
    first +=
        at->second == own ? "this pool twice" : "pool " + config.pools[at->second].name + " too";
  }
  if (doubles == 0) return;
  const std::string more = doubles > 1 ? " (and " + std::to_string(doubles - 1) + " more)" : "";
  section.add("nodes", first + more + ": a node belongs to one pool, once");
}

}  // namespace

void read_pool(const std::string& name, Section& section, Config& config) {
  Pool pool;
  pool.name = name;
  pool.line = section.line();
  if (!is_name(name)) {
    section.add("", "it is no name for a pool: letters, digits, '.', '_' and '-', at most 64");
  }
  read_nodes(section, pool);
  section.section(
      "shape", Presence::kRequired, [&](Section& shape) { read_shape(shape, pool.shape); });
  section.items("offers", Presence::kRequired, [&](Section& offer) {
    read_offer_filter(offer, pool, config);
  });
  index_nodes(section, pool, config);
  config.pools.push_back(std::move(pool));
}

}  // namespace spillway
