// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/billing.h"

#include "sim/http/hyperstack/errors.h"
#include "sim/http/hyperstack/show.h"

namespace spillway::hyperstack_api {
namespace {

ApiAnswer get_credit(Tenant& tenant, const Call&) {
  const Money credit = tenant.credit();
  return json_answer(200,
                     success("Getting user credit successful")
                         .set("data",
                              Json::object()
                                  .set("credit", number(credit))
                                  .set("threshold", 0)
                                  .set("can_create_instance", credit > Money())));
}

Json nothing_of(std::initializer_list<const char*> keys) {
  Json counts = Json::object();
  for (const char* key : keys)
    counts.set(key, 0);
  return counts;
}

ApiAnswer get_dashboard(Tenant& tenant, const Call&) {
  int count = 0;
  int gpus = 0;
  int vcpus = 0;
  int memory = 0;
  for (const SimMachine* machine : tenant.cloud.listed()) {
    const SimType& type = *tenant.cloud.find_type(machine->order.type);
    ++count;
    gpus += type.gpus;
    vcpus += type.vcpus;
    memory += type.memory_gib;
  }
  const Json instance = Json::object()
                            .set("count", count)
                            .set("vcpus", vcpus)
                            .set("ram", memory)
                            .set("gpus", gpus)
                            .set("cost_per_hour", number(tenant.cost_per_hour()));
  const Json overview =
      Json::object()
          .set("instance", instance)
          .set("container", nothing_of({"count", "vcpus", "ram", "gpus", "cost_per_hour"}))
          .set("volume", nothing_of({"count", "using", "cost_per_hour"}));
  return json_answer(200, success("Getting dashboard successful").set("overview", overview));
}

struct Span {
  TimePoint from = TimePoint::min();
  TimePoint to;
};

// The time that a call asks about: "2026-11-24T11:16:26", UTC.
std::variant<Span, ApiAnswer> span_of(const Tenant& tenant, const Call& call) {
  Span span{TimePoint::min(), tenant.now()};
  for (const char* key : {"start_date", "end_date"}) {
    const std::string text = call.query(key);
    if (text.empty()) continue;
    const auto time = parse_time(text + "Z");
    if (!time) return bad_request(std::string(key) + ": must be YYYY-MM-DDTHH:MM:SS");
    if (key == std::string("start_date"))
      span.from = *time;
    else
      span.to = std::min(span.to, *time);
  }
  return span;
}

// What the machine was paid for in `span`, by the rule of the invoice.
Json show_metrics(const SimCloud& cloud, const SimMachine& machine, const Span& span) {
  std::chrono::seconds used(0);
  Money cost;
  if (machine.billed_from) {
    const TimePoint from = std::max(*machine.billed_from, span.from);
    const TimePoint to = std::min(machine.billed_to.value_or(span.to), span.to);
    const TimePoint paid_to = to - paused_time(machine.pauses, from, to);
    cost = billed_cost(machine.price_per_hour, from, paid_to, cloud.settings().billing);
    used = std::max(used, std::chrono::floor<std::chrono::seconds>(paid_to - from));
  }
  return Json::object()
      .set("incurred_bill", number(cost))
      .set("price_per_hour", number(machine.price_per_hour))
      .set("usage_time", static_cast<std::int64_t>(used.count()));
}

Json show_bill(const SimCloud& cloud, const SimMachine& machine, const Span& span) {
  return Json::object()
      .set("attributes",
           Json::object()
               .set("id", "vm-" + machine.id)
               .set("infrahub_id", number_of(machine))
               .set("resource_name", machine.order.name))
      .set("metrics", show_metrics(cloud, machine, span));
}

// Of machines that are gone, too. Bears "success", unlike all other answers.
ApiAnswer list_bills(Tenant& tenant, const Call& call) {
  const auto span = span_of(tenant, call);
  if (const auto* refusal = std::get_if<ApiAnswer>(&span)) return *refusal;
  const auto page = read_page(call, "per_page");
  if (const auto* refusal = std::get_if<ApiAnswer>(&page)) return *refusal;
  tenant.cloud.advance();
  std::vector<const SimMachine*> found;
  for (const SimMachine& machine : tenant.cloud.all()) {
    if (contains(machine.order.name, call.query("search"))) found.push_back(&machine);
  }
  const Page& asked = std::get<Page>(page);
  Json bills = Json::array();
  for (const SimMachine* machine : asked.cut(found)) {
    const Json bill = show_bill(tenant.cloud, *machine, std::get<Span>(span));
    const Vm& vm = tenant.vms.at(machine->id);
    bill.get("attributes").set("status", status_of(vm, *machine, tenant.now()));
    bills.append(bill);
  }
  const auto count = static_cast<std::int64_t>(found.size());
  const std::int64_t size = asked.size_or_usual();
  const Json history = Json::object()
                           .set("org_id", kOrganisation)
                           .set("total_count", count)
                           .set("pagination",
                                Json::object()
                                    .set("page", asked.number_or_first())
                                    .set("per_page", size)
                                    .set("pages", (count + size - 1) / size))
                           .set("billing_history", bills);
  return json_answer(200,
                     Json::object()
                         .set("success", true)
                         .set("message", "Getting billing history successful")
                         .set("billing_history_vm", history));
}

ApiAnswer get_bill(Tenant& tenant, const Call& call) {
  const auto span = span_of(tenant, call);
  if (const auto* refusal = std::get_if<ApiAnswer>(&span)) return *refusal;
  tenant.cloud.advance();
  const auto& all = tenant.cloud.all();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const SimMachine& machine) { return machine.id == call.id; });
  if (found == all.end()) return missing("VM " + call.id);
  const Json bill = show_bill(tenant.cloud, *found, std::get<Span>(span));
  Json metrics = bill.get("metrics");
  metrics.set("non_discounted_bill", metrics.get("incurred_bill"));
  return json_answer(200,
                     Json::object()
                         .set("success", true)
                         .set("message", "Getting billing details successful")
                         .set("billing_history_vm_details",
                              Json::object()
                                  .set("org_id", kOrganisation)
                                  .set("total_count", 1)
                                  .set("billing_history", Json::array().append(bill))));
}

}  // namespace

const Routes& billing_routes() {
  static const Routes routes{
      {"GET", "/billing/user-credit/credit", get_credit},
      {"GET", "/core/dashboard", get_dashboard},
      {"GET", "/billing/billing/history/virtual-machine", list_bills},
      {"GET", "/billing/billing/history/virtual-machine/*", get_bill},
  };
  return routes;
}

}  // namespace spillway::hyperstack_api
