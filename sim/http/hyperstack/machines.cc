// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/machines.h"

#include "lib/text.h"
#include "sim/http/hyperstack/errors.h"
#include "sim/http/hyperstack/flavors.h"
#include "sim/http/hyperstack/launch.h"
#include "sim/http/hyperstack/show.h"

namespace spillway::hyperstack_api {
namespace {

// The machine that a call is about, as it stands.
struct Subject {
  Tenant& tenant;
  const SimMachine& machine;
  Vm& vm;
  std::string status;

  [[nodiscard]] std::string title() const { return "VM " + machine.order.name; }
  [[nodiscard]] bool is_in(std::initializer_list<const char*> statuses) const {
    return std::any_of(
        statuses.begin(), statuses.end(), [&](const char* each) { return status == each; });
  }
  void note(const std::string& reason, const std::string& message) const {
    vm.events.push_back({tenant.now(), "Normal", reason, message});
  }
};

// Does what `act` does with the machine of the call, or tells that there is none.
template <typename Act>
ApiAnswer with_machine(Tenant& tenant, const Call& call, const Act& act) {
  const SimMachine* machine = tenant.cloud.find(call.id);
  if (machine == nullptr) return missing("VM " + call.id);
  Vm& vm = tenant.vms.at(machine->id);
  return act(Subject{tenant, *machine, vm, status_of(vm, *machine, tenant.now())});
}

ApiAnswer wrong_state(const Subject& subject) {
  return bad_request(subject.title() + " is in state " + subject.status +
                     ", which does not allow this action.");
}

// Begins a phase, which is not billed, and tells so. `rest` is what the machine is afterwards.
enum class Rest { kBilled, kFree };
ApiAnswer begin(const Subject& subject, const char* phase, const char* what, Rest rest) {
  Tenant& tenant = subject.tenant;
  subject.vm.phase = phase;
  subject.vm.phase_ends = tenant.now() + tenant.random.within(tenant.settings.phase);
  (void)tenant.cloud.pause_billing(subject.machine.id,
                                   rest == Rest::kFree ? TimePoint::max() : subject.vm.phase_ends);
  const std::string message = subject.title() + " is scheduled to " + what + ".";
  subject.note(std::string("Instance") + phase, message);
  return json_answer(200, success(message));
}

ApiAnswer list_machines(Tenant& tenant, const Call& call) {
  const auto page = read_page(call, "pageSize");
  if (const auto* refusal = std::get_if<ApiAnswer>(&page)) return *refusal;
  const std::string environment = call.query("environment");
  const bool is_exact = call.query("exact_environment_match") == "true";
  std::vector<const SimMachine*> found;
  for (const SimMachine* machine : tenant.cloud.listed()) {
    const std::string& its = tenant.vms.at(machine->id).environment;
    const bool is_there =
        environment.empty() || (is_exact ? its == environment : contains(its, environment));
    if (is_there && contains(machine->order.name, call.query("search"))) found.push_back(machine);
  }
  Json instances = Json::array();
  for (const SimMachine* machine : std::get<Page>(page).cut(found))
    instances.append(show_vm(tenant, *machine));
  Json answer = success("Getting virtual machines successful");
  std::get<Page>(page).tell(answer, found.size());
  return json_answer(200, answer.set("instances", instances));
}

ApiAnswer get_machine(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    return json_answer(200,
                       success("Getting virtual machine successful")
                           .set("instance", show_vm(subject.tenant, subject.machine)));
  });
}

ApiAnswer delete_machine(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (subject.is_in({"CREATING"}))
      return bad_request(subject.title() +
                         " is currently being created and cannot be deleted yet. Please wait until "
                         "the creation process is finished before attempting deletion.");
    // One that is being deleted may be deleted again: a guess.
    (void)subject.tenant.cloud.terminate(subject.machine.id);
    subject.note("InstanceDeletionRequest", subject.title() + " is to be deleted.");
    return json_answer(200, success("Instance is being deleted."));
  });
}

ApiAnswer start(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (!subject.is_in({"SHUTOFF"})) return wrong_state(subject);
    (void)subject.tenant.cloud.start(subject.machine.id);
    return begin(subject, "STARTING", "start", Rest::kBilled);
  });
}

ApiAnswer stop(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (!subject.is_in({"ACTIVE", "ERROR"}) || !has_run(subject.machine))
      return wrong_state(subject);
    (void)subject.tenant.cloud.stop(subject.machine.id);
    return begin(subject, "STOPPING", "stop", Rest::kBilled);
  });
}

// Brings a machine in ERROR back as well, unless it never ran.
ApiAnswer hard_reboot(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (!subject.is_in({"ACTIVE", "ERROR"}) || !has_run(subject.machine))
      return wrong_state(subject);
    (void)subject.tenant.cloud.stop(subject.machine.id);
    (void)subject.tenant.cloud.start(subject.machine.id);
    return begin(subject, "HARD_REBOOT", "hard reboot", Rest::kBilled);
  });
}

