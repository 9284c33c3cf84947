// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/driver.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/log.h"
#include "providers/hyperstack/answer.h"
#include "providers/hyperstack/check.h"
#include "providers/hyperstack/choice.h"
#include "providers/hyperstack/offers.h"
#include "providers/hyperstack/paging.h"
#include "providers/hyperstack/refusal.h"
#include "providers/hyperstack/request.h"
#include "providers/hyperstack/story.h"
#include "providers/paced_transport.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr int kMostPages = 1000;
constexpr int kMostReadings = 2;    // of a list that changes while it is read
constexpr int kMostQuestions = 20;  // about single machines, in one listing
constexpr int kMostUnanswered = 2;  // deletes in a row
constexpr std::chrono::minutes kImageKept{10};

class HyperstackDriver final : public Provider {
 public:
  explicit HyperstackDriver(const ProviderParts& parts)
      : config_(parts.config),
        key_(parts.key),
        clock_(parts.clock),
        capabilities_(hyperstack_capabilities(parts.config)),
        requests_(parts.config, parts.key),
        transport_(parts.transport,
                   parts.clock,
                   parts.wait,
                   Pace{capabilities_.between_requests, capabilities_.between_orders}) {}

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }

  [[nodiscard]] Result<std::vector<Offer>> offers() override;
  [[nodiscard]] Result<Ordered> order(const OrderSpec& spec) override;
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string& cluster) override;
  [[nodiscard]] Result<Released> release(const std::vector<std::string>& ids) override;
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override;

 private:
  struct Image {
    std::string name;
    TimePoint chosen_at;
  };

  [[nodiscard]] Error failed(const std::string& what, const Error& error) const;
  [[nodiscard]] Result<Json> ask(const HttpRequest& request, HyperstackCall call);
  [[nodiscard]] Result<HyperstackListing> list_once(
      HyperstackList list,
      const std::string& region,
      const std::function<Status(const HyperstackRows&)>& take);

  // Asks for one thing, or for all pages of a list, and has it read by `reader`: a list page by
  // page, since JSON takes very much more memory than what is read from it.
  template <typename Read>
  [[nodiscard]] auto read(const HttpRequest& request, const Read& reader)
      -> decltype(reader(std::declval<const Json&>()));
  template <typename Read>
  [[nodiscard]] auto read_list(HyperstackList list, const std::string& region, const Read& reader)
      -> decltype(reader(std::declval<const HyperstackRows&>()));

  [[nodiscard]] Result<std::vector<HyperstackImage>> read_images(const std::string& region);
  [[nodiscard]] Result<HyperstackCatalogue> read_catalogue(const std::string& region);

  // These ask once, and remember.
  [[nodiscard]] Result<HyperstackEnvironment> find_environment();
  [[nodiscard]] Result<std::string> find_image(const std::string& region);
  [[nodiscard]] Result<std::string> find_network(std::int64_t environment);

  [[nodiscard]] bool is_wanted(const std::string& region) const;
  [[nodiscard]] Status check_spec(const OrderSpec& spec) const;
  [[nodiscard]] Result<std::vector<std::string>> create(const OrderSpec& spec);
  [[nodiscard]] Result<TimePoint> read_end(const HttpAnswer& answer) const;
  [[nodiscard]] std::optional<TimePoint> hear(const CloudMachine& machine);
  void tell_what_is_known(std::vector<CloudMachine>& machines);

  ProviderConfig config_;
  Secret key_;
  const Clock& clock_;
  Capabilities capabilities_;
  HyperstackRequests requests_;
  PacedTransport transport_;

  std::optional<HyperstackEnvironment> environment_;
  std::optional<std::string> network_;
  std::optional<Image> image_;
  std::map<OfferId, std::optional<Money>> prices_;               // of the last offers
  std::map<std::string, std::optional<TimePoint>> billed_from_;  // of the machines asked about
};

Error HyperstackDriver::failed(const std::string& what, const Error& error) const {
  return without_secret(error.within(name() + ": " + what), key_);
}

