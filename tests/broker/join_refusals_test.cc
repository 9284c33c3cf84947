// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tokens that are not, or no longer, good for the one who shows them: refused, and the ledger holds
// an event with the address. The real broker behind the real endpoints; no sockets.
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "broker/broker.h"
#include "broker/join_endpoints.h"
#include "core/hostlist.h"
#include "tests/support/cmocka.h"
#include "tests/support/small_world.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kMachine = "198.51.100.1";
constexpr const char* kElsewhere = "203.0.113.9";

const std::string kFacts =
    R"({"addresses":["198.51.100.1"],"hostname":"h","gpus":8,"gpu_model":"H100","infiniband_ports":0,)"
    R"("infiniband_gbps":0,"memory_mib":1843200,"cpus":208,"os":"debian-12","wireguard_key":""})";

// As Desk does, in one thread.
class DeskAtHand final : public JoinDesk {
 public:
  DeskAtHand(Broker& broker, const JoinTokens& tokens) : broker_(broker), tokens_(tokens) {}
  [[nodiscard]] bool recognizes(const Secret& token) const override {
    return tokens_.check(token).has_value();
  }
  Status admit(const Secret& token) override { return broker_.admit(token); }
  Status admit_machine(const Secret& token, const std::string& peer) override {
    return broker_.admit_machine(token, peer);
  }
  Result<JoinReply> join(const Secret& token,
                         const std::string& peer,
                         const JoinFacts& facts) override {
    return broker_.join(token, peer, facts);
  }
  Result<ReadyReply> ready(const Secret& token, const std::string& peer) override {
    return broker_.ready(token, peer);
  }
  Status unhealthy(const Secret& token,
                   const std::string& peer,
                   const std::string& what,
                   const std::string& log) override {
    return broker_.unhealthy(token, peer, what, log);
  }
  void note_refusal(const std::string& peer, const std::string& why) override {
    broker_.note_refusal(peer, why);
  }

 private:
  Broker& broker_;
  const JoinTokens& tokens_;
};

// Job 7 runs on h100-001, on machine 1 of lambda, which shows kMachine.
class Stage {
 public:
  Stage() : clock(world.now), tokens(Secret(std::string(64, 'a'))) {
    ledger = *Ledger::open(folder.path() + "/ledger.db", Ledger::Access::kReadWrite);
    broker = *Broker::make({.config = world.config,
                            .ledger = *ledger,
                            .clock = clock,
                            .tokens = tokens,
                            .join_pin = "sha256//pin",
                            .capabilities = {{"lambda", {}}}});
    broker->take(OffersSeen{"lambda", clock.now(), world.providers.at("lambda").offers});
    desk = std::make_unique<DeskAtHand>(*broker, tokens);
    endpoints = std::make_unique<JoinEndpoints>(JoinConfig{}, "", *desk, clock);
    world.add_pending_job(7, 1, minutes(11));
    (void)turn();
    world.start_job(7, "h100-001");
    Request request;
    request.nodes = "h100-001";
    request.resume_file =
        R"({"jobs":[{"job_id":7,"nodes_resume":"h100-001"}],"all_nodes_resume":"h100-001"})";
    request.received_at = clock.now();
    assert_true(static_cast<bool>(ledger->append_request(request)));
    call = turn().orders.at(0).call;
    broker->take(OrderDone{call, Ordered{{"1"}, clock.now()}});
    show(CloudState::kRunning);
    (void)turn();
  }

