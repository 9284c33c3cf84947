// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/lambda/show.h"

#include <array>

#include "sim/uuid.h"

namespace spillway::lambda_api {
namespace {

// Every simulated thing that was there before the simulation was made at this moment.
constexpr const char* kLongAgo = "2026-01-15T08:00:00Z";

struct Family {
  const char* family;
  const char* name;
  const char* description;
  const char* version;
};

constexpr std::array<Family, 3> kFamilies{{
    {"lambda-stack-24-04", "lambda-stack-24-04", "Lambda Stack 24.04", "24.04.01"},
    {"lambda-stack-22-04", "lambda-stack-22-04", "Lambda Stack 22.04", "22.04.05"},
    {"ubuntu-24-04", "ubuntu-24.04", "Ubuntu LTS", "24.04.01"},
}};

Json unavailable(const char* code, const char* description) {
  return Json::object()
      .set("available", false)
      .set("reason_code", code)
      .set("reason_description", description);
}

Json available() {
  return Json::object().set("available", true);
}

Json show_actions(SimStatus status) {
  const bool ending = status == SimStatus::kTerminating || status == SimStatus::kPreempted;
  Json ready = available();
  if (ending) ready = unavailable("vm-is-terminating", "The instance is terminating.");
  if (status == SimStatus::kBooting)
    ready = unavailable("vm-has-not-launched", "The instance has not launched yet.");
  return Json::object()
      .set("migrate", unavailable("vm-is-too-old", "The instance cannot be migrated."))
      .set("rebuild", ready)
      .set("restart", ready)
      .set("cold_reboot", ready)
      .set("terminate", ending ? ready : available());
}

void copy_if_present(const Json& from, const char* key, Json& to) {
  if (!from.get(key).is_absent()) to.set(key, from.get(key));
}

// The address, and what Lambda derives from it.
void show_address(const SimMachine& machine, Json& instance) {
  instance.set("ip", machine.address).set("private_ip", machine.private_address);
  if (instance.get("hostname").is_absent()) instance.set("hostname", machine.address);
  if (machine.status != SimStatus::kActive) return;
  const std::string token = sha256_hex("jupyter " + machine.id).substr(0, 32);
  instance.set("jupyter_token", token)
      .set("jupyter_url", "https://jupyter-" + machine.id + ".lambdaspaces.test/?token=" + token);
}

}  // namespace

std::vector<Image> images_of(const SimCloud& cloud) {
  std::vector<Image> images;
  for (const SimRegion& region : cloud.settings().regions) {
    for (const Family& family : kFamilies) {
      images.push_back({uuid_of(std::string("image ") + family.family + " " + region.name),
                        family.name,
                        family.description,
                        family.family,
                        family.version,
                        region});
    }
  }
  return images;
}

std::string file_system_id(const SimFileSystem& file_system) {
  return sha256_hex("file system " + file_system.region + " " + file_system.name).substr(0, 32);
}

std::string default_mount_point(const SimFileSystem& file_system) {
  return "/lambda/nfs/" + file_system.name;
}

Json show_region(const SimRegion& region) {
  return Json::object().set("name", region.name).set("description", region.description);
}

Json show_type(const SimType& type) {
  return Json::object()
      .set("name", type.name)
      .set("description", type.description)
      .set("gpu_description", type.gpu_description)
      .set("price_cents_per_hour", type.price_per_hour.micros() / 10'000)
      .set("specs",
           Json::object()
               .set("vcpus", type.vcpus)
               .set("memory_gib", type.memory_gib)
               .set("storage_gib", type.storage_gib)
               .set("gpus", type.gpus));
}

Json show_offer(const SimCloud& cloud, const SimType& type) {
  Json regions = Json::array();
  for (const SimRegion& region : cloud.settings().regions) {
    if (cloud.free_capacity(type, region.name) > 0) regions.append(show_region(region));
  }
  return Json::object()
      .set("instance_type", show_type(type))
      .set("regions_with_capacity_available", regions);
}

Json show_image(const Image& image) {
  return Json::object()
      .set("id", image.id)
      .set("created_time", kLongAgo)
      .set("updated_time", kLongAgo)
      .set("name", image.name)
      .set("description", image.description)
      .set("family", image.family)
      .set("version", image.version)
      .set("architecture", "x86_64")
      .set("region", show_region(image.region));
}

Json show_ssh_key(const SshKey& key) {
  return Json::object().set("id", key.id).set("name", key.name).set("public_key", key.public_key);
}

Json show_file_system(const SimCloud& cloud, const SimFileSystem& file_system, bool in_use) {
  const SimRegion* region = cloud.find_region(file_system.region);
  return Json::object()
      .set("id", file_system_id(file_system))
      .set("name", file_system.name)
      .set("mount_point", default_mount_point(file_system))
      .set("created", kLongAgo)
      .set("created_by",
           Json::object()
               .set("id", sha256_hex("user").substr(0, 32))
               .set("email", "ops@example.com")
               .set("status", "active"))
      .set("is_in_use", in_use)
      .set("region", show_region(region == nullptr ? SimRegion{file_system.region, ""} : *region))
      .set("bytes_used", 0);
}

Json show_instance(const SimCloud& cloud, const SimMachine& machine, TimePoint now) {
  const Json& details = machine.order.details;
  SimType type = *cloud.find_type(machine.order.type);
  type.price_per_hour = machine.price_per_hour;
  Json instance = Json::object().set("id", machine.id);
  if (!machine.order.name.empty()) instance.set("name", machine.order.name);
  instance.set("status", sim_status_name(machine.status))
      .set("ssh_key_names", details.get("ssh_key_names"))
      .set("file_system_names", details.get("file_system_names"))
      .set("region", show_region(*cloud.find_region(machine.order.region)))
      .set("instance_type", show_type(type))
      .set("is_reserved", false)
      .set("actions", show_actions(machine.status));
  copy_if_present(details, "file_system_mounts", instance);
  copy_if_present(details, "hostname", instance);
  copy_if_present(details, "tags", instance);
  if (machine.address_from <= now) show_address(machine, instance);
  if (machine.billed_from) instance.set("first_healthy", format_time(*machine.billed_from));
  return instance;
}

}  // namespace spillway::lambda_api
