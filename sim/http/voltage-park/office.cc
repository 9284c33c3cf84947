// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/office.h"

#include <algorithm>
#include <utility>

#include "sim/http/voltage-park/pages.h"
#include "sim/uuid.h"

namespace spillway::voltage_park_api {
namespace {

// 3 to 64 letters, digits, hyphens and blanks. Source: providers/voltage-park.md 2.6.
bool is_key_name(const std::string& text) {
  return text.size() >= 3 && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == ' ';
         });
}

}  // namespace

std::string dollars(Money money, int decimals) {
  const std::string micros = std::to_string(money.micros() % 1'000'000 + 1'000'000).substr(1);
  const std::size_t needed = micros.find_last_not_of('0') + 1;
  return std::to_string(money.micros() / 1'000'000) + "." +
         micros.substr(0, std::max(needed, static_cast<std::size_t>(decimals)));
}

bool is_ending(const SimMachine& machine) {
  return machine.status == SimStatus::kTerminating || machine.status == SimStatus::kPreempted ||
         machine.status == SimStatus::kGone;
}

Office::Office(const CloudScenario& account, VoltageParkOptions options, SimCloud& cloud)
    : options_(std::move(options)), cloud_(cloud) {
  for (const std::string& name : account.ssh_keys)
    keep_key(name, "ssh-ed25519 AAAA " + name);
}

const Office::Key& Office::keep_key(const std::string& name, const std::string& content) {
  keys_.push_back({uuid_of("ssh key " + std::to_string(++keys_made_)), name, content});
  return keys_.back();
}

ApiAnswer Office::list_keys(const ApiRequest& request) const {
  Json list = Json::array();
  for (const Key& key : keys_)
    list.append(Json::object().set("id", key.id).set("name", key.name).set("content", key.content));
  return page_of(list, request, options_.page_size);
}

ApiAnswer Office::add_key(const ApiRequest& request) {
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"name", "content"});
  const auto name = body.text("name", Need::kRequired);
  const auto content = body.text("content", Need::kRequired);
  if (name && !is_key_name(*name))
    body.fail("name", "3 to 64 letters, digits, hyphens and blanks", "value_error.str.regex");
  if (content && content->empty())
    body.fail("content", "a public key is needed", "value_error.any_str.min_length");
  if (!mistakes.none()) return mistakes.answer();
  const Key& key = keep_key(*name, *content);
  return json_answer(
      201, Json::object().set("id", key.id).set("name", key.name).set("content", key.content));
}

ApiAnswer Office::delete_key(const std::string& id) {
  if (std::erase_if(keys_, [&](const Key& key) { return key.id == id; }) == 0)
    return no_such("SSH key");
  return nothing(204);
}

std::vector<std::string> Office::read_access(Fields& fields) {
  (void)fields.texts("ssh_keys");
  auto access = fields.object("organization_ssh_keys");
  if (!access) return {};
  access->expect({"mode", "ssh_key_ids"});
  const auto mode = access->choice("mode", {"none", "all", "selective"}, Need::kRequired);
  if (mode != "selective") return {};
  auto ids = access->texts("ssh_key_ids", Need::kRequired);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!is_uuid(ids[i]))
      access->mistakes().add(
          access->place_of("ssh_key_ids", i), "value is not a valid uuid", "type_error.uuid");
  }
  return ids;
}

std::optional<ApiAnswer> Office::refuse_keys(const std::vector<std::string>& ids) const {
  for (const std::string& id : ids) {
    if (std::none_of(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; }))
      return refused("SSH key " + id + " not found");
  }
  return std::nullopt;
}

std::optional<ApiAnswer> Office::order(const SimOrder& order,
                                       int machines,
                                       std::vector<std::string>& ids) {
  const SimType* type = cloud_.find_type(order.type);
  if (type == nullptr) return capacity_refusal();
  if (!can_pay(type->price_per_hour * machines))
    return error(options_.balance_refusal.status, options_.balance_refusal.detail);
  auto made = cloud_.order(order, machines);
  if (made) {
    ids = *std::move(made);
    return std::nullopt;
  }
  if (made.error().code == ErrorCode::kNoCapacity) return capacity_refusal();
  if (made.error().code == ErrorCode::kQuota) return refused("Quota exceeded");
  return failure(500);
}

ApiAnswer Office::capacity_refusal() const {
  return error(options_.capacity_refusal.status, options_.capacity_refusal.detail);
}

ApiAnswer Office::show_hourly_rate() {
  return json_answer(200, Json::object().set("rate_hourly", dollars(running_per_hour())));
}

Money Office::storage_share(Money price) const {
  return std::min(price, options_.vm_storage_per_hour);
}

Money Office::running_per_hour() {
  cloud_.advance();
  Money sum;
  for (const SimMachine& machine : cloud_.all()) {
    if (!is_ending(machine)) sum += machine.price_per_hour;
  }
  return sum;
}

Json Office::charge(const char* type,
                    const char* link,
                    const std::string& id,
                    const std::vector<std::string>& machines) {
  Money sum;
  TimePoint begin;
  std::optional<TimePoint> end = TimePoint();
  for (const SimInvoiceLine& line : cloud_.invoice()) {
    if (std::find(machines.begin(), machines.end(), line.id) == machines.end()) continue;
    sum += line.cost;
    begin = *line.billed_from;  // that of the order, the same for all
    end = line.billed_to && end ? std::max(end, line.billed_to) : std::nullopt;
  }
  const Json linked =
      Json::object()
          .set(link, id)
          .set("timestamp_creation", format_time(begin))
          .set("timestamp_deletion", end ? Json::of(format_time(*end)) : Json::null());
  return Json::object()
      .set("id", uuid_of("charge " + id))
      .set("timestamp", format_time(end.value_or(begin)))
      .set("amount", dollars(sum))
      .set("details", Json::object().set("type", type).set("linked_instance", linked));
}

// An hour of everything has to be left.
bool Office::can_pay(Money more_per_hour) {
  if (!options_.balance) return true;
  const Money left = *options_.balance - invoice_total(cloud_.invoice());
  return left >= running_per_hour() + more_per_hour;
}

}  // namespace spillway::voltage_park_api