Result<Json> HyperstackDriver::ask(const HttpRequest& request, HyperstackCall call) {
  const auto answer = transport_.send(request);
  if (answer) return read_hyperstack_body(*answer, call, config_.refusals);
  return without_doubt(answer.error());
}

template <typename Read>
auto HyperstackDriver::read(const HttpRequest& request, const Read& reader)
    -> decltype(reader(std::declval<const Json&>())) {
  const auto body = ask(request, HyperstackCall::kList);
  if (!body) return body.error();
  return reader(*body);
}

Result<HyperstackListing> HyperstackDriver::list_once(
    HyperstackList list,
    const std::string& region,
    const std::function<Status(const HyperstackRows&)>& take) {
  HyperstackListing listing;
  for (int number = 1; number <= kMostPages; ++number) {
    const auto call = number == 1 ? HyperstackCall::kList : HyperstackCall::kNextPage;
    const auto body = ask(requests_.page(list, number, region), call);
    if (!body && body.error().code == ErrorCode::kNotFound) return listing;
    if (!body) return body.error();
    const auto page = read_hyperstack_page(*body, list);
    if (!page) return page.error();
    const bool has_more = listing.add(*page);
    if (auto taken = take(listing.take_rows()); !taken) return taken.error();
    if (!has_more) return listing;
  }
  return Error{ErrorCode::kProtocol, "the list has no last page", std::nullopt};
}

template <typename Read>
auto HyperstackDriver::read_list(HyperstackList list, const std::string& region, const Read& reader)
    -> decltype(reader(std::declval<const HyperstackRows&>())) {
  using Values = std::remove_cvref_t<decltype(*reader(HyperstackRows()))>;
  for (int reading = 1;; ++reading) {
    Values values;
    const auto take = [&](const HyperstackRows& rows) -> Status {
      auto part = reader(rows);
      if (!part) return part.error();
      std::move(part->begin(), part->end(), std::back_inserter(values));
      return {};
    };
    const auto listing = list_once(list, region, take);
    if (!listing) return listing.error();
    const auto whole = listing->check_whole();
    if (whole) return values;
    if (reading == kMostReadings) return whole.error();
  }
}

Result<std::vector<HyperstackImage>> HyperstackDriver::read_images(const std::string& region) {
  auto images = read_list(HyperstackList::kImages, region, read_hyperstack_images);
  if (!images) return images;
  // Should the cloud not mind the region: an image is only to be had in its own.
  std::erase_if(*images, [&](const HyperstackImage& image) {
    return !image.region.empty() && image.region != region;
  });
  return images;
}

Result<HyperstackEnvironment> HyperstackDriver::find_environment() {
  if (environment_) return *environment_;
  const auto known = read_list(HyperstackList::kEnvironments, "", read_hyperstack_environments);
  if (!known) return known.error();
  auto chosen = choose_hyperstack_environment(config_, *known);
  if (chosen) environment_ = *chosen;
  return chosen;
}

// Names of images change as their drivers do.
Result<std::string> HyperstackDriver::find_image(const std::string& region) {
  const auto now = clock_.now();
  if (image_ && now - image_->chosen_at < kImageKept) return image_->name;
  const auto images = read_images(region);
  if (!images) return images.error();
  auto chosen = choose_hyperstack_image(config_.image, *images);
  if (chosen) image_ = Image{*chosen, now};
  return chosen;
}

Result<std::string> HyperstackDriver::find_network(std::int64_t environment) {
  if (network_) return *network_;
  const auto quota = read(requests_.quota(environment), read_hyperstack_quota);
  if (!quota) return quota.error();
  network_ = quota->network;
  return quota->network;
}

bool HyperstackDriver::is_wanted(const std::string& region) const {
  const auto& regions = config_.regions;
  return regions.empty() || std::find(regions.begin(), regions.end(), region) != regions.end();
}

Result<HyperstackCatalogue> HyperstackDriver::read_catalogue(const std::string& region) {
  auto flavors = read(requests_.flavors(region), read_hyperstack_flavors);
  if (!flavors) return flavors.error().within("flavors");
  auto stock = read(requests_.stocks(), read_hyperstack_stock);
  if (!stock) return stock.error().within("stocks");
  auto prices = read(requests_.pricebook(), read_hyperstack_prices);
  if (!prices) return prices.error().within("pricebook");
  return HyperstackCatalogue{*std::move(flavors), *std::move(stock), *std::move(prices)};
}

