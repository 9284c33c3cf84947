// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/answer.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr int kNarrowestNetwork = 32;
constexpr int kWidestNetwork = 8;

struct StatusRow {
  std::string_view word;
  CloudState state;
};

std::string member_of(HyperstackList list) {
  switch (list) {
    case HyperstackList::kMachines:
      return "instances";
    case HyperstackList::kEnvironments:
      return "environments";
    case HyperstackList::kKeypairs:
      return "keypairs";
    case HyperstackList::kImages:
      return "images";
  }
  return "";
}

Status append_rows(const Json& list, const std::string& member, HyperstackRows& rows) {
  if (!list.is_array()) return not_understood("it has no list " + member);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto row = list.at(i);
    if (row.integer("id").value_or(0) <= 0) {
      return not_understood(member + ": row " + std::to_string(i + 1) + " has no id");
    }
    rows.push_back(row);
  }
  return {};
}

// Images come in groups, each of a region and a kind of system.
Status append_image_rows(const Json& groups, HyperstackRows& rows) {
  if (!groups.is_array()) return not_understood("it has no list images");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (auto status = append_rows(groups.at(i).get("images"), "images", rows); !status)
      return status;
  }
  return {};
}

// Reads each row by `read`.
template <typename Read>
auto read_each(const HyperstackRows& rows, const Read& read)
    -> Result<std::vector<std::remove_cvref_t<decltype(*read(Json()))>>> {
  std::vector<std::remove_cvref_t<decltype(*read(Json()))>> values;
  for (const auto& row : rows) {
    auto value = read(row);
    if (!value) {
      return value.error().within("row " + std::to_string(row.integer("id").value_or(0)));
    }
    values.push_back(*std::move(value));
  }
  return values;
}

Result<std::string> read_text(const Json& row, const char* key) {
  auto text = row.string(key);
  if (!text || text->empty()) return not_understood(std::string("it has no ") + key);
  return *std::move(text);
}

Result<HyperstackEnvironment> read_environment(const Json& row) {
  auto name = read_text(row, "name");
  if (!name) return name.error();
  auto region = read_text(row, "region");
  if (!region) return region.error();
  return HyperstackEnvironment{row.integer("id").value_or(0), *std::move(name), *std::move(region)};
}

Result<HyperstackKeypair> read_keypair(const Json& row) {
  auto name = read_text(row, "name");
  if (!name) return name.error();
  return HyperstackKeypair{*std::move(name), row.get("environment").string("name").value_or("")};
}

Result<HyperstackImage> read_image(const Json& row) {
  auto name = read_text(row, "name");
  if (!name) return name.error();
  return HyperstackImage{*std::move(name), row.string("region_name").value_or("")};
}

// What the label says of the mark; empty when there is no such label, or several that differ.
std::string find_mark_label(const Json& row) {
  const std::string_view prefix = kHyperstackMarkLabel;
  const auto labels = row.get("labels");
  std::string found;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = labels.at(i).as_string().value_or("");
    if (!label.starts_with(prefix)) continue;
    const auto mark = label.substr(prefix.size());
    if (!found.empty() && found != mark) return "";
    found = mark;
  }
  return found;
}

// The mark of a machine, if it has one of `cluster`. A label that tells another cluster's is
// believed.
Result<std::optional<Mark>> read_mark(const Json& row, const std::string& cluster) {
  const auto name = read_optional_text(row, "name");
  if (!name) return name.error();
  auto mark = parse_mark(find_mark_label(row));
  if (!mark) mark = find_mark_in_name(*name, cluster);
  if (mark && mark->cluster != cluster) mark.reset();
  return mark;
}

// The public address, once it leads to the machine. "" and null stand for none, and so does
// whatever stands there while its status is another.
std::string find_address(const Json& row) {
  if (row.string("floating_ip_status") != "ATTACHED") return "";
  return row.string("floating_ip").value_or("");
}

Result<CloudMachine> read_machine(const Json& row, const Mark& mark) {
  const auto named = "machine " + format_mark(mark);
  const auto status = row.string("status");
  if (!status) return not_understood(named + " has no status");
  for (const char* key : {"vm_state", "floating_ip", "floating_ip_status", "fixed_ip"}) {
    if (const auto text = read_optional_text(row, key); !text) return text.error().within(named);
  }
  CloudMachine machine;
  machine.id = std::to_string(row.integer("id").value_or(0));
  machine.mark = mark;
  machine.state = parse_hyperstack_status(*status, row.string("vm_state").value_or(""));
  machine.address = find_address(row);
  machine.private_address = row.string("fixed_ip").value_or("");
  machine.offer = OfferId{"hyperstack",
                          row.get("environment").string("region").value_or(""),
                          row.get("flavor").string("name").value_or(""),
                          "ethernet"};
  return machine;
}

// ACTIVE bills, whatever the hypervisor says.
CloudState state_of_active(std::string_view vm_state) {
  if (vm_state == "active") return CloudState::kRunning;
  if (vm_state.empty() || vm_state == "building") return CloudState::kBuilding;
  return CloudState::kUnhealthy;
}

std::string read_decimals(const Json& object, const char* key) {
  return object.get(key).as_decimal().value_or("");
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto bytes = split(text.substr(0, slash), '.');
  const auto bits = parse_whole_number(text.substr(slash + 1), kNarrowestNetwork);
  return bits && *bits >= kWidestNetwork && bytes.size() == 4 &&
         std::all_of(bytes.begin(), bytes.end(), [](std::string_view byte) {
           return parse_whole_number(byte, 255).has_value();
         });
}

