// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/flavors.h"

#include <algorithm>

namespace spillway::hyperstack_api {
namespace {

constexpr std::int64_t kFirstFlavor = 101;
constexpr int kRootDisk = 100;  // GB, of all but the "bigroot" flavors; the rest is ephemeral

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_bigroot(const SimType& type) {
  return ends_with(type.name, "-bigroot");
}

// Fast Ethernet between machines. Source: providers/hyperstack.md section 6.
bool is_network_optimised(const SimType& type) {
  return gpu_of(type).rfind("H100", 0) == 0 || gpu_of(type).find("NVLink") != std::string::npos;
}

// Every flavor has another id in each region.
std::int64_t flavor_id(const SimCloud& cloud, const SimType& type, const std::string& region) {
  const SimCloudSettings& all = cloud.settings();
  const auto place = std::find_if(all.types.begin(), all.types.end(), [&](const SimType& each) {
    return each.name == type.name;
  });
  const auto where = std::find_if(all.regions.begin(),
                                  all.regions.end(),
                                  [&](const SimRegion& each) { return each.name == region; });
  return kFirstFlavor + (place - all.types.begin()) * static_cast<int>(all.regions.size()) +
         (where - all.regions.begin());
}

Json show_features(const SimType& type, const std::string& region) {
  return Json::object()
      .set("network_optimised", is_network_optimised(type))
      .set("no_reboot", false)
      .set("no_hibernation", !can_hibernate(type, region))
      .set("no_snapshot", is_bigroot(type))
      .set("local_storage_only", false)
      .set("api_only", is_bigroot(type));
}

}  // namespace

std::string gpu_of(const SimType& type) {
  return type.gpus == 0 ? "" : type.gpu_description;
}

// Source: providers/hyperstack.md section 5.
bool can_hibernate(const SimType& type, const std::string& region) {
  const bool is_fixed = gpu_of(type) == "H100-80G-SXM5" && region == "US-1";
  return !is_bigroot(type) && !is_fixed && !ends_with(type.name, "cpu-small");
}

Json show_flavor(const SimCloud& cloud, const SimType& type, const std::string& region) {
  const int root = is_bigroot(type) ? type.storage_gib : std::min(kRootDisk, type.storage_gib);
  return Json::object()
      .set("id", flavor_id(cloud, type, region))
      .set("name", type.name)
      .set("cpu", type.vcpus)
      .set("ram", type.memory_gib)
      .set("disk", root)
      .set("ephemeral", type.storage_gib - root)
      .set("gpu", gpu_of(type))
      .set("gpu_count", type.gpus)
      .set("labels", Json::array())
      .set("features", show_features(type, region));
}

}  // namespace spillway::hyperstack_api