Result<std::vector<Offer>> HyperstackDriver::offers() {
  const auto environment = find_environment();
  if (!environment) return failed("list offers", environment.error());
  const auto& region = environment->region;
  if (!is_wanted(region)) return std::vector<Offer>{};
  const auto catalogue = read_catalogue(region);
  if (!catalogue) return failed("list offers", catalogue.error());
  auto offers = make_hyperstack_offers(*catalogue, region, capabilities_, clock_.now());
  prices_.clear();
  for (const auto& offer : offers)
    prices_[offer.id] = offer.price_per_hour;
  return offers;
}

Status HyperstackDriver::check_spec(const OrderSpec& spec) const {
  const auto most = capabilities_.machines_per_order;
  // The longest name is that of the last machine of several.
  const auto longest_name =
      format_mark(spec.mark).size() + (spec.machines > 1 ? sizeof("-20") - 1 : 0);
  std::string wrong;
  if (config_.ssh_key.empty()) wrong = "ssh_key is not set, and Hyperstack wants one";
  if (spec.machines < 1 || spec.machines > most) {
    wrong = "Hyperstack takes 1 to " + std::to_string(most) + " machines an order";
  }
  if (spec.offer.region.empty() || spec.offer.type.empty()) wrong = "the offer is not whole";
  if (spec.user_data.size() > capabilities_.user_data_limit) wrong = "the user-data is too large";
  if (longest_name > kHyperstackLongestName) {
    wrong = "the mark is too long for Hyperstack's names, " +
            std::to_string(kHyperstackLongestName) + " characters: choose a shorter cluster name";
  }
  if (wrong.empty()) return {};
  return Error{ErrorCode::kInvalid, wrong, std::nullopt};
}

Result<std::vector<std::string>> HyperstackDriver::create(const OrderSpec& spec) {
  if (auto fit = check_spec(spec); !fit) return fit.error();
  const auto environment = find_environment();
  if (!environment) return environment.error();
  if (environment->region != spec.offer.region) {
    return Error{ErrorCode::kInvalid,
                 "environment " + config_.environment + " is in " + environment->region,
                 std::nullopt};
  }
  const auto image = find_image(environment->region);
  if (!image) return image.error();
  const auto network = find_network(environment->id);
  if (!network) return network.error();
  const auto answer = transport_.send_order(requests_.create(spec, *image, *network));
  if (!answer) return answer.error();
  const auto body = read_hyperstack_body(*answer, HyperstackCall::kCreate, config_.refusals);
  if (!body) return body.error();
  return read_hyperstack_created(*body, spec.machines);
}

Result<Ordered> HyperstackDriver::order(const OrderSpec& spec) {
  auto ids = create(spec);
  if (ids) return Ordered{*std::move(ids), clock_.now()};
  if (ids.error().code == ErrorCode::kInvalid) {
    // What was known of the account may be so no longer.
    environment_.reset();
    network_.reset();
    image_.reset();
  }
  const auto what =
      "order " + format_mark(spec.mark) + " (" + spec.offer.type + " in " + spec.offer.region + ")";
  return failed(what, ids.error());
}

// What the machine's events tell: since when it bills. Says why a machine failed.
std::optional<TimePoint> HyperstackDriver::hear(const CloudMachine& machine) {
  const auto events = read(requests_.events(machine.id), read_hyperstack_events);
  if (!events) return std::nullopt;
  const auto failure = find_failure(*events);
  if (machine.state == CloudState::kUnhealthy && !failure.empty()) {
    log_warning(name() + ": machine " + machine.id + " (" + format_mark(machine.mark) +
                "): " + failure);
  }
  return find_creation(*events, clock_.now());
}