// The hardware goes back to the stock; of the machine's storage no bill is kept here.
ApiAnswer hibernate(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [&](const Subject& subject) {
    const SimOrder& order = subject.machine.order;
    if (!can_hibernate(*subject.tenant.cloud.find_type(order.type), order.region))
      return incompatible("Flavor " + order.type + " does not support hibernation.");
    if (!subject.is_in({"ACTIVE"})) return wrong_state(subject);
    (void)subject.tenant.cloud.stop(subject.machine.id);
    (void)subject.tenant.cloud.shelve(subject.machine.id);
    if (call.query("retain_ip") != "true") subject.vm.ip = {};
    return begin(subject, "HIBERNATING", "hibernate", Rest::kFree);
  });
}

ApiAnswer restore(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (subject.is_in({"HIBERNATING"}))
      return bad_request("The VM hibernation process is still going on. Please try later.");
    if (!subject.is_in({"HIBERNATED"})) return wrong_state(subject);
    if (!subject.tenant.cloud.unshelve(subject.machine.id)) return no_capacity(subject.tenant);
    (void)subject.tenant.cloud.start(subject.machine.id);
    return begin(subject, "RESTORING", "be restored from hibernation", Rest::kBilled);
  });
}

ApiAnswer set_labels(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [&](const Subject& subject) {
    if (auto refusal = check_texts(call.body, "labels")) return *refusal;
    subject.vm.labels = call.body.get("labels");
    return json_answer(
        200, success("labels for " + subject.title() + " is set to: " + subject.vm.labels.dump()));
  });
}

ApiAnswer list_events(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    Json events = Json::array();
    for (const VmEvent& event : events_of(subject.vm, subject.machine))
      events.append(Json::object()
                        .set("instance_id", number_of(subject.machine))
                        .set("org_id", kOrganisation)
                        .set("time", format_time(event.at))
                        .set("type", event.type)
                        .set("reason", event.reason)
                        .set("object", "virtual-machine")
                        .set("message", event.message));
    return json_answer(200, success("Getting events successful").set("instance_events", events));
  });
}

// The names that an order of `count` machines would give.
ApiAnswer is_machine_name_free(Tenant& tenant, const Call& call) {
  const std::string given = call.query("count");
  const auto count = given.empty() ? 1 : parse_whole_number(given, 20).value_or(0);
  if (count == 0) return bad_request("count: must be a whole number from 1 to 20");
  bool is_free = true;
  for (int i = 0; i < static_cast<int>(count); ++i)
    is_free = is_free && !is_name_taken(tenant, name_of(call.id, i, static_cast<int>(count)));
  return json_answer(200, name_availability(call.id, is_free));
}

void move_ip(const Subject& subject, FloatingIp::Wish wish) {
  Tenant& tenant = subject.tenant;
  subject.vm.ip = {wish, tenant.now() + tenant.random.within(tenant.settings.floating_ip)};
}

// An address that comes later is not on the bill; one that was ordered with the machine is.
ApiAnswer attach_ip(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (!subject.is_in({"ACTIVE", "SHUTOFF"})) return wrong_state(subject);
    if (subject.vm.ip.wish == FloatingIp::Wish::kAttached)
      return bad_request(subject.title() + " has a public IP already.");
    if (subject.tenant.credit() < subject.tenant.cost_per_hour()) return no_balance(402);
    move_ip(subject, FloatingIp::Wish::kAttached);
    return json_answer(200, success("Public IP is being attached to " + subject.title() + "."));
  });
}

ApiAnswer detach_ip(Tenant& tenant, const Call& call) {
  return with_machine(tenant, call, [](const Subject& subject) {
    if (!subject.is_in({"ACTIVE", "SHUTOFF"})) return wrong_state(subject);
    if (ip_status_of(subject.vm, subject.machine, subject.tenant.now()) != "ATTACHED")
      return bad_request(subject.title() + " has no public IP.");
    move_ip(subject, FloatingIp::Wish::kDetached);
    return json_answer(200, success("Public IP is being detached from " + subject.title() + "."));
  });
}

}  // namespace

const Routes& machine_routes() {
  static const Routes routes{
      {"GET", "/core/virtual-machines", list_machines},
      {"POST", "/core/virtual-machines", create_machines},
      {"GET", "/core/virtual-machines/name-availability/*", is_machine_name_free},
      {"GET", "/core/virtual-machines/*", get_machine},
      {"DELETE", "/core/virtual-machines/*", delete_machine},
      {"GET", "/core/virtual-machines/*/start", start},
      {"GET", "/core/virtual-machines/*/stop", stop},
      {"GET", "/core/virtual-machines/*/hard-reboot", hard_reboot},
      {"GET", "/core/virtual-machines/*/hibernate", hibernate},
      {"GET", "/core/virtual-machines/*/hibernate-restore", restore},
      {"PUT", "/core/virtual-machines/*/label", set_labels},
      {"GET", "/core/virtual-machines/*/events", list_events},
      {"POST", "/core/virtual-machines/*/attach-floatingip", attach_ip},
      {"POST", "/core/virtual-machines/*/detach-floatingip", detach_ip},
  };
  return routes;
}

bool is_name_taken(Tenant& tenant, const std::string& name) {
  tenant.cloud.advance();
  const auto& machines = tenant.cloud.all();
  return std::any_of(machines.begin(), machines.end(), [&](const SimMachine& machine) {
    return machine.status != SimStatus::kGone && machine.order.name == name;
  });
}

}  // namespace spillway::hyperstack_api
