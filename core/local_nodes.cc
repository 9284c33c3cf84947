// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/local_nodes.h"

#include <algorithm>
#include <tuple>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::int64_t kMostGpus = 100'000;

// "gpu:h100:8(S:0-1)", "gpu:8", "gpu".
void add_gres(std::string_view gres, Shape& shape) {
  const auto parts = split(gres.substr(0, gres.find('(')), ':');
  if (parts[0] != "gpu") return;
  std::int64_t count = 1;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (const auto number = parse_whole_number(parts[i], kMostGpus)) {
      count = *number;
    } else if (shape.gpu.empty()) {
      shape.gpu = to_lower(parts[i]);
    }
  }
  shape.gpus += static_cast<int>(count);
}

bool has_all_features(const std::string& features, const Need& need) {
  return std::all_of(need.features.begin(), need.features.end(), [&](const auto& name) {
    return has_feature(features, name);
  });
}

// Slurm knows the model of each GPU, or of none: a request for a model needs nodes that tell it.
bool fits(const Need& need, const Shape& shape) {
  Need on_this = need;
  if (!asks_for_gpus(need)) on_this.gpus_per_node = 0;
  Shape without_gpus = shape;
  if (!asks_for_gpus(need)) without_gpus.gpus = 0;
  return misfit(on_this, without_gpus).empty();
}

}  // namespace

bool has_feature(const std::string& features, const std::string& name) {
  const auto all = split(features, ',');
  return std::find(all.begin(), all.end(), name) != all.end();
}

Shape shape_of(const Node& node) {
  Shape shape;
  // Commas stand between gres, and within the sockets of one: "gpu:4(S:0,2),nvme:1".
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= node.gres.size(); ++i) {
    const char c = i < node.gres.size() ? node.gres[i] : ',';
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != ',' || (depth > 0 && i < node.gres.size())) continue;
    add_gres(std::string_view(node.gres).substr(begin, i - begin), shape);
    begin = i + 1;
  }
  shape.cpus = static_cast<int>(node.cpus);
  shape.memory_mib = static_cast<std::int64_t>(node.memory_mib);
  const auto features = to_lower(node.features);
  shape.infiniband = has_feature(features, "ib") || has_feature(features, "infiniband");
  return shape;
}

LocalNodes::LocalNodes(const SlurmView& slurm) {
  const auto key = [](const Shape& shape, const std::string& features) {
    return std::make_tuple(
        shape.gpu, shape.gpus, shape.cpus, shape.memory_mib, shape.infiniband, features);
  };
  for (const auto& [name, partition] : slurm.partitions) {
    std::map<decltype(key(Shape{}, "")), Kind> kinds;
    for (const auto& node_name : partition.nodes) {
      const auto node = slurm.nodes.find(node_name);
      if (node == slurm.nodes.end() || node->second.cloud) continue;
      const auto shape = shape_of(node->second);
      auto& kind = kinds[key(shape, node->second.features)];
      kind.shape = shape;
      kind.features = node->second.features;
      kind.nodes.push_back(node_name);
    }
    auto& list = kinds_[name];
    for (auto& [unused, kind] : kinds)
      list.push_back(std::move(kind));
  }
}

bool LocalNodes::has_all_named(const std::vector<Kind>& kinds, const Need& need) {
  const auto& named = need.required_nodes;
  return std::all_of(named.begin(), named.end(), [&](const auto& name) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) {
      return std::find(kind.nodes.begin(), kind.nodes.end(), name) != kind.nodes.end();
    });
  });
}

bool LocalNodes::could_run(const Need& need, const std::string& partition) const {
  const auto kinds = kinds_.find(partition);
  if (kinds == kinds_.end() || !has_all_named(kinds->second, need)) return false;
  std::size_t fitting = 0;
  for (const auto& kind : kinds->second) {
    const auto sized = sized_for(need, kind.shape);
    if (!has_all_features(kind.features, need) || !fits(sized, kind.shape)) continue;
    const auto& excluded = need.excluded_nodes;
    const auto left_out =
        std::count_if(kind.nodes.begin(), kind.nodes.end(), [&](const auto& node) {
          return std::find(excluded.begin(), excluded.end(), node) != excluded.end();
        });
    fitting += kind.nodes.size() - static_cast<std::size_t>(left_out);
    if (fitting >= static_cast<std::size_t>(sized.nodes)) return true;
  }
  return false;
}

}  // namespace spillway
