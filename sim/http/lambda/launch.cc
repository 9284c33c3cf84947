// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/lambda/launch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "sim/http/body.h"
#include "sim/http/lambda/errors.h"

namespace spillway::lambda_api {
namespace {

constexpr std::size_t kUserDataLimit = 1'000'000;  // "cannot exceed 1MB"
constexpr std::size_t kNameLimit = 64;

using Refusal = std::optional<ApiAnswer>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_large(char c) {
  return c >= 'A' && c <= 'Z';
}

// ^[a-z0-9][0-9a-z-]{0,62}$
bool is_hostname(const std::string& text) {
  if (text.empty() || text.size() > 63 || text.front() == '-') return false;
  return std::all_of(
      text.begin(), text.end(), [](char c) { return is_small(c) || is_digit(c) || c == '-'; });
}

// ^[a-z][a-z0-9-:]+$, at most 55
bool is_tag_key(const std::string& text) {
  if (text.size() < 2 || text.size() > 55 || !is_small(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_small(c) || is_digit(c) || c == '-' || c == ':';
  });
}

// ^(/home|/lambda/nfs|/data)[//a-zA-Z0-9-]*$, at most 256
bool is_mount_point(const std::string& text) {
  if (text.size() > 256) return false;
  constexpr std::array<std::string_view, 3> kRoots{"/home", "/lambda/nfs", "/data"};
  const auto root = std::find_if(kRoots.begin(), kRoots.end(), [&](std::string_view each) {
    return text.compare(0, each.size(), each) == 0;
  });
  if (root == kRoots.end()) return false;
  return std::all_of(
      text.begin() + static_cast<std::ptrdiff_t>(root->size()), text.end(), [](char c) {
        return c == '/' || c == '-' || is_small(c) || is_large(c) || is_digit(c);
      });
}

bool is_list_of_texts(const Json& list) {
  if (!list.is_array()) return false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list.at(i).as_string()) return false;
  }
  return true;
}

Refusal check_required(const Json& body) {
  for (const char* key : {"region_name", "instance_type_name"}) {
    if (!body.string(key)) return invalid(std::string(key) + ": a string is required.");
  }
  const Json keys = body.get("ssh_key_names");
  if (!is_list_of_texts(keys)) return invalid("ssh_key_names: an array of strings is required.");
  if (keys.size() != 1) return invalid("ssh_key_names: exactly one SSH key must be specified.");
  return std::nullopt;
}

Refusal check_texts(const Json& body) {
  const Json name = body.get("name");
  if (!name.is_absent() && !(name.as_string() && is_at_most(*name.as_string(), kNameLimit)))
    return invalid("name: must be a string of 64 characters or fewer.");
  const Json hostname = body.get("hostname");
  if (!hostname.is_absent() && !(hostname.as_string() && is_hostname(*hostname.as_string())))
    return invalid("hostname: must match ^[a-z0-9][0-9a-z-]{0,62}$.");
  const Json user_data = body.get("user_data");
  if (!user_data.is_absent() &&
      !(user_data.as_string() && user_data.as_string()->size() <= kUserDataLimit))
    return invalid("user_data: must be a string of at most 1MB.");
  const Json quantity = body.get("quantity");
  if (!quantity.is_absent() && quantity.as_integer() != 1) return invalid("quantity: must be 1.");
  return std::nullopt;
}

Refusal check_tags(const Json& tags) {
  if (tags.is_absent()) return std::nullopt;
  if (!tags.is_array()) return invalid("tags: must be an array.");
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto key = tags.at(i).string("key");
    const auto value = tags.at(i).string("value");
    if (!key || !is_tag_key(*key))
      return invalid("tags: a key must match ^[a-z][a-z0-9-:]+$ and have at most 55 characters.");
    if (!value || !is_at_most(*value, 128))
      return invalid("tags: a value must be a string of at most 128 characters.");
  }
  return std::nullopt;
}

Refusal check_mounts(const Json& mounts) {
  if (mounts.is_absent()) return std::nullopt;
  if (!mounts.is_array()) return invalid("file_system_mounts: must be an array.");
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const auto point = mounts.at(i).string("mount_point");
    if (!point || !is_mount_point(*point) || !mounts.at(i).string("file_system_id"))
      return invalid("file_system_mounts: mount_point and file_system_id are required.");
  }
  return std::nullopt;
}

