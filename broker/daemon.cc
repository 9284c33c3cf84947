// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "broker/desk.h"
#include "broker/fence.h"
#include "broker/inbox.h"
#include "broker/join.h"
#include "broker/leadership.h"
#include "broker/metrics.h"
#include "broker/metrics_server.h"
#include "broker/provider_lane.h"
#include "broker/slurm_lane.h"
#include "broker/vpn_lane.h"
#include "broker/wireguard.h"
#include "cluster/slurm.h"
#include "core/vpn.h"
#include "explain/explanations.h"
#include "ledger/ledger.h"
#include "ledger/wake.h"
#include "lib/file.h"
#include "lib/http.h"
#include "lib/log.h"
#include "lib/time.h"
#include "providers/catalog_file.h"
#include "providers/registry.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTurnEvery{1000};
constexpr const char* kUserAgent = "spillway/" SPILLWAY_VERSION;

// SIGTERM and SIGINT as a descriptor; blocked before any thread is made, so that all inherit it.
class StopSignal {
 public:
  static Result<std::unique_ptr<StopSignal>> open() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor < 0) return file_error("signalfd", errno);
    return std::unique_ptr<StopSignal>(new StopSignal(descriptor));
  }
  ~StopSignal() { ::close(descriptor_); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit StopSignal(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Up to the first dot: as slurm.conf names it.
std::string own_host() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  const std::string host = name.data();
  return host.substr(0, host.find('.'));
}

void write_text(const std::string& path, const std::optional<std::string>& text) {
  if (!text) return;
  if (auto written = write_file_atomically(path, *text); !written) {
    log_error("spillwayd: " + written.error().message);
  }
}

class Daemon {
 public:
  explicit Daemon(const Config& config) : config_(config) {}

  Status open();
  Status run();

 private:
  Status open_ledger();
  Status open_lanes();
  Status open_join();
  Status open_vpn();
  Status open_metrics();
  Result<std::unique_ptr<Broker>> make_broker();
  void start_vpn();
  void show_metrics();
  void carry_out(Dispatch dispatch);
  // Waits for word, a wake-up or the timer; false when it is time to end.
  bool wait_for_word();

  const Config& config_;
  SystemClock clock_;
  SteadyClock steady_;
  std::unique_ptr<StopSignal> stop_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<WakeSocket> wake_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Leadership> leadership_;
  std::unique_ptr<JoinTokens> tokens_;
  JoinIdentity identity_;
  WireGuardIdentity wireguard_;
  Catalog catalog_;
  std::map<std::string, TimePoint> keys_changed_at_;
  std::vector<std::unique_ptr<Transport>> transports_;
  std::map<std::string, std::unique_ptr<ProviderLane>> lanes_;
  std::unique_ptr<SlurmLane> slurm_lane_;
  std::unique_ptr<VpnLane> vpn_lane_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<JoinService> join_;
  std::unique_ptr<MetricsServer> metrics_;
};

Status Daemon::open() {
  auto stop = StopSignal::open();
  if (!stop) return stop.error();
  stop_ = *std::move(stop);
  auto inbox = Inbox::open();
  if (!inbox) return inbox.error();
  inbox_ = *std::move(inbox);
  if (auto opened = open_ledger(); !opened) return opened;
  if (auto opened = open_lanes(); !opened) return opened;
  if (auto opened = open_join(); !opened) return opened;
  if (auto opened = open_vpn(); !opened) return opened;
  return open_metrics();
}

Status Daemon::open_ledger() {
  auto ledger = Ledger::open(config_.ledger, Ledger::Access::kReadWrite);
  if (!ledger) return ledger.error();
  ledger_ = *std::move(ledger);
  leadership_ = std::make_unique<Leadership>(*ledger_, clock_, steady_);
  return {};
}

Status Daemon::open_lanes() {
  auto catalog = read_catalog(config_);
  if (!catalog) return catalog.error();
  catalog_ = *std::move(catalog);
  const auto post = [this](Observation observation) { inbox_->post(std::move(observation)); };
  const auto may_act = [this] { return leadership_->is_in_force(); };
  for (const auto& provider : config_.providers) {
    auto key = read_secret_file(provider.key_file);
    if (!key) return key.error().within("provider " + provider.name);
    const auto changed_at = file_changed_at(provider.key_file);
    if (!changed_at) return changed_at.error().within("provider " + provider.name);
    keys_changed_at_[provider.name] = *changed_at;
    transports_.push_back(
        std::make_unique<FencedTransport>(make_curl_transport(kUserAgent), may_act));
    auto& transport = *transports_.back();
    auto lane = ProviderLane::open(config_, clock_, steady_, post, [&](const auto& wait) {
      return make_provider(ProviderParts{provider, *key, transport, clock_, wait});
    });
    if (!lane) return lane.error();
    lanes_[provider.name] = *std::move(lane);
  }
  auto slurm = make_libslurm();
  if (!slurm) return slurm.error();
  auto fenced = std::make_unique<FencedSlurm>(*std::move(slurm), may_act);
  slurm_lane_ = std::make_unique<SlurmLane>(config_, steady_, std::move(fenced), post);
  return {};
}

Status Daemon::open_join() {
  auto tokens = JoinTokens::load(config_.ledger);
  if (!tokens) return tokens.error();
  tokens_ = std::make_unique<JoinTokens>(*std::move(tokens));
  auto identity = load_join_identity(config_.ledger);
  if (!identity) return identity.error();
  identity_ = *std::move(identity);
  return {};
}

Status Daemon::open_vpn() {
  if (!config_.vpn) return {};
  auto identity = load_wireguard_identity(config_.ledger);
  if (!identity) return identity.error();
  wireguard_ = *std::move(identity);
  return {};
}

Status Daemon::open_metrics() {
  if (!config_.metrics_listen) return {};
  auto metrics = start_metrics_server(*config_.metrics_listen);
  if (!metrics) return metrics.error();
  metrics_ = *std::move(metrics);
  return {};
}

void Daemon::show_metrics() {
  if (!metrics_) return;
  const Books nothing;
  const bool leads = broker_ != nullptr;
  metrics_->show(format_metrics({config_,
                                 leads ? broker_->books() : nothing,
                                 leads,
                                 !leads || broker_->ledger_is_writable(),
                                 leads ? broker_->spent_by_ended() : Money{},
                                 clock_.now()}));
}

Result<std::unique_ptr<Broker>> Daemon::make_broker() {
  std::map<std::string, Capabilities> capabilities;
  for (const auto& [name, lane] : lanes_)
    capabilities[name] = lane->provider().capabilities();
  return Broker::make({config_,
                       *ledger_,
                       clock_,
                       *tokens_,
                       identity_.pin,
                       capabilities,
                       catalog_,
                       keys_changed_at_,
                       leadership_.get(),
                       Head{own_host(), wireguard_.public_key}});
}

// Nothing is ordered before it is up.
void Daemon::start_vpn() {
  if (!config_.vpn) return;
  vpn_lane_ = std::make_unique<VpnLane>(
      WireGuard(*config_.vpn, wireguard_, config_.ledger + ".wireguard.conf"),
      [this](Observation seen) { inbox_->post(std::move(seen)); });
  vpn_lane_->set_peers(format_wireguard_peers(vpn_members(broker_->books())));
  vpn_lane_->start();
}

Status Daemon::run() {
  while (!leadership_->hold()) {
    show_metrics();
    if (!wait_for_word()) return {};
  }
  auto wake = WakeSocket::open(config_.ledger);
  if (!wake) return wake.error();
  wake_ = *std::move(wake);
  auto broker = make_broker();
  if (!broker) return broker.error();
  broker_ = *std::move(broker);
  start_vpn();
  desk_ = std::make_unique<Desk>(*inbox_, *tokens_);
  desk_->publish(broker_->books());
  auto join = start_join_service(config_.join, identity_, bootstrap_script(), *desk_);
  if (!join) return join.error();
  join_ = *std::move(join);
  for (auto& [name, lane] : lanes_)
    lane->start();
  slurm_lane_->start();
  log_info("spillwayd: leads cluster=" + config_.cluster + " ledger=" + config_.ledger);
  Status ended;
  do {
    inbox_->deliver(*broker_);
    if (!leadership_->hold()) {
      ended = Error{ErrorCode::kTransient,
                    "leadership was lost: another broker has it, or the ledger cannot be written",
                    {}};
      break;
    }
    auto dispatch = broker_->turn();
    // What the books hold since a commit failed, nobody has decided.
    if (broker_->ledger_is_writable()) desk_->publish(broker_->books());
    carry_out(std::move(dispatch));
    show_metrics();
  } while (wait_for_word());
  join_.reset();
  for (auto& [name, lane] : lanes_)
    lane->stop();
  slurm_lane_->stop();
  if (vpn_lane_) vpn_lane_->stop();
  // What the lanes brought while they stopped is written down, not acted upon.
  inbox_->deliver(*broker_);
  leadership_->give_up();
  log_info("spillwayd: ends");
  return ended;
}

void Daemon::carry_out(Dispatch dispatch) {
  // Before their machines are asked to end, or strangers could speak for them meanwhile.
  if (vpn_lane_ && dispatch.vpn_peers && leadership_->is_in_force())
    vpn_lane_->set_peers(*std::move(dispatch.vpn_peers));
  for (auto& command : dispatch.orders) {
    auto& lane = *lanes_.at(command.call.provider);
    lane.order(std::move(command));
  }
  for (auto& command : dispatch.releases) {
    auto& lane = *lanes_.at(command.call.provider);
    lane.release(std::move(command));
  }
  if (dispatch.slurm) slurm_lane_->change(*std::move(dispatch.slurm));
  if (!leadership_->is_in_force()) return;
  write_text(config_.decisions, dispatch.decisions);
  if (!dispatch.explanations) return;
  write_text(explanations_file(config_.decisions), format_explanations(*dispatch.explanations));
}

bool Daemon::wait_for_word() {
  constexpr int kNone = -1;  // poll() passes it over
  std::array<pollfd, 3> descriptors = {{{stop_->descriptor(), POLLIN, 0},
                                        {wake_ ? wake_->descriptor() : kNone, POLLIN, 0},
                                        {inbox_->descriptor(), POLLIN, 0}}};
  const int ready =
      poll(descriptors.data(), descriptors.size(), static_cast<int>(kTurnEvery.count()));
  if (ready <= 0) return true;
  if (wake_) wake_->drain();
  return (descriptors[0].revents & POLLIN) == 0;
}

}  // namespace

Status run_daemon(const Config& config) {
  Daemon daemon(config);
  if (auto opened = daemon.open(); !opened) return opened;
  return daemon.run();
}

}  // namespace spillway