bool is_number(std::string_view text) {
  return parse_whole_number(text).has_value();
}

}  // namespace

CloudState parse_hyperstack_status(std::string_view status, std::string_view vm_state) {
  // Hyperstack bills what is SHUTOFF in full, and for a hibernated machine its disk and address; we
  // never do either to a machine, and whoever did has taken it from its node. A machine in ERROR
  // does not bill, but somebody must end it. What is on its way up or reboots is not there
  // yet.
  static constexpr std::array kRows{
      StatusRow{"CREATING", CloudState::kBuilding},
      StatusRow{"BUILD", CloudState::kBuilding},
      StatusRow{"PRE_ACTIVE", CloudState::kBuilding},
      StatusRow{"STARTING", CloudState::kBuilding},
      StatusRow{"REBOOTING", CloudState::kBuilding},
      StatusRow{"HARD_REBOOT", CloudState::kBuilding},
      StatusRow{"RESTORING", CloudState::kBuilding},
      StatusRow{"STOPPING", CloudState::kUnhealthy},
      StatusRow{"SHUTOFF", CloudState::kUnhealthy},
      StatusRow{"HIBERNATING", CloudState::kUnhealthy},
      StatusRow{"HIBERNATED", CloudState::kUnhealthy},
      StatusRow{"ERROR", CloudState::kUnhealthy},
      StatusRow{"DELETING", CloudState::kEnding},
      StatusRow{"DELETED", CloudState::kGone},
  };
  if (status == "ACTIVE") return state_of_active(vm_state);
  const auto* const row = std::find_if(
      kRows.begin(), kRows.end(), [&](const StatusRow& known) { return known.word == status; });
  return row == kRows.end() ? CloudState::kUnknown : row->state;
}

std::optional<Mark> find_mark_in_name(std::string_view name, const std::string& cluster) {
  const auto is_ours = [&](const std::optional<Mark>& mark) {
    return mark && mark->cluster == cluster;
  };
  if (auto whole = parse_mark(name); is_ours(whole)) return whole;
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || !is_number(name.substr(dash + 1))) return std::nullopt;
  auto mark = parse_mark(name.substr(0, dash));
  return is_ours(mark) ? mark : std::nullopt;
}

Result<HyperstackPage> read_hyperstack_page(const Json& body, HyperstackList list) {
  HyperstackPage page;
  page.total = body.integer("count");
  const auto member = member_of(list);
  const auto rows = body.get(member.c_str());
  const auto status = list == HyperstackList::kImages ? append_image_rows(rows, page.rows)
                                                      : append_rows(rows, member, page.rows);
  if (!status) return status.error();
  return page;
}

Result<std::vector<HyperstackEnvironment>> read_hyperstack_environments(
    const HyperstackRows& rows) {
  return read_each(rows, read_environment);
}

Result<std::vector<HyperstackKeypair>> read_hyperstack_keypairs(const HyperstackRows& rows) {
  return read_each(rows, read_keypair);
}

Result<std::vector<HyperstackImage>> read_hyperstack_images(const HyperstackRows& rows) {
  return read_each(rows, read_image);
}

Result<std::vector<CloudMachine>> read_hyperstack_machines(const HyperstackRows& rows,
                                                           const std::string& cluster) {
  std::vector<CloudMachine> machines;
  for (const auto& row : rows) {
    const auto mark = read_mark(row, cluster);
    if (!mark) return mark.error();
    if (!mark->has_value()) continue;
    auto machine = read_machine(row, **mark);
    if (!machine) return machine.error();
    machines.push_back(*std::move(machine));
  }
  return machines;
}

Result<std::vector<std::string>> read_hyperstack_created(const Json& body, int asked) {
  const auto page = read_hyperstack_page(body, HyperstackList::kMachines);
  if (!page) return page.error();
  std::vector<std::string> ids;
  for (const auto& row : page->rows)
    ids.push_back(std::to_string(row.integer("id").value_or(0)));
  const bool is_one_twice = std::set<std::string>(ids.begin(), ids.end()).size() < ids.size();
  // More than were asked for would be machines that nobody knows; the list tells about them all.
  if (ids.empty() || is_one_twice || ids.size() > static_cast<std::size_t>(asked)) {
    return not_understood("1 to " + std::to_string(asked) + " machines were expected, not " +
                          std::to_string(ids.size()));
  }
  return ids;
}

Result<std::vector<HyperstackEvent>> read_hyperstack_events(const Json& body) {
  const auto rows = body.get("instance_events");
  if (!rows.is_array()) return not_understood("it has no list instance_events");
  std::vector<HyperstackEvent> events;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows.at(i);
    HyperstackEvent event;
    if (const auto time = parse_time(row.string("time").value_or(""))) event.time = *time;
    event.reason = row.string("reason").value_or("");
    event.message = row.string("message").value_or("");
    events.push_back(std::move(event));
  }
  return events;
}

Result<HyperstackCredit> read_hyperstack_credit(const Json& body) {
  const auto data = body.get("data");
  if (!data.is_object()) return not_understood("it has no object data");
  return HyperstackCredit{read_decimals(data, "credit"),
                          read_decimals(data, "threshold"),
                          data.boolean("can_create_instance")};
}

Result<HyperstackQuota> read_hyperstack_quota(const Json& body) {
  if (!body.is_object()) return not_understood("it is no object");
  HyperstackQuota quota;
  quota.available = body.integer("available_vms");
  quota.network = body.string("cidr").value_or("");
  if (!is_network(quota.network)) quota.network.clear();
  return quota;
}

}  // namespace spillway
