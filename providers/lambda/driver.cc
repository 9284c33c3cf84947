// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/driver.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "lib/text.h"
#include "providers/lambda/answer.h"
#include "providers/lambda/check.h"
#include "providers/lambda/offers.h"
#include "providers/lambda/request.h"
#include "providers/paced_transport.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr int kMostPages = 1000;

class LambdaDriver final : public Provider {
 public:
  explicit LambdaDriver(const ProviderParts& parts)
      : config_(parts.config),
        key_(parts.key),
        clock_(parts.clock),
        requests_(parts.config, parts.key),
        transport_(
            parts.transport,
            parts.clock,
            parts.wait,
            Pace{lambda_capabilities().between_requests, lambda_capabilities().between_orders}) {}

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  [[nodiscard]] const Capabilities& capabilities() const override { return lambda_capabilities(); }

  [[nodiscard]] Result<std::vector<Offer>> offers() override;
  [[nodiscard]] Result<Ordered> order(const OrderSpec& spec) override;
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string& cluster) override;
  [[nodiscard]] Result<Released> release(const std::vector<std::string>& ids) override;
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override;

 private:
  using Ids = std::vector<std::string>;

  [[nodiscard]] Error failed(const std::string& what, const Error& error) const;
  [[nodiscard]] Status check_spec(const OrderSpec& spec) const;
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request, LambdaCall call);
  [[nodiscard]] Result<LambdaPage> ask(const HttpRequest& request, LambdaCall call);
  [[nodiscard]] Status terminate_known(const Ids& ids, Ids& accepted);

  // Asks for every page of the list at `path`; `read` takes an answer and gives its LambdaPage.
  template <typename Read>
  [[nodiscard]] Status read_pages(const std::string& path, const Read& read);

  // All rows of the list at `path`, all pages; `read` reads one page's payload.
  template <typename Read>
  [[nodiscard]] auto list(const std::string& path, const Read& read)
      -> decltype(read(std::declval<const Json&>()));

  ProviderConfig config_;
  Secret key_;
  const Clock& clock_;
  LambdaRequests requests_;
  PacedTransport transport_;
  TimePoint answered_at_;  // of the last answer, by the cloud's clock
};

Error LambdaDriver::failed(const std::string& what, const Error& error) const {
  return without_secret(error.within(name() + ": " + what), key_);
}

Result<HttpAnswer> LambdaDriver::send(const HttpRequest& request, LambdaCall call) {
  auto answer =
      call == LambdaCall::kLaunch ? transport_.send_order(request) : transport_.send(request);
  if (answer) {
    answered_at_ = time_of(*answer, clock_.now());
    return answer;
  }
  return call == LambdaCall::kList ? without_doubt(answer.error()) : answer.error();
}

Result<LambdaPage> LambdaDriver::ask(const HttpRequest& request, LambdaCall call) {
  const auto answer = send(request, call);
  if (!answer) return answer.error();
  return read_lambda_page(*answer, call);
}

template <typename Read>
Status LambdaDriver::read_pages(const std::string& path, const Read& read) {
  std::string token;
  for (int page = 0; page < kMostPages; ++page) {
    const auto answer = send(requests_.list(path, token), LambdaCall::kList);
    if (!answer) return answer.error();
    const Result<LambdaPage> taken = read(*answer);
    if (!taken) return taken.error();
    if (taken->next_page.empty()) return {};
    token = taken->next_page;
  }
  return Error{ErrorCode::kProtocol, path + " has no last page", std::nullopt};
}

template <typename Read>
auto LambdaDriver::list(const std::string& path, const Read& read)
    -> decltype(read(std::declval<const Json&>())) {
  std::remove_cvref_t<decltype(*read(std::declval<const Json&>()))> rows;
  const auto whole = read_pages(path, [&](const HttpAnswer& answer) -> Result<LambdaPage> {
    auto page = read_lambda_page(answer, LambdaCall::kList);
    if (!page) return page;
    auto part = read(page->data);
    if (!part) return part.error();
    std::move(part->begin(), part->end(), std::back_inserter(rows));
    return page;
  });
  if (!whole) return whole.error();
  return rows;
}