// Only the forms; what the names stand for comes after.
Refusal check_shape(const Json& body) {
  if (auto refusal = check_required(body)) return refusal;
  if (auto refusal = check_texts(body)) return refusal;
  if (auto refusal = check_tags(body.get("tags"))) return refusal;
  if (auto refusal = check_mounts(body.get("file_system_mounts"))) return refusal;
  const Json names = body.get("file_system_names");
  if (!names.is_absent() && !is_list_of_texts(names))
    return invalid("file_system_names: must be an array of strings.");
  const Json image = body.get("image");
  if (!image.is_absent() && !image.string("id") && !image.string("family"))
    return invalid("image: id or family is required.");
  const Json rulesets = body.get("firewall_rulesets");
  if (!rulesets.is_absent() && !rulesets.is_array())
    return invalid("firewall_rulesets: must be an array.");
  return std::nullopt;
}

Refusal check_image(const LaunchContext& context, const std::string& region, const Json& image) {
  if (image.is_absent()) return std::nullopt;
  const auto images = images_of(context.cloud);
  const auto id = image.string("id");
  const auto family = image.string("family");
  const bool known = std::any_of(images.begin(), images.end(), [&](const Image& each) {
    return each.region.name == region && (id ? each.id == *id : each.family == *family);
  });
  if (known) return std::nullopt;
  return no_such_thing("Image " + (id ? *id : *family));
}

template <typename Matches>
Refusal check_file_system(const LaunchContext& context,
                          const std::string& region,
                          const std::string& what,
                          const Matches& matches) {
  bool elsewhere = false;
  for (const SimFileSystem& each : context.file_systems) {
    if (!matches(each)) continue;
    if (each.region == region) return std::nullopt;
    elsewhere = true;
  }
  if (!elsewhere) return no_such_thing("File system " + what);
  return error(400,
               "instance-operations/launch/file-system-in-wrong-region",
               "File system " + what + " is in another region.");
}

Refusal check_file_systems(const LaunchContext& context,
                           const std::string& region,
                           const Json& body) {
  const Json names = body.get("file_system_names");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = *names.at(i).as_string();
    auto refusal = check_file_system(
        context, region, name, [&](const SimFileSystem& each) { return each.name == name; });
    if (refusal) return refusal;
  }
  const Json mounts = body.get("file_system_mounts");
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const std::string id = *mounts.at(i).string("file_system_id");
    auto refusal = check_file_system(
        context, region, id, [&](const SimFileSystem& each) { return file_system_id(each) == id; });
    if (refusal) return refusal;
  }
  return std::nullopt;
}

Refusal check_names(const LaunchContext& context, const Json& body) {
  const std::string region = *body.string("region_name");
  const std::string type = *body.string("instance_type_name");
  const std::string key = *body.get("ssh_key_names").at(0).as_string();
  // An unknown region is an invalid parameter, not a missing object (providers/lambda.md 4).
  if (context.cloud.find_region(region) == nullptr)
    return invalid("Region " + region + " does not exist.");
  if (context.cloud.find_type(type) == nullptr) return no_such_thing("Instance type " + type);
  if (std::none_of(context.ssh_keys.begin(), context.ssh_keys.end(), [&](const SshKey& each) {
        return each.name == key;
      }))
    return no_such_thing("SSH key " + key);
  if (auto refusal = check_image(context, region, body.get("image"))) return refusal;
  if (body.get("firewall_rulesets").size() > 0) return no_such_thing("Firewall ruleset");
  return check_file_systems(context, region, body);
}

// What the instance shows of its launch later on. The user-data is write-only and not among it.
Json details_of(const Json& body) {
  Json names = body.get("file_system_names");
  if (names.is_absent()) names = Json::array();
  Json details = Json::object()
                     .set("ssh_key_names", body.get("ssh_key_names"))
                     .set("file_system_names", names);
  for (const char* key : {"hostname", "tags"}) {
    if (!body.get(key).is_absent()) details.set(key, body.get(key));
  }
  Json mounts = body.get("file_system_mounts");
  if (mounts.is_absent() && names.size() > 0) {
    mounts = Json::array();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const SimFileSystem file_system{*names.at(i).as_string(), *body.string("region_name")};
      mounts.append(Json::object()
                        .set("mount_point", default_mount_point(file_system))
                        .set("file_system_id", file_system_id(file_system)));
    }
  }
  if (mounts.size() > 0) details.set("file_system_mounts", mounts);
  return details;
}

}  // namespace

std::variant<SimOrder, ApiAnswer> read_launch(const LaunchContext& context, const Json& body) {
  if (!body.is_object()) return invalid("The body must be a JSON object.");
  if (auto refusal = check_shape(body)) return *refusal;
  if (auto refusal = check_names(context, body)) return *refusal;
  return SimOrder{*body.string("instance_type_name"),
                  *body.string("region_name"),
                  body.string("name").value_or(""),
                  body.string("user_data").value_or(""),
                  details_of(body)};
}

}  // namespace spillway::lambda_api
