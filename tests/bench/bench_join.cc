// SPDX-License-Identifier: GPL-2.0-or-later
//
// 1,000 machines of 125 gangs boot at the same moment, each a round trip of 100 ms away, and join:
// bootstrap, join, ready until its gang is whole. The real service, desk, broker and ledger, in the
// daemon's loop; clouds and Slurm are played. Each join and each ready is a synced commit, so the
// disk under TMPDIR (/var/tmp) counts. Prints numbers, judges nothing; the budget is beside them.
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "broker/desk.h"
#include "broker/inbox.h"
#include "broker/join.h"
#include "broker/metrics.h"
#include "core/hostlist.h"
#include "ledger/ledger.h"
#include "lib/log.h"
#include "lib/text.h"
#include "tests/bench/tls_machine.h"
#include "tests/support/small_world.h"

using namespace spillway;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kMachines = 1'000;
constexpr int kGang = 8;
constexpr double kBudget = 60;
constexpr milliseconds kRoundTrip{100};
const std::string kFacts =
    R"({"addresses":["10.0.0.5"],"hostname":"h","gpus":8,"gpu_model":"H100","infiniband_ports":0,)"
    R"("infiniband_gbps":0,"memory_mib":1843200,"cpus":208,"os":"debian-12","wireguard_key":""})";

using Steady = std::chrono::steady_clock;

std::string address_of(int machine) {
  return "127.1." + std::to_string(machine / 250) + "." + std::to_string(1 + machine % 250);
}

// --- The machines, in a process of their own -----------------------------------

std::atomic<int> asked{0};
std::atomic<int> put_off{0};
std::atomic<int> lost{0};

// Asks until it is not put off any more: the last status.
int ask(const TlsMachine& machine, const std::string& request) {
  while (true) {
    const auto answer = machine.ask(request);
    ++asked;
    if (answer.status != 0 && answer.status != 503) return answer.status;
    ++(answer.status == 0 ? lost : put_off);
    std::this_thread::sleep_for(answer.retry_after);  // as the bootstrap does
  }
}

// How long it took, or less than nothing when it was refused.
double become_node(const TlsMachine& machine, const std::string& token) {
  const auto begun = Steady::now();
  const bool joined =
      ask(machine, make_machine_request("GET", "/v1/bootstrap", token)) == 200 &&
      ask(machine, make_machine_request("POST", "/v1/join", token, kFacts)) == 200 &&
      ask(machine, make_machine_request("POST", "/v1/ready", token, "{}")) / 100 == 2;
  return joined ? std::chrono::duration<double>(Steady::now() - begun).count() : -1;
}

// Waits for the service's port, boots all machines, prints what they took.
[[noreturn]] void be_machines(int orders, const JoinTokens& tokens) {
  int port = 0;
  if (::read(orders, &port, sizeof port) != sizeof port) std::_Exit(1);
  std::vector<double> took(kMachines);
  std::vector<std::thread> machines;
  const auto begun = Steady::now();
  for (int i = 0; i < kMachines; ++i) {
    machines.emplace_back([&, i] {
      const TlsMachine machine(address_of(i), port, kRoundTrip);
      took[static_cast<std::size_t>(i)] = become_node(machine, tokens.make(1 + i / kGang).reveal());
    });
  }
  for (auto& machine : machines)
    machine.join();
  const double wall = std::chrono::duration<double>(Steady::now() - begun).count();
  std::sort(took.begin(), took.end());
  const auto refused = std::count_if(took.begin(), took.end(), [](double t) { return t < 0; });
  std::printf("%d machines in gangs of %d, %lld refused\n",
              kMachines,
              kGang,
              static_cast<long long>(refused));
  std::printf("%-40s %8.1f s    budget %.0f\n", "all are nodes after", wall, kBudget);
  std::printf("%-40s %8.1f /s\n", "joins", kMachines / wall);
  std::printf("%-40s %8.1f s\n", "median machine", took[kMachines / 2]);
  std::printf("%-40s %8.1f s\n", "slowest machine", took.back());
  std::printf(
      "%d requests, %d put off, %d connections lost\n", asked.load(), put_off.load(), lost.load());
  std::fflush(stdout);
  std::_Exit(0);
}

// --- The head node ---------------------------------------------------------------

// A cluster of kMachines nodes that Slurm is powering up for jobs, a gang a job.
void grow(SmallWorld& world) {
  auto& pool = world.config.pools[0];
  pool.nodes_expression = "h100-[0001-" + std::to_string(kMachines) + "]";
  pool.nodes = *parse_hostlist(pool.nodes_expression);
  const Node node = world.node("h100-001");
  for (const auto& name : pool.nodes) {
    world.config.pool_of_node[name] = 0;
    auto& added = world.slurm.nodes[name] = node;
    added.name = added.address = added.hostname = name;
    world.slurm.partitions["gpu"].nodes.push_back(name);
  }
  for (int first = 0; first < kMachines; first += kGang) {
    const auto job = static_cast<std::uint32_t>(1 + first / kGang);
    world.add_pending_job(job, kGang, std::chrono::minutes(11));
    const std::vector<std::string> nodes(pool.nodes.begin() + first,
                                         pool.nodes.begin() + first + kGang);
    world.start_job(job, join(nodes, ","));
  }
}

