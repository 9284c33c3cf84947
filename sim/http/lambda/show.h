// SPDX-License-Identifier: GPL-2.0-or-later
//
// The model's things as Lambda's API shows them.
#pragma once

#include <string>
#include <vector>

#include "lib/json.h"
#include "sim/http/lambda/api.h"

namespace spillway::lambda_api {

struct Image {
  std::string id;  // another one in each region
  std::string name;
  std::string description;
  std::string family;
  std::string version;
  SimRegion region;
};

struct SshKey {
  std::string id;
  std::string name;
  std::string public_key;
};

[[nodiscard]] std::vector<Image> images_of(const SimCloud& cloud);

[[nodiscard]] std::string file_system_id(const SimFileSystem& file_system);
[[nodiscard]] std::string default_mount_point(const SimFileSystem& file_system);

[[nodiscard]] Json show_region(const SimRegion& region);
[[nodiscard]] Json show_type(const SimType& type);
[[nodiscard]] Json show_offer(const SimCloud& cloud, const SimType& type);
[[nodiscard]] Json show_image(const Image& image);
[[nodiscard]] Json show_ssh_key(const SshKey& key);
[[nodiscard]] Json show_file_system(const SimCloud& cloud,
                                    const SimFileSystem& file_system,
                                    bool in_use);
[[nodiscard]] Json show_instance(const SimCloud& cloud, const SimMachine& machine, TimePoint now);

}  // namespace spillway::lambda_api
