// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/need.h"

#include <algorithm>
#include <utility>

#include "core/hostlist.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::int64_t kMostGpus = 100'000;

struct GpuCount {
  std::string model;
  std::int64_t count = 0;
};

Error stays_local(const std::string& why) {
  return Error{ErrorCode::kInvalid, why, {}};
}

bool is_infiniband(std::string_view feature) {
  const auto name = to_lower(feature);
  return name == "ib" || name == "infiniband";
}

// One element: "gpu", "gpu:8", "gpu:h100", "gpu:h100:8", "gpu=8", "gpu:h100=8".
Result<GpuCount> read_gpu_element(std::string_view element) {
  std::string text(element);
  std::replace(text.begin(), text.end(), '=', ':');
  const auto parts = split(text, ':');
  if (parts[0] != "gpu" || parts.size() > 3) {
    return stays_local("asks for " + std::string(element) + ", which no rented node has");
  }
  GpuCount gpu{"", 1};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (const auto count = parse_whole_number(parts[i], kMostGpus)) {
      gpu.count = *count;
    } else if (i == 1 && !parts[i].empty()) {
      gpu.model = to_lower(parts[i]);
    } else {
      return stays_local("asks for " + std::string(element) + ", which is not understood");
    }
  }
  return gpu;
}

// Slurm prints "gres:gpu:h100:8" up to 23.02 and "gres/gpu:h100:8" later; several by commas.
Result<GpuCount> read_gpus(const std::string& tres) {
  GpuCount sum;
  if (tres.empty()) return sum;
  for (auto element : split(tres, ',')) {
    // CPUs are counted by the job's own number of them; 23.11 and later tell them here, too.
    if (element.starts_with("cpu=") || element.starts_with("cpu:")) continue;
    if (element.starts_with("gres:") || element.starts_with("gres/")) element.remove_prefix(5);
    const auto gpu = read_gpu_element(element);
    if (!gpu) return gpu.error();
    if (!sum.model.empty() && !gpu->model.empty() && sum.model != gpu->model) {
      return stays_local("asks for two GPU models at once");
    }
    if (!gpu->model.empty()) sum.model = gpu->model;
    sum.count += gpu->count;
  }
  return sum;
}

std::int64_t divide_up(std::int64_t value, std::int64_t parts) {
  return (value + parts - 1) / parts;
}

Status read_gpu_need(const Job& job, Need& need) {
  if (!job.tres_per_socket.empty()) return stays_local("asks for GPUs per socket");
  const auto per_node = read_gpus(job.tres_per_node);
  const auto per_job = read_gpus(job.tres_per_job);
  const auto per_task = read_gpus(job.tres_per_task);
  for (const auto* gpus : {&per_node, &per_job, &per_task}) {
    if (!*gpus) return gpus->error();
    if (!(*gpus)->model.empty()) need.gpu = (*gpus)->model;
  }
  const std::int64_t tasks = std::max<std::int64_t>(1, job.tasks);
  const auto total = std::max(per_job->count, per_task->count * tasks);
  need.gpus_in_all = static_cast<int>(std::min(total, kMostGpus));
  need.gpus_per_node = static_cast<int>(std::min(per_node->count, kMostGpus));
  return {};
}

// Plain names joined by '&'; everything else of Slurm's grammar keeps the job local.
Status read_features(const Job& job, Need& need) {
  if (job.features.empty()) return {};
  if (job.features.find_first_of("|[]()*,") != std::string::npos) {
    return stays_local("its constraint \"" + job.features + "\" is more than a list of features");
  }
  for (const auto feature : split(job.features, '&')) {
    const auto name = trim(feature);
    if (is_infiniband(name)) {
      need.infiniband = true;
      // To Slurm "IB" is another feature than "ib".
      if (name != to_lower(name)) need.features.emplace_back(name);
    } else if (!name.empty()) {
      need.features.emplace_back(name);
    }
  }
  return {};
}

Status read_node_names(const Job& job, Need& need) {
  const auto read = [](const std::string& text, std::vector<std::string>& names) {
    if (text.empty()) return true;
    auto list = parse_hostlist(text);
    if (list) names = *std::move(list);
    return static_cast<bool>(list);
  };
  if (!read(job.excluded_nodes, need.excluded_nodes)) {
    return stays_local("its list of excluded nodes is not understood");
  }
  if (!read(job.required_nodes, need.required_nodes)) {
    return stays_local("its list of nodes (--nodelist) is not understood");
  }
  return {};
}