Result<std::vector<Offer>> LambdaDriver::offers() {
  const auto types = list("/instance-types", read_lambda_types);
  if (!types) return failed("list offers", types.error());
  if (!config_.regions.empty()) return make_lambda_offers(*types, config_.regions, clock_.now());
  const auto named = list("/regions", read_lambda_names);
  if (!named) return failed("list regions", named.error());
  std::set<std::string> regions(named->begin(), named->end());
  for (const auto& type : *types) {
    regions.insert(type.regions_with_capacity.begin(), type.regions_with_capacity.end());
  }
  return make_lambda_offers(*types, {regions.begin(), regions.end()}, clock_.now());
}

Status LambdaDriver::check_spec(const OrderSpec& spec) const {
  std::string wrong;
  if (spec.machines != 1) wrong = "Lambda takes one machine an order";
  if (config_.ssh_key.empty()) wrong = "ssh_key is not set, and Lambda wants one";
  if (spec.offer.region.empty() || spec.offer.type.empty()) wrong = "the offer is not whole";
  if (spec.user_data.size() > capabilities().user_data_limit) wrong = "the user-data is too large";
  if (wrong.empty()) return {};
  return Error{ErrorCode::kInvalid, wrong, std::nullopt};
}

Result<Ordered> LambdaDriver::order(const OrderSpec& spec) {
  const auto what =
      "order " + format_mark(spec.mark) + " (" + spec.offer.type + " in " + spec.offer.region + ")";
  if (const auto fit = check_spec(spec); !fit) return failed(what, fit.error());
  const auto answer = ask(requests_.launch(spec), LambdaCall::kLaunch);
  if (!answer) return failed(what, answer.error());
  auto id = read_lambda_launched(answer->data);
  if (!id) return failed(what, id.error());
  return Ordered{{*std::move(id)}, clock_.now()};
}

Result<std::vector<CloudMachine>> LambdaDriver::machines(const std::string& cluster) {
  std::vector<CloudMachine> machines;
  const auto take = [&](const Json& row) -> Status {
    auto machine = read_lambda_machine(row, cluster);
    if (!machine) return machine.error();
    if (*machine) machines.push_back(**std::move(machine));
    return {};
  };
  const auto whole = read_pages(
      "/instances", [&](const HttpAnswer& answer) { return read_lambda_rows(answer, take); });
  if (!whole) return failed("list machines", whole.error());
  return machines;
}

// Lambda refuses a whole batch for one id that it does not know, and does not say which: halves are
// asked for until the unknown ids stand alone. They are gone.
Status LambdaDriver::terminate_known(const Ids& ids, Ids& accepted) {
  const auto answer = ask(requests_.terminate(ids), LambdaCall::kTerminate);
  if (answer) {
    const auto ended = read_lambda_terminated(answer->data);
    if (!ended) return ended.error();
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(accepted), [&](const auto& id) {
      return std::find(ended->begin(), ended->end(), id) != ended->end();
    });
    return {};
  }
  if (answer.error().code != ErrorCode::kNotFound) return answer.error();
  if (ids.size() == 1) {
    accepted.push_back(ids.front());
    return {};
  }
  const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
  auto first = terminate_known({ids.begin(), middle}, accepted);
  if (!first) return first;
  return terminate_known({middle, ids.end()}, accepted);
}

Result<Released> LambdaDriver::release(const Ids& ids) {
  Released released{clock_.now(), {}};
  if (ids.empty()) return released;
  const auto outcome = terminate_known(ids, released.accepted);
  // What was accepted before an error is told; the caller asks again for the rest anyway.
  if (!outcome && released.accepted.empty()) {
    return failed("release of " + std::to_string(ids.size()), outcome.error());
  }
  released.at = answered_at_;
  return released;
}

Result<std::vector<AccountFinding>> LambdaDriver::check() {
  LambdaAccount account;
  const auto keys = list("/ssh-keys", read_lambda_names);
  if (!keys) return failed("list ssh keys", keys.error());
  account.ssh_keys = *keys;
  if (!config_.regions.empty()) {
    const auto regions = list("/regions", read_lambda_names);
    if (!regions) return failed("list regions", regions.error());
    account.regions = *regions;
  }
  if (!config_.image.empty()) {
    const auto images = list("/images", read_lambda_images);
    if (!images) return failed("list images", images.error());
    account.images = *images;
  }
  return check_lambda_account(config_, account);
}

}  // namespace

std::unique_ptr<Provider> make_lambda_driver(const ProviderParts& parts) {
  return std::make_unique<LambdaDriver>(parts);
}

}  // namespace spillway
