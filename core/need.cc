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
  const auto count = std::max(per_node->count, divide_up(total, need.nodes));
  need.gpus_per_node = static_cast<int>(std::min(count, kMostGpus));
  return {};
}

// Plain names joined by '&'; everything else of Slurm's grammar keeps the job local.
Status read_features(const Job& job, Need& need) {
  if (job.features.empty()) return {};
  if (job.features.find_first_of("|[]()*,") != std::string::npos) {
    return stays_local("its constraint \"" + job.features + "\" is more than a list of features");
  }
  for (const auto feature : split(job.features, '&')) {
    const auto name = to_lower(trim(feature));
    if (name == "ib" || name == "infiniband") {
      need.infiniband = true;
    } else if (!name.empty()) {
      need.features.emplace_back(trim(feature));
    }
  }
  return {};
}

}  // namespace

Result<Need> read_need(const Job& job) {
  if (job.het_id != 0) return stays_local("it is part of a heterogeneous job");
  if (!job.required_nodes.empty()) return stays_local("it names its nodes (--nodelist)");
  if (!job.reservation.empty()) return stays_local("it uses a reservation");
  if (!job.switches.empty()) return stays_local("it asks for a number of switches");
  Need need;
  need.nodes = static_cast<int>(std::clamp<std::uint32_t>(job.nodes_min, 1, 65'536));
  need.time_limit = job.time_limit;
  if (const auto gpus = read_gpu_need(job, need); !gpus) return gpus.error();
  if (const auto features = read_features(job, need); !features) return features.error();
  need.cpus_per_node =
      static_cast<int>(divide_up(std::max<std::uint32_t>(1, job.cpus_min), need.nodes));
  need.memory_per_node_mib = static_cast<std::int64_t>(
      std::max(job.memory_per_node_mib,
               job.memory_per_cpu_mib * static_cast<std::uint64_t>(need.cpus_per_node)));
  if (!job.excluded_nodes.empty()) {
    auto excluded = parse_hostlist(job.excluded_nodes);
    if (!excluded) return stays_local("its list of excluded nodes is not understood");
    need.excluded_nodes = *std::move(excluded);
  }
  return need;
}

std::string misfit(const Need& need, const Shape& shape) {
  const auto over = [](const char* what, std::int64_t asked, std::int64_t has) {
    return "needs " + std::to_string(asked) + " " + what + " a node, has " + std::to_string(has);
  };
  if (need.gpus_per_node == 0 && shape.gpus > 0) return "asks for no GPU";
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