// The machines, ordered and running.
std::vector<CloudMachine> boot_all(const SmallWorld& world, Ledger& ledger) {
  auto books = *ledger.load();
  Draft draft(books, world.now);
  std::vector<CloudMachine> cloud;
  const auto& offer = world.providers.at("lambda").offers.at(0);
  for (int i = 0; i < kMachines; ++i) {
    if (i % kGang == 0) {
      Lease lease;
      lease.pool = "h100";
      lease.job = static_cast<std::uint32_t>(1 + i / kGang);
      lease.offer = offer.id;
      lease.price_per_hour = *offer.price_per_hour;
      lease.calls = 1;
      (void)draft.add_lease(lease);
    }
    Machine machine;
    machine.lease = 1 + i / kGang;
    machine.node = world.config.pools[0].nodes[static_cast<std::size_t>(i)];
    machine.state = MachineState::kBooting;
    machine.call = 1;
    machine.provider_id = std::to_string(i);
    machine.address = address_of(i);
    machine.ordered_at = machine.billed_from = world.now;
    (void)draft.add_machine(machine);
    CloudMachine seen;
    seen.id = machine.provider_id;
    seen.mark = Mark{world.config.cluster, books.ledger_tag, machine.lease, 1};
    seen.state = CloudState::kRunning;
    seen.address = machine.address;
    seen.offer = offer.id;
    cloud.push_back(seen);
  }
  if (!ledger.commit(draft.take_changes())) std::exit(1);
  return cloud;
}

// As Daemon::run, until the machines' process has ended.
class HeadNode {
 public:
  HeadNode(SmallWorld& world, const JoinTokens& tokens)
      : world_(world), inbox_(*Inbox::open()), desk_(*inbox_, tokens) {
    ledger_ = *Ledger::open(world.config.ledger, Ledger::Access::kReadWrite);
    cloud_ = boot_all(world, *ledger_);
    broker_ = *Broker::make({.config = world.config,
                             .ledger = *ledger_,
                             .clock = clock_,
                             .tokens = tokens,
                             .join_pin = "sha256//pin",
                             .capabilities = {{"lambda", {}}}});
    desk_.publish(broker_->books());
    JoinConfig config;
    config.listen = "127.0.0.1:0";
    const auto identity = load_join_identity(world.config.ledger);
    service_ = *start_join_service(config, *identity, bootstrap_script(), desk_);
  }

  [[nodiscard]] int port() const { return service_->port(); }

  void run(int machines_end) {
    pollfd descriptors[] = {{machines_end, POLLIN, 0}, {inbox_->descriptor(), POLLIN, 0}};
    while (descriptors[0].revents == 0) {
      observe();
      inbox_->deliver(*broker_);
      const auto dispatch = broker_->turn();
      desk_.publish(broker_->books());
      if (dispatch.slurm) change_slurm(*dispatch.slurm);
      (void)format_metrics({world_.config, broker_->books(), true, true, Money{}, clock_.now()});
      ++turns_;
      poll(descriptors, 2, 1'000);
    }
    service_.reset();
  }

  [[nodiscard]] Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] int turns() const { return turns_; }
  [[nodiscard]] std::size_t ready() const {
    const auto& machines = broker_->books().machines;
    return static_cast<std::size_t>(
        std::count_if(machines.begin(), machines.end(), [](const auto& entry) {
          return entry.second.state == MachineState::kReady;
        }));
  }

 private:
  // Slurm is asked every 2 s, the cloud every 15 s.
  void observe() {
    const auto now = clock_.now();
    if (now - slurm_at_ >= seconds(2)) {
      slurm_at_ = world_.slurm.at = now;
      broker_->take(SlurmSeen{last_batch_, world_.slurm});
    }
    if (now - cloud_at_ >= seconds(15)) {
      cloud_at_ = now;
      broker_->take(OffersSeen{"lambda", now, world_.providers.at("lambda").offers});
      broker_->take(MachinesSeen{"lambda", now, cloud_});
    }
  }
  void change_slurm(const SlurmBatch& batch) {
    last_batch_ = batch.number;
    for (const auto& change : batch.addresses)
      world_.node(change.node).address = change.address;
  }

  SmallWorld& world_;
  SystemClock clock_;
  std::unique_ptr<Inbox> inbox_;
  Desk desk_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<CloudMachine> cloud_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<JoinService> service_;
  TimePoint slurm_at_{};
  TimePoint cloud_at_{};
  std::int64_t last_batch_ = 0;
  int turns_ = 0;
};

double thread_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void print_use(const HeadNode& head, double thread) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  std::printf("%-40s %8.2f ms\n", "broker's thread, a join", 1e3 * thread / kMachines);
  std::printf("%-40s %8d\n", "its turns", head.turns());
  std::printf("%-40s %8.2f ms\n",
              "all threads, a join",
              1e3 * (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)) / kMachines);
  std::printf("%-40s %8ld MiB\n", "peak memory", usage.ru_maxrss / 1024);
  std::printf("%-40s %8zu\n", "machines ready in the books", head.ready());
  if (head.ready() == kMachines) return;
  const auto events = head.ledger().last_events(3);
  for (const auto& event : *events)
    std::printf("  %s: %s\n", event.kind.c_str(), event.text.c_str());
}

}  // namespace

int main() {
  silence_log();
  const char* disk = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): no threads yet
  std::string folder = std::string(disk == nullptr ? "/var/tmp" : disk) + "/spillway-bench-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const JoinTokens tokens(Secret(std::string(64, 'a')));
  int orders[2];
  int ended[2];
  if (pipe(orders) != 0 || pipe(ended) != 0) return 1;
  const pid_t machines = fork();
  if (machines == 0) {
    close(ended[0]);  // the other end closes with the process
    be_machines(orders[0], tokens);
  }
  close(ended[1]);
  {
    SmallWorld world;
    world.now = SystemClock().now();
    world.config.ledger = folder + "/ledger.db";
    grow(world);
    HeadNode head(world, tokens);
    const int port = head.port();
    const double before = thread_seconds();
    if (write(orders[1], &port, sizeof port) != sizeof port) return 1;
    head.run(ended[0]);
    waitpid(machines, nullptr, 0);
    print_use(head, thread_seconds() - before);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