  Dispatch turn() {
    clock.advance(seconds(1));
    world.now = world.slurm.at = clock.now();
    broker->take(SlurmSeen{0, world.slurm});
    return broker->turn();
  }
  void show(CloudState state) {
    broker->take(MachinesSeen{
        "lambda", clock.now(), std::vector<CloudMachine>{world.cloud_machine("1", call, state)}});
  }
  int join(const Secret& token, const std::string& peer) {
    JoinRequest request{"POST", "/v1/join", peer, {}, kFacts};
    request.headers = {{"authorization", "Bearer " + token.reveal()},
                       {"content-type", "application/json"},
                       {"content-length", std::to_string(kFacts.size())}};
    return endpoints->answer(request).status;
  }
  int get_archive(const Secret& token, const std::string& peer) {
    JoinRequest request{"GET", "/v1/archive", peer, {}, ""};
    request.headers = {{"authorization", "Bearer " + token.reveal()}};
    request.query = "os=debian-12";
    return endpoints->answer(request).status;
  }
  [[nodiscard]] Secret token() const { return tokens.make(call.lease); }
  std::string refusals() {
    std::string lines;
    const auto events = ledger->events(0, 1'000);
    for (const auto& event : *events) {
      if (event.kind == "join-refused") lines += event.text + "\n";
    }
    return lines;
  }

  SmallWorld world;
  TemporaryFolder folder;
  ManualClock clock;
  JoinTokens tokens;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Broker> broker;
  std::unique_ptr<DeskAtHand> desk;
  std::unique_ptr<JoinEndpoints> endpoints;
  CallOrder call;
};

int replay_from_elsewhere(Stage& stage) {
  assert_int_equal(stage.join(stage.token(), kMachine), 200);
  return stage.join(stage.token(), kElsewhere);
}

// A user's job on the machine has found its token.
int join_once_more_when_its_gang_is_whole(Stage& stage) {
  assert_int_equal(stage.join(stage.token(), kMachine), 200);
  stage.world.node("h100-001").address = kMachine;
  (void)stage.turn();
  assert_true(static_cast<bool>(stage.broker->ready(stage.token(), kMachine)));
  assert_true(static_cast<bool>(stage.broker->ready(stage.token(), kMachine)));  // repeated
  return stage.join(stage.token(), kMachine);
}

int download_from_elsewhere(Stage& stage) {
  assert_int_equal(stage.join(stage.token(), kMachine), 200);
  return stage.get_archive(stage.token(), kElsewhere);
}

int show_another_leases_token(Stage& stage) {
  return stage.join(stage.tokens.make(stage.call.lease + 1), kMachine);
}

int show_another_clusters_token(Stage& stage) {
  return stage.join(JoinTokens(Secret(std::string(64, 'b'))).make(stage.call.lease), kMachine);
}

int come_after_the_deadline(Stage& stage) {
  stage.clock.advance(stage.world.config.timing.boot_deadline + minutes(1));
  return stage.join(stage.token(), kMachine);
}

int come_when_released(Stage& stage) {
  assert_int_equal(stage.join(stage.token(), kMachine), 200);
  assert_true(
      static_cast<bool>(stage.broker->unhealthy(stage.token(), kMachine, "gpus: 7 of 8", "")));
  assert_int_equal(stage.turn().releases.size(), 1);
  return stage.join(stage.token(), kMachine);
}

// The job has ended, Slurm has called SuspendProgram, the cloud's list no longer shows the machine.
int come_when_gone(Stage& stage) {
  auto& node = stage.world.node("h100-001");
  stage.world.slurm.jobs.clear();
  node.base = NodeBase::kIdle;
  node.powering_up = false;
  node.powering_down = true;
  Request request;
  request.kind = RequestKind::kSuspend;
  request.nodes = "h100-001";
  request.received_at = stage.clock.now();
  assert_true(static_cast<bool>(stage.ledger->append_request(request)));
  const auto releases = stage.turn().releases;
  assert_int_equal(releases.size(), 1);
  stage.broker->take(
      ReleaseDone{releases[0].call, Released{stage.clock.now(), releases[0].call.ids}});
  for (int list = 0; list < 3; ++list) {
    stage.clock.advance(seconds(15));
    stage.broker->take(MachinesSeen{"lambda", stage.clock.now(), std::vector<CloudMachine>{}});
    (void)stage.turn();
  }
  return stage.join(stage.token(), kMachine);
}

struct Case {
  const char* name;
  int (*play)(Stage&);
  const char* event;
};

}  // namespace

static void tokens_that_are_not_good_are_refused_with_an_event(void**) {
  const Case cases[] = {
      {"its gang is whole",
       join_once_more_when_its_gang_is_whole,
       "198.51.100.1: POST /v1/join: all machines of lease 1 have joined\n"},
      {"replayed from elsewhere",
       replay_from_elsewhere,
       "203.0.113.9: POST /v1/join: lease 1 has no machine at 203.0.113.9\n"},
      {"a download from elsewhere",
       download_from_elsewhere,
       "203.0.113.9: GET /v1/archive: lease 1 has no machine at 203.0.113.9\n"},
      {"another lease's",
       show_another_leases_token,
       "198.51.100.1: POST /v1/join: lease 2 has ended\n"},
      {"another cluster's",
       show_another_clusters_token,
       "198.51.100.1: POST /v1/join: unknown token, or its lease has ended\n"},
      {"expired",
       come_after_the_deadline,
       "198.51.100.1: POST /v1/join: token of lease 1 has expired\n"},
      {"of a machine that is being released",
       come_when_released,
       "198.51.100.1: POST /v1/join: lease 1 has no machine at 198.51.100.1\n"},
      {"of a machine that is gone",
       come_when_gone,
       "198.51.100.1: POST /v1/join: lease 1 has ended\n"},
  };
  for (const auto& c : cases) {
    Stage stage;
    const int status = c.play(stage);
    if (status != 403) fail_msg("%s: %d", c.name, status);
    if (stage.refusals() != c.event) fail_msg("%s: %s", c.name, stage.refusals().c_str());
  }
}

static void a_machine_of_the_lease_may_download(void**) {
  Stage stage;
  assert_int_equal(stage.join(stage.token(), kMachine), 200);
  assert_int_equal(stage.get_archive(stage.token(), kMachine), 404);  // there is none
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(tokens_that_are_not_good_are_refused_with_an_event),
      cmocka_unit_test(a_machine_of_the_lease_may_download),
  };
  return cmocka_run_group_tests_name("broker.join_refusals", tests, nullptr, nullptr);
}
