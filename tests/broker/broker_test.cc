// SPDX-License-Identifier: GPL-2.0-or-later
//
// The broker's mind with a real ledger, and everything else played by hand.
#include "broker/broker.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/hostlist.h"
#include "tests/support/cmocka.h"
#include "tests/support/small_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// The resume file of a node that an admin powers up.
constexpr const char* kByHand = R"({"jobs":[],"all_nodes_resume":"h100-002"})";

// A broker on a ledger in a folder of its own; the small world's Slurm and offers.
class Stage {
 public:
  Stage() : clock(world.now), tokens(Secret(std::string(64, 'a'))) {
    std::string name = "/tmp/spillway-broker-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) fail_msg("mkdtemp");
    folder = name;
    world.config.ledger = folder + "/ledger.db";
    start();
  }
  ~Stage() {
    broker.reset();
    ledger.reset();
    std::filesystem::remove_all(folder);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void start() {
    broker.reset();
    ledger.reset();
    auto opened = Ledger::open(world.config.ledger, Ledger::Access::kReadWrite);
    if (!opened) fail_msg("%s", opened.error().message.c_str());
    ledger = *std::move(opened);
    make_broker();
  }

  // Leads, as a daemon does.
  void lead() {
    leadership = std::make_unique<Leadership>(*ledger, clock, clock);
    if (!leadership->hold()) fail_msg("cannot lead");
    make_broker();
  }
  void make_broker() {
    auto made = Broker::make({world.config,
                              *ledger,
                              clock,
                              tokens,
                              "sha256//pin",
                              {{"lambda", {}}},
                              catalog,
                              keys_changed_at,
                              leadership.get()});
    if (!made) fail_msg("%s", made.error().message.c_str());
    broker = *std::move(made);
    broker->take(OffersSeen{"lambda", clock.now(), world.providers.at("lambda").offers});
  }

  Dispatch turn() {
    clock.advance(seconds(1));
    auto dispatch = broker->turn();
    if (dispatch.slurm) last_batch = dispatch.slurm->number;  // carried out at once
    return dispatch;
  }
  void see_slurm() {
    world.slurm.at = clock.now();
    broker->take(SlurmSeen{last_batch, world.slurm});
  }
  void resume(const std::string& nodes, const std::string& resume_file) {
    Request request;
    request.nodes = nodes;
    request.resume_file = resume_file;
    request.received_at = clock.now();
    if (!ledger->append_request(request)) fail_msg("append_request");
  }
  // Job 7 waits, is permitted, starts on h100-001, and Slurm calls ResumeProgram.
  Dispatch burst() {
    world.add_pending_job(7, 1, minutes(11));
    see_slurm();
    if (!turn().decisions) fail_msg("no decisions were written");
    world.start_job(7, "h100-001");
    see_slurm();
    resume("h100-001",
           R"({"jobs":[{"job_id":7,"nodes_resume":"h100-001"}],"all_nodes_resume":"h100-001"})");
    return turn();
  }
  // As `spillway set` and `spillway retry` do, from another process.
  void commit_from_outside(const Changes& changes) {
    auto other = Ledger::open(world.config.ledger, Ledger::Access::kReadWrite);
    if (!other || !(*other)->commit(changes)) fail_msg("the ledger cannot be written");
  }
  void set(const std::string& name, const std::string& value, std::optional<TimePoint> until = {}) {
    Changes changes;
    changes.settings = {{name, value, "ada", clock.now(), until}};
    commit_from_outside(changes);
  }
  // The events of this kind that are in the ledger, one a line.
  std::string events_of(const std::string& kind) {
    const auto events = ledger->events(0, 1'000);
    if (!events) fail_msg("%s", events.error().message.c_str());
    std::string lines;
    for (const auto& event : *events) {
      if (event.kind == kind) lines += event.text + "\n";
    }
    return lines;
  }
  void see_machine(const CallOrder& call, CloudState state) {
    broker->take(MachinesSeen{
        "lambda", clock.now(), std::vector<CloudMachine>{world.cloud_machine("1", call, state)}});
  }

  SmallWorld world;
  std::string folder;
  ManualClock clock;
  JoinTokens tokens;
  Catalog catalog;
  std::map<std::string, TimePoint> keys_changed_at;
  std::int64_t last_batch = 0;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Leadership> leadership;
  std::unique_ptr<Broker> broker;
};

// While it lives no file of this process grows.
class FullDisk {
 public:
  FullDisk() {
    (void)::signal(SIGXFSZ, SIG_IGN);
    if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) fail_msg("getrlimit");
    set({0, before_.rlim_max});
  }
  ~FullDisk() { set(before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  static void set(const rlimit& limit) {
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) fail_msg("setrlimit");
  }
  rlimit before_{};
};

}  // namespace

static void an_order_is_in_the_ledger_before_it_leaves(void**) {
  Stage stage;
  const auto dispatch = stage.burst();
  assert_int_equal(dispatch.orders.size(), 1);
  const auto& spec = dispatch.orders[0].spec;
  assert_true(spec.user_data.size() < 1000);
  assert_true(spec.user_data.find(stage.tokens.make(spec.mark.lease).reveal()) !=
              std::string::npos);
  auto other = Ledger::open(stage.world.config.ledger, Ledger::Access::kReadOnly);
  assert_true(static_cast<bool>(other));
  const auto books = (*other)->load();
  assert_int_equal(books->machines.size(), 1);
  assert_true(books->machines.begin()->second.state == MachineState::kOrdered);
  assert_int_equal(books->machines.begin()->second.call, spec.mark.call);
}

static void a_restart_asks_the_cloud_before_it_orders_again(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  stage.start();  // as after a crash between the intent and the answer
  stage.see_slurm();
  assert_true(stage.turn().orders.empty());
  stage.clock.advance(seconds(60));
  stage.see_machine(call, CloudState::kRunning);
  stage.see_slurm();
  assert_true(stage.turn().orders.empty());
  assert_int_equal(stage.broker->books().machines.size(), 1);
  assert_true(stage.broker->books().machines.begin()->second.state == MachineState::kBooting);
}

// The call may have waited for its turn, and have left just before the crash: the list's delay does
// not count from the intent.
static void a_restart_gives_the_list_its_time_before_it_orders_again(void**) {
  Stage stage;
  assert_int_equal(stage.burst().orders.size(), 1);
  stage.clock.advance(seconds(29));
  stage.start();
  stage.see_slurm();
  const auto see_nothing = [&] {
    stage.broker->take(MachinesSeen{"lambda", stage.clock.now(), std::vector<CloudMachine>{}});
    stage.turn();
    return stage.broker->books().machines.begin()->second.state;
  };
  stage.clock.advance(seconds(5));
  assert_true(see_nothing() == MachineState::kOrdered);
  stage.clock.advance(seconds(30));
  assert_true(see_nothing() == MachineState::kOrdered);  // one list may miss it
  stage.clock.advance(seconds(15));
  assert_true(see_nothing() == MachineState::kWanted);
  assert_string_not_equal(stage.events_of("unanswered").c_str(), "");
}

// Only the one that sent the call can have sent it late: a broker that was killed every half minute
// never settled an order.
static void further_restarts_do_not_put_an_open_order_off(void**) {
  Stage stage;
  assert_int_equal(stage.burst().orders.size(), 1);
  for (int restart = 0; restart < 3; ++restart) {
    stage.start();
    stage.clock.advance(seconds(15));
  }
  stage.see_slurm();
  for (int list = 0; list < 2; ++list) {
    stage.broker->take(MachinesSeen{"lambda", stage.clock.now(), std::vector<CloudMachine>{}});
    stage.turn();
  }
  assert_true(stage.broker->books().machines.begin()->second.state == MachineState::kWanted);
}

static void nothing_is_dispatched_that_the_ledger_does_not_hold(void**) {
  Stage stage;
  stage.world.add_pending_job(7, 1, minutes(11));
  stage.see_slurm();
  stage.turn();
  stage.resume("h100-002", kByHand);
  sqlite3* other = nullptr;
  assert_int_equal(sqlite3_open(stage.world.config.ledger.c_str(), &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  assert_true(stage.turn().orders.empty());
  assert_int_equal(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  assert_int_equal(stage.turn().orders.size(), 1);
}

// Another broker took over while this one stalled: nothing of what it has in mind is carried out or
// written down, and what the other did stays.
static void a_broker_that_stalled_does_nothing_when_it_wakes_up(void**) {
  Stage stage;
  stage.lead();
  stage.world.add_pending_job(7, 1, minutes(11));
  stage.see_slurm();
  stage.turn();
  stage.resume("h100-002", kByHand);
  stage.world.node("h100-003").powering_down = true;
  stage.see_slurm();
  stage.clock.advance(seconds(60));
  auto ledger = Ledger::open(stage.world.config.ledger, Ledger::Access::kReadWrite);
  assert_true(static_cast<bool>(ledger));
  Leadership other(**ledger, stage.clock, stage.clock);
  assert_true(other.hold());
  const auto dispatch = stage.turn();
  assert_true(dispatch.orders.empty() && dispatch.releases.empty() && !dispatch.slurm);
  assert_false(dispatch.decisions.has_value());
  assert_false(stage.leadership->hold());
  const auto books = (*ledger)->load();
  assert_true(books->machines.empty());
  assert_int_equal(books->requests.size(), 1);
}

static void requests_that_came_while_the_broker_was_down_are_carried_out(void**) {
  Stage stage;
  stage.broker.reset();
  stage.resume("h100-003", kByHand);
  stage.start();
  stage.see_slurm();
  assert_int_equal(stage.turn().orders.size(), 1);
}

static void an_offer_without_a_price_is_ordered_at_the_catalogs_or_not_at_all(void**) {
  CatalogPrice price;
  price.provider = "lambda";
  price.gpu = "h100";
  price.per_gpu_hour = Money::from_cents(399);
  for (const bool is_known : {true, false}) {
    Stage stage;
    for (auto& offer : stage.world.providers.at("lambda").offers)
      offer.price_per_hour.reset();
    if (is_known) stage.catalog.prices = {price};
    stage.start();
    assert_int_equal(stage.burst().orders.size(), is_known ? 1 : 0);
    if (!is_known) continue;
    const auto& lease = stage.broker->books().leases.begin()->second;
    assert_int_equal(lease.price_per_hour.micros(), 31'920'000);
  }
}

static void a_malformed_request_is_closed_and_harms_nothing(void**) {
  Stage stage;
  stage.resume("h100-[", "");
  stage.resume("h100-001", "{\"jobs\":");
  stage.clock.advance(seconds(1));
  stage.see_slurm();
  const auto dispatch = stage.turn();
  assert_true(!dispatch.slurm || dispatch.slurm->send_backs.empty());
  assert_true(stage.broker->books().requests.empty());
}

// Deadlines are counted by our clock, whatever the cloud's says.
static void a_clouds_clock_gives_no_machine_up(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  stage.broker->take(OrderDone{call, Ordered{{"1"}, stage.clock.now() - minutes(90)}});
  assert_true(stage.turn().releases.empty());
  const auto& books = stage.broker->books();
  assert_int_equal(books.machines.size(), 1);
  assert_true(books.machines.begin()->second.state == MachineState::kBooting);
}

static void a_machine_joins_with_its_leases_token_and_no_other(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  const auto token = stage.tokens.make(call.lease);
  JoinFacts facts;
  auto early = stage.broker->join(token, "198.51.100.1", facts);
  assert_true(!early && early.error().code == ErrorCode::kTransient);
  stage.broker->take(OrderDone{call, Ordered{{"1"}, stage.clock.now()}});
  stage.see_machine(call, CloudState::kRunning);
  stage.turn();
  const auto joined = stage.broker->join(token, "198.51.100.1", facts);
  assert_true(static_cast<bool>(joined));
  assert_string_equal(joined->node.c_str(), "h100-001");
  assert_int_equal(joined->shape.gpus, 8);
  const auto again = stage.broker->join(token, "198.51.100.1", facts);
  assert_true(again && again->node == joined->node);
  // Not before slurmctld knows its address, or a job that starts at once does not find it.
  auto too_early = stage.broker->ready(token, "198.51.100.1");
  assert_true(!too_early && too_early.error().code == ErrorCode::kTransient);
  stage.see_slurm();
  const auto dispatch = stage.turn();
  assert_string_equal(dispatch.slurm.value().addresses.at(0).address.c_str(), "198.51.100.1");
  stage.world.node("h100-001").address = "198.51.100.1";
  stage.see_slurm();
  assert_true(static_cast<bool>(stage.broker->ready(token, "198.51.100.1")));
  const Secret refused[] = {stage.tokens.make(call.lease + 1),
                            Secret("1.x"),
                            Secret(""),
                            Secret(token.reveal() + "0"),
                            JoinTokens(Secret(std::string(64, 'b'))).make(call.lease)};
  for (const auto& bad : refused) {
    const auto reply = stage.broker->join(bad, "198.51.100.1", facts);
    assert_true(!reply && reply.error().code == ErrorCode::kUnauthorized);
  }
  const auto elsewhere = stage.broker->join(token, "203.0.113.9", facts);
  assert_true(!elsewhere && elsewhere.error().code == ErrorCode::kUnauthorized);
}

// What a commit that failed had changed was believed when it was asked for again: the machine was
// told to start slurmd, a job ran on it, and at the boot deadline it was given back.
static void a_machine_is_not_ready_before_the_ledger_says_so(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  const auto token = stage.tokens.make(call.lease);
  stage.broker->take(OrderDone{call, Ordered{{"1"}, stage.clock.now()}});
  stage.see_machine(call, CloudState::kRunning);
  stage.turn();
  assert_true(static_cast<bool>(stage.broker->join(token, "198.51.100.1", {})));
  stage.world.node("h100-001").address = "198.51.100.1";
  stage.see_slurm();
  {
    const FullDisk full;
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto ready = stage.broker->ready(token, "198.51.100.1");
      if (ready || ready.error().code != ErrorCode::kTransient) fail_msg("attempt %d", attempt);
    }
  }
  assert_true(static_cast<bool>(stage.broker->ready(token, "198.51.100.1")));
  assert_true(stage.ledger->load()->machines.begin()->second.state == MachineState::kReady);
}

static void a_token_ends_with_the_boot_deadline(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  const auto token = stage.tokens.make(call.lease);
  assert_true(static_cast<bool>(stage.broker->admit(token)));
  stage.clock.advance(minutes(31));
  assert_false(static_cast<bool>(stage.broker->admit(token)));
}

// It waits for slurmctld, which may be away for longer.
static void a_token_stands_while_its_machine_has_joined(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  const auto token = stage.tokens.make(call.lease);
  stage.broker->take(OrderDone{call, Ordered{{"1"}, stage.clock.now()}});
  stage.see_machine(call, CloudState::kRunning);
  stage.turn();
  assert_true(static_cast<bool>(stage.broker->join(token, "198.51.100.1", {})));
  stage.clock.advance(minutes(31));
  assert_true(static_cast<bool>(stage.broker->admit(token)));
}

static void an_unhealthy_machine_is_given_back_and_cannot_come_again(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  stage.broker->take(OrderDone{call, Ordered{{"1"}, stage.clock.now()}});
  stage.see_machine(call, CloudState::kRunning);
  stage.turn();
  const auto token = stage.tokens.make(call.lease);
  assert_true(static_cast<bool>(stage.broker->join(token, "198.51.100.1", {})));
  assert_true(
      static_cast<bool>(stage.broker->unhealthy(token, "198.51.100.1", "gpus: 7 of 8", "")));
  const auto dispatch = stage.turn();
  assert_int_equal(dispatch.releases.size(), 1);
  // The token stands for the machine that takes its place.
  assert_true(static_cast<bool>(stage.broker->admit(token)));
  const auto again = stage.broker->join(token, "198.51.100.1", {});
  assert_true(!again && again.error().code == ErrorCode::kUnauthorized);
}

static void the_decisions_are_written_on_change_and_to_stay_valid(void**) {
  Stage stage;
  stage.see_slurm();
  assert_true(stage.turn().decisions.has_value());
  assert_false(stage.turn().decisions.has_value());
  stage.clock.advance(seconds(30));
  const auto again = stage.turn().decisions;
  assert_true(again.has_value());
  const auto read = parse_decisions(*again);
  assert_true(static_cast<bool>(read));
  assert_int_equal(read->written, to_unix_seconds(stage.clock.now()));
}

static void slurm_is_tended_only_on_what_was_read_after_the_last_change(void**) {
  Stage stage;
  stage.world.node("h100-001").powering_down = true;
  stage.see_slurm();
  const auto first = stage.turn();
  assert_true(first.slurm && first.slurm->resumes.size() == 1);
  stage.last_batch = 0;
  stage.see_slurm();  // read before the change was made
  assert_false(stage.turn().slurm.has_value());
  stage.last_batch = first.slurm->number;
  stage.see_slurm();
  assert_true(stage.turn().slurm.has_value());
}

static void a_limit_set_meanwhile_holds_from_the_next_turn_on(void**) {
  Stage stage;
  stage.world.config.policy.limits.machines = 1;
  stage.world.add_pending_job(7, 2, minutes(11));
  stage.see_slurm();
  stage.turn();
  assert_true(stage.broker->books().permissions.empty());
  stage.set("policy.limits.machines", "2");
  stage.see_slurm();
  stage.turn();
  assert_int_equal(stage.broker->books().permissions.count(7), 1);
}

static void a_setting_outlives_the_broker_and_ends_with_its_time(void**) {
  Stage stage;
  stage.set("policy.limits.machines", "1", stage.clock.now() + minutes(10));
  stage.start();
  stage.world.add_pending_job(7, 2, minutes(11));
  stage.see_slurm();
  stage.turn();
  assert_true(stage.broker->books().permissions.empty());
  stage.clock.advance(minutes(10));
  stage.see_slurm();
  stage.turn();
  assert_int_equal(stage.broker->books().permissions.count(7), 1);
  stage.turn();
  assert_true(stage.broker->books().settings.empty());
  assert_string_equal(stage.events_of("set").c_str(),
                      "policy.limits.machines is as spillway.yaml says again: the time of 1, set "
                      "by ada, is over\n");
  assert_true(stage.ledger->settings()->empty());
}

static void a_setting_that_was_taken_back_is_over_at_once(void**) {
  Stage stage;
  stage.set("policy.limits.machines", "1");
  stage.world.add_pending_job(7, 2, minutes(11));
  stage.see_slurm();
  stage.turn();
  assert_true(stage.broker->books().permissions.empty());
  Changes changes;
  changes.dropped_settings = {stage.broker->books().settings.at("policy.limits.machines")};
  stage.commit_from_outside(changes);
  stage.see_slurm();
  stage.turn();
  assert_int_equal(stage.broker->books().permissions.count(7), 1);
}

static void a_retry_ends_the_cooldowns_that_the_broker_holds(void**) {
  Stage stage;
  const auto call = stage.burst().orders.at(0).call;
  stage.broker->take(OrderDone{call, Error{ErrorCode::kBalance, "HTTP 402: no balance", {}}});
  stage.see_slurm();
  stage.turn();
  assert_int_equal(stage.broker->books().cooldowns.size(), 1);
  Changes changes;
  changes.retries = {{0, "lambda", "ada", stage.clock.now()}};
  stage.commit_from_outside(changes);
  stage.turn();
  assert_true(stage.broker->books().cooldowns.empty());
  stage.turn();  // answered once
  assert_string_equal(stage.events_of("retry").c_str(),
                      "lambda is tried again, as ada asked: forgot the refusals of lambda\n");
  stage.start();  // and in the ledger, too
  assert_true(stage.broker->books().cooldowns.empty() && stage.broker->books().retries.empty());
}

static void what_is_thought_of_the_jobs_is_told_as_long_as_slurm_is_seen(void**) {
  Stage stage;
  assert_false(stage.turn().explanations.has_value());
  stage.world.add_pending_job(7, 1, minutes(11));
  stage.see_slurm();
  const auto told = stage.turn().explanations;
  assert_true(told.has_value());
  assert_true(told->written == stage.clock.now());
  assert_int_equal(told->verdicts.size(), 1);
  assert_true(told->verdicts[0].job == 7);
  assert_true(told->verdicts[0].standing == Standing::kPermitted);
  stage.broker->take(SlurmSeen{0, Error{ErrorCode::kTransient, "no answer", {}}});
  stage.clock.advance(minutes(1));
  assert_false(stage.turn().explanations.has_value());
}

static void nothing_is_ordered_where_the_key_is_refused_until_another_one_is_taken(void**) {
  Stage stage;
  const auto refused = Error{ErrorCode::kUnauthorized, "HTTP 403", {}};
  const auto call = stage.burst().orders.at(0).call;
  stage.broker->take(OrderDone{call, refused});
  stage.turn();
  const OfferId account{"lambda", "", "", ""};
  assert_true(stage.broker->books().cooldowns.at(account).needs_admin);
  stage.start();  // with the same key
  stage.turn();
  assert_true(stage.broker->books().cooldowns.contains(account));
  stage.keys_changed_at = {{"lambda", stage.clock.now()}};
  stage.start();
  stage.broker->take(OffersSeen{"lambda", stage.clock.now(), refused});
  stage.turn();
  assert_true(stage.broker->books().cooldowns.contains(account));
  stage.broker->take(
      OffersSeen{"lambda", stage.clock.now(), stage.world.providers.at("lambda").offers});
  stage.turn();
  assert_false(stage.broker->books().cooldowns.contains(account));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_order_is_in_the_ledger_before_it_leaves),
      cmocka_unit_test(a_restart_asks_the_cloud_before_it_orders_again),
      cmocka_unit_test(a_restart_gives_the_list_its_time_before_it_orders_again),
      cmocka_unit_test(further_restarts_do_not_put_an_open_order_off),
      cmocka_unit_test(nothing_is_dispatched_that_the_ledger_does_not_hold),
      cmocka_unit_test(a_broker_that_stalled_does_nothing_when_it_wakes_up),
      cmocka_unit_test(requests_that_came_while_the_broker_was_down_are_carried_out),
      cmocka_unit_test(an_offer_without_a_price_is_ordered_at_the_catalogs_or_not_at_all),
      cmocka_unit_test(a_malformed_request_is_closed_and_harms_nothing),
      cmocka_unit_test(a_clouds_clock_gives_no_machine_up),
      cmocka_unit_test(a_machine_joins_with_its_leases_token_and_no_other),
      cmocka_unit_test(a_machine_is_not_ready_before_the_ledger_says_so),
      cmocka_unit_test(a_token_ends_with_the_boot_deadline),
      cmocka_unit_test(a_token_stands_while_its_machine_has_joined),
      cmocka_unit_test(an_unhealthy_machine_is_given_back_and_cannot_come_again),
      cmocka_unit_test(the_decisions_are_written_on_change_and_to_stay_valid),
      cmocka_unit_test(slurm_is_tended_only_on_what_was_read_after_the_last_change),
      cmocka_unit_test(a_limit_set_meanwhile_holds_from_the_next_turn_on),
      cmocka_unit_test(a_setting_outlives_the_broker_and_ends_with_its_time),
      cmocka_unit_test(a_setting_that_was_taken_back_is_over_at_once),
      cmocka_unit_test(a_retry_ends_the_cooldowns_that_the_broker_holds),
      cmocka_unit_test(what_is_thought_of_the_jobs_is_told_as_long_as_slurm_is_seen),
      cmocka_unit_test(nothing_is_ordered_where_the_key_is_refused_until_another_one_is_taken)};
  return cmocka_run_group_tests_name("broker.broker", tests, nullptr, nullptr);
}
