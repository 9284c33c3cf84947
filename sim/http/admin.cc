// SPDX-License-Identifier: GPL-2.0-or-later
//
// The admin side of the world: "/sim/...".
#include "sim/http/fault_json.h"
#include "sim/http/json_fields.h"
#include "sim/http/world.h"

namespace spillway {
namespace {

ApiAnswer admin_error(int status, const std::string& why) {
  return json_answer(status, Json::object().set("error", why));
}

Json time_or_null(const std::optional<TimePoint>& time) {
  return time ? Json::of(format_time(*time)) : Json::null();
}

Json show_line(const SimInvoiceLine& line) {
  return Json::object()
      .set("provider", line.provider)
      .set("id", line.id)
      .set("name", line.name)
      .set("type", line.type)
      .set("region", line.region)
      .set("billed_from", time_or_null(line.billed_from))
      .set("billed_to", time_or_null(line.billed_to))
      .set("paused_seconds", static_cast<std::int64_t>(line.paused.count()))
      .set("price_microusd_per_hour", line.price_per_hour.micros())
      .set("cost_microusd", line.cost.micros());
}

Json show_machine(const std::string& provider, const SimMachine& machine) {
  return Json::object()
      .set("provider", provider)
      .set("id", machine.id)
      .set("name", machine.order.name)
      .set("type", machine.order.type)
      .set("region", machine.order.region)
      .set("status", sim_status_name(machine.status))
      .set("address", machine.address)
      .set("private_address", machine.private_address)
      .set("ordered_at", format_time(machine.ordered_at))
      .set("billed_from", time_or_null(machine.billed_from))
      .set("billed_to", time_or_null(machine.billed_to));
}

}  // namespace

ApiAnswer SimWorld::serve_admin(const ApiRequest& request) {
  if (request.method == "GET") {
    if (request.path == "/sim/machines") return show_machines();
    if (request.path == "/sim/invoice") return show_invoice();
    if (request.path == "/sim/requests") return show_requests();
    if (request.path == "/sim/rates") return show_rates();
  }
  using Change = Status (SimWorld::*)(const Json&);
  const std::map<std::string, Change> changes{{"/sim/faults", &SimWorld::change_faults},
                                              {"/sim/capacity", &SimWorld::change_capacity},
                                              {"/sim/prices", &SimWorld::change_price}};
  const auto change = changes.find(request.path);
  if (request.method != "POST" || change == changes.end())
    return admin_error(404, request.method + " " + request.path + ": unknown");
  const auto body = Json::parse(request.body, "body");
  if (!body) return admin_error(400, body.error().message);
  const Status status = (this->*change->second)(*body);
  if (!status) return admin_error(400, status.error().message);
  return json_answer(200, Json::object());
}

ApiAnswer SimWorld::show_machines() {
  Json machines = Json::array();
  for (const Cloud& cloud : clouds_) {
    cloud.model->advance();
    for (const SimMachine& machine : cloud.model->all())
      machines.append(show_machine(cloud.model->settings().provider, machine));
  }
  return json_answer(200, Json::object().set("machines", machines));
}

ApiAnswer SimWorld::show_invoice() {
  Json lines = Json::array();
  Money total;
  for (const Cloud& cloud : clouds_) {
    const auto invoice = cloud.model->invoice();
    for (const SimInvoiceLine& line : invoice)
      lines.append(show_line(line));
    total += invoice_total(invoice);
  }
  return json_answer(200,
                     Json::object()
                         .set("currency", "USD")
                         .set("total_microusd", total.micros())
                         .set("lines", lines));
}

ApiAnswer SimWorld::show_requests() const {
  Json requests = Json::array();
  for (const JournalEntry& entry : journal_) {
    Json shown = Json::object()
                     .set("at", format_time(entry.at))
                     .set("at_ms", static_cast<std::int64_t>(entry.at.time_since_epoch().count()))
                     .set("method", entry.method)
                     .set("path", entry.path)
                     .set("status", entry.status);
    if (entry.order)
      shown.set("launch",
                Json::object()
                    .set("region", entry.order->region)
                    .set("type", entry.order->type)
                    .set("name", entry.order->name)
                    .set("machines", entry.order->machines));
    requests.append(shown);
  }
  return json_answer(200, Json::object().set("requests", requests));
}

ApiAnswer SimWorld::show_rates() const {
  Json rates = Json::array();
  for (const Cloud& cloud : clouds_)
    rates.append(cloud.meter.show(cloud.model->settings().provider));
  return json_answer(200, Json::object().set("clouds", rates));
}

Status SimWorld::change_faults(const Json& body) {
  auto rules = parse_faults(body);
  if (!rules) return rules.error();
  faults_.replace(*std::move(rules));
  return {};
}

Status SimWorld::change_capacity(const Json& body) {
  JsonFields fields("capacity");
  fields.expect("body", body, {"provider", "type", "region", "capacity"});
  const std::string provider = fields.text(body, "provider", "");
  const std::string type = fields.text(body, "type", "");
  const std::string region = fields.text(body, "region", "");
  const auto machines = fields.integer(body, "capacity", -1, 0);
  if (machines < 0) fields.fail("capacity", "is required");
  if (auto status = fields.status(); !status) return status;
  SimCloud* cloud = find_cloud(provider);
  if (cloud == nullptr) return Error{ErrorCode::kNotFound, "provider: not simulated", {}};
  return cloud->set_capacity(type, region, static_cast<int>(machines));
}

Status SimWorld::change_price(const Json& body) {
  JsonFields fields("prices");
  fields.expect("body", body, {"provider", "type", "price_cents_per_hour"});
  const std::string provider = fields.text(body, "provider", "");
  const std::string type = fields.text(body, "type", "");
  const auto cents = fields.integer(body, "price_cents_per_hour", -1, 0);
  if (cents < 0) fields.fail("price_cents_per_hour", "is required");
  if (auto status = fields.status(); !status) return status;
  SimCloud* cloud = find_cloud(provider);
  if (cloud == nullptr) return Error{ErrorCode::kNotFound, "provider: not simulated", {}};
  return cloud->set_price(type, Money::from_cents(cents));
}

SimCloud* SimWorld::find_cloud(const std::string& provider) {
  for (const Cloud& cloud : clouds_) {
    if (cloud.model->settings().provider == provider) return cloud.model.get();
  }
  return nullptr;
}

}  // namespace spillway