void read_size(const Job& job, Need& need) {
  need.nodes = static_cast<int>(std::clamp<std::uint32_t>(job.nodes_min, 1, kAnyNodes));
  need.nodes_most = job.nodes_max == 0
                        ? kAnyNodes
                        : static_cast<int>(std::clamp<std::uint32_t>(
                              job.nodes_max, static_cast<std::uint32_t>(need.nodes), kAnyNodes));
  need.cpus_in_all =
      static_cast<int>(std::clamp<std::uint32_t>(job.cpus_min, 1, std::uint32_t{1} << 30U));
  need.cpus_per_node =
      static_cast<int>(std::clamp<std::uint32_t>(job.cpus_per_node_min, 1, kAnyNodes));
  need.memory_per_node_mib = static_cast<std::int64_t>(job.memory_per_node_mib);
  need.memory_per_cpu_mib = static_cast<std::int64_t>(job.memory_per_cpu_mib);
  need.memory_per_gpu_mib = static_cast<std::int64_t>(job.memory_per_gpu_mib);
  need.cpus_per_gpu = static_cast<int>(std::min<std::uint32_t>(job.cpus_per_gpu, kAnyNodes));
  need.time_limit = job.time_limit;
}

}  // namespace

bool asks_for_gpus(const Need& need) {
  return need.gpus_per_node > 0 || need.gpus_in_all > 0;
}

Result<Need> read_need(const Job& job) {
  if (!job.reservation.empty()) return stays_local("it uses a reservation");
  if (!job.switches.empty()) return stays_local("it asks for a number of switches");
  if (!job.other_demands.empty()) return stays_local("it uses " + join(job.other_demands, ", "));
  Need need;
  read_size(job, need);
  if (const auto gpus = read_gpu_need(job, need); !gpus) return gpus.error();
  if (const auto features = read_features(job, need); !features) return features.error();
  if (const auto names = read_node_names(job, need); !names) return names.error();
  return need;
}

Need sized_for(const Need& need, const Shape& shape) {
  Need sized = need;
  const auto take = [&](std::int64_t in_all, std::int64_t on_one) {
    if (on_one <= 0) return;
    const auto nodes = std::min<std::int64_t>(divide_up(in_all, on_one), need.nodes_most);
    sized.nodes = std::max(sized.nodes, static_cast<int>(nodes));
  };
  take(need.gpus_in_all, shape.gpus);
  take(need.cpus_in_all, shape.cpus);
  take(static_cast<std::int64_t>(need.required_nodes.size()), 1);
  // A job that does not say how many nodes takes the fewest.
  sized.nodes_most = need.nodes_most == kAnyNodes ? sized.nodes : need.nodes_most;
  const auto& from = need.infiniband_from_nodes;
  sized.infiniband = need.infiniband || (from && sized.nodes_most >= *from);
  const auto share = [&](int in_all) { return static_cast<int>(divide_up(in_all, sized.nodes)); };
  sized.gpus_per_node = std::max(need.gpus_per_node, share(need.gpus_in_all));
  sized.cpus_per_node = std::max(
      {need.cpus_per_node, share(need.cpus_in_all), need.cpus_per_gpu * sized.gpus_per_node});
  sized.memory_per_node_mib = std::max({need.memory_per_node_mib,
                                        need.memory_per_cpu_mib * sized.cpus_per_node,
                                        need.memory_per_gpu_mib * sized.gpus_per_node});
  return sized;
}

bool needs_one_fabric(const Need& sized) {
  return sized.infiniband && sized.nodes_most > 1;
}

std::string misfit(const Need& need, const Shape& shape) {
  const auto over = [](const char* what, std::int64_t asked, std::int64_t has) {
    return "needs " + std::to_string(asked) + " " + what + " a node, has " + std::to_string(has);
  };
  if (!asks_for_gpus(need) && shape.gpus > 0) return "asks for no GPU";
  if (!need.gpu.empty() && need.gpu != shape.gpu) {
    return "needs " + need.gpu + ", has " + (shape.gpu.empty() ? "no GPU" : shape.gpu);
  }
  if (need.gpus_per_node > shape.gpus) return over("GPUs", need.gpus_per_node, shape.gpus);
  if (need.cpus_per_node > shape.cpus) return over("CPUs", need.cpus_per_node, shape.cpus);
  if (need.memory_per_node_mib > shape.memory_mib) {
    return over("MiB", need.memory_per_node_mib, shape.memory_mib);
  }
  if (need.infiniband && !shape.infiniband) return "needs InfiniBand, has none";
  return "";
}

}  // namespace spillway