// The list tells neither since when a machine bills nor how much. Each machine is asked about once,
// when it first runs or is no good; when there are many, over several listings.
void HyperstackDriver::tell_what_is_known(std::vector<CloudMachine>& machines) {
  std::map<std::string, std::optional<TimePoint>> billed_from;
  int questions = 0;
  for (auto& machine : machines) {
    const auto price = prices_.find(machine.offer);
    if (price != prices_.end()) machine.price_per_hour = price->second;
    const bool is_up =
        machine.state == CloudState::kRunning || machine.state == CloudState::kUnhealthy;
    auto heard = billed_from_.find(machine.id);
    if (heard == billed_from_.end() && is_up && questions++ < kMostQuestions) {
      heard = billed_from_.emplace(machine.id, hear(machine)).first;
    }
    if (heard == billed_from_.end()) continue;
    machine.billed_from = heard->second;
    billed_from.insert(*heard);
  }
  billed_from_ = std::move(billed_from);  // what is no longer listed is forgotten
}

Result<std::vector<CloudMachine>> HyperstackDriver::machines(const std::string& cluster) {
  auto machines = read_list(HyperstackList::kMachines, "", [&](const HyperstackRows& rows) {
    return read_hyperstack_machines(rows, cluster);
  });
  if (!machines) return failed("list machines", machines.error());
  tell_what_is_known(*machines);
  return machines;
}

// When the machine's end was accepted, or was found to have come already.
Result<TimePoint> HyperstackDriver::read_end(const HttpAnswer& answer) const {
  const auto body = read_hyperstack_body(answer, HyperstackCall::kDelete, config_.refusals);
  if (!body && body.error().code != ErrorCode::kNotFound) return body.error();
  if (body && body->boolean("status") != true) return not_understood("its status is not true");
  return time_of(answer, clock_.now());
}

// One call a machine. A refusal counts for its machine alone: one that is still being made cannot
// be ended yet, and must not keep the others.
Result<Released> HyperstackDriver::release(const std::vector<std::string>& ids) {
  Released released{clock_.now(), {}};
  std::optional<Error> refused;
  int unanswered = 0;
  for (const auto& id : ids) {
    const auto answer = transport_.send(requests_.destroy(id));
    unanswered = answer ? 0 : unanswered + 1;
    const auto end = answer ? read_end(*answer) : Result<TimePoint>(answer.error());
    if (end) {
      released.at = *end;
      released.accepted.push_back(id);
      continue;
    }
    if (!refused) refused = failed("release of " + id, end.error());
    const auto code = end.error().code;
    const bool is_for_all = code == ErrorCode::kUnauthorized || code == ErrorCode::kRateLimited;
    if (is_for_all || unanswered == kMostUnanswered) break;
  }
  if (!refused) return released;
  // What was accepted is told; the caller asks again for the rest anyway.
  if (released.accepted.empty()) return *refused;
  log_info(refused->message + "; accepted " + std::to_string(released.accepted.size()) + " of " +
           std::to_string(ids.size()));
  return released;
}

Result<std::vector<AccountFinding>> HyperstackDriver::check() {
  const auto known = read_list(HyperstackList::kEnvironments, "", read_hyperstack_environments);
  if (!known) return failed("list environments", known.error());
  const auto environment = choose_hyperstack_environment(config_, *known);
  const Error not_asked{ErrorCode::kInvalid, "not asked", std::nullopt};
  HyperstackAccount account{environment, {}, not_asked, not_asked, not_asked};
  account.credit = read(requests_.credit(), read_hyperstack_credit);
  if (!environment) return check_hyperstack_account(config_, account);
  auto keypairs = read_list(HyperstackList::kKeypairs, "", read_hyperstack_keypairs);
  if (!keypairs) return failed("list keypairs", keypairs.error());
  account.keypairs = *std::move(keypairs);
  const auto images = read_images(environment->region);
  if (!images) return failed("list images", images.error());
  account.image = choose_hyperstack_image(config_.image, *images);
  account.quota = read(requests_.quota(environment->id), read_hyperstack_quota);
  return check_hyperstack_account(config_, account);
}

}  // namespace

std::unique_ptr<Provider> make_hyperstack_driver(const ProviderParts& parts) {
  return std::make_unique<HyperstackDriver>(parts);
}

}  // namespace spillway
