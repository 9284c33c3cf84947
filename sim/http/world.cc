// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/world.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace spillway {
namespace {

constexpr std::size_t kJournalLimit = 100'000;

bool takes_effect(SimRequestFaultKind kind) {
  return kind == SimRequestFaultKind::kTruncate || kind == SimRequestFaultKind::kCut ||
         kind == SimRequestFaultKind::kTimeoutAfter || kind == SimRequestFaultKind::kErrorAfter;
}

// An answer that the cloud itself might never give says so: whoever holds the simulated cloud
// against the real one leaves it out.
ApiAnswer marked(ApiAnswer answer, const char* fault) {
  answer.headers.emplace_back("Sim-Fault", fault);
  return answer;
}

ApiAnswer own_words(const SimRequestFault& fault, const CloudApi& api) {
  if (fault.status == 0 && fault.body.empty()) return api.failure(500);
  const int status = fault.status == 0 ? 500 : fault.status;
  if (fault.body.empty()) return marked(api.failure(status), "status");
  const bool is_json = static_cast<bool>(Json::parse(fault.body, "body"));
  return marked({status, is_json ? "application/json" : "text/plain", fault.body, {}}, "status");
}

ApiAnswer html_page(const SimRequestFault& fault) {
  const int status = fault.status == 0 ? 502 : fault.status;
  const std::string page = "<html><body><h1>Bad Gateway</h1></body></html>\n";
  return marked({status, "text/html", fault.body.empty() ? page : fault.body, {}}, "html");
}

ApiAnswer no_body(const SimRequestFault& fault) {
  return marked({fault.status == 0 ? 200 : fault.status, "application/json", "", {}}, "empty");
}

// What is answered in place of `effect`, which is the true answer where the fault takes effect.
Served distort(const SimRequestFault& fault, const CloudApi& api, ApiAnswer effect) {
  switch (fault.kind) {
    case SimRequestFaultKind::kRefuseCapacity:
      return {api.capacity_refusal()};
    case SimRequestFaultKind::kStatus:
      return {own_words(fault, api)};
    case SimRequestFaultKind::kHtml:
      return {html_page(fault)};
    case SimRequestFaultKind::kEmpty:
      return {no_body(fault)};
    case SimRequestFaultKind::kRateLimit:
      return {api.failure(429)};
    case SimRequestFaultKind::kTimeoutBefore:
    case SimRequestFaultKind::kTimeoutAfter:
      return {{}, Delivery::kNever};
    case SimRequestFaultKind::kTruncate:
      effect.body.resize(effect.body.size() / 2);
      return {marked(std::move(effect), "truncate")};
    case SimRequestFaultKind::kCut:
      return {std::move(effect), Delivery::kCut};
    case SimRequestFaultKind::kErrorAfter:
      return {own_words(fault, api)};
  }
  return {api.failure(500)};
}

// "Tue, 24 Nov 2026 11:32:47 GMT"
std::string http_date(TimePoint time) {
  const std::time_t seconds = to_unix_seconds(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), size};
}

}  // namespace

SimWorld::SimWorld(const Scenario& scenario, const Clock& clock)
    : clock_(clock), moment_(clock.now()) {
  for (const CloudScenario& account : scenario.clouds) {
    auto model = std::make_unique<SimCloud>(account.cloud, moment_, faults_);
    auto api = account.make_api(account, *model, moment_);
    clouds_.push_back(
        {account.prefix, std::move(model), std::move(api), RateMeter(account.documented_rates)});
  }
}

// The model's clock never goes back, whatever the host's does.
void SimWorld::step_clock() {
  moment_.set(std::max(moment_.now(), clock_.now()));
}

std::vector<SimChange> SimWorld::advance() {
  const std::lock_guard lock(mutex_);
  step_clock();
  std::vector<SimChange> changes;
  for (Cloud& cloud : clouds_) {
    cloud.model->advance();
    for (SimChange& change : cloud.model->take_changes())
      changes.push_back(std::move(change));
  }
  return changes;
}

Served SimWorld::serve(const ApiRequest& request) {
  const std::lock_guard lock(mutex_);
  step_clock();
  if (request.path.rfind("/sim/", 0) == 0) return {serve_admin(request)};
  for (Cloud& cloud : clouds_) {
    if (request.path.rfind(cloud.prefix + "/", 0) != 0) continue;
    Served served = serve_cloud(cloud, request);
    // Real clouds tell their time; bills are settled by it.
    served.answer.headers.emplace_back("Date", http_date(moment_.now()));
    return served;
  }
  return {{404, "text/plain", "no cloud is simulated here\n", {}}};
}

Served SimWorld::serve_cloud(Cloud& cloud, ApiRequest request) {
  JournalEntry entry{moment_.now(), request.method, request.path, 0, std::nullopt};
  const auto fault = faults_.take_for_request(request.method, request.path);
  request.path.erase(0, cloud.prefix.size());
  entry.order = cloud.api->order_in(request);
  cloud.model->advance();
  cloud.meter.count(entry.order.has_value(), entry.at);
  Served served = fault ? serve_faulty(*fault, cloud, request) : Served{ask(cloud, request)};
  if (served.delivery != Delivery::kNever) entry.status = served.answer.status;
  keep(std::move(entry));
  return served;
}

Served SimWorld::serve_faulty(const SimRequestFault& fault,
                              Cloud& cloud,
                              const ApiRequest& request) {
  ApiAnswer effect;
  if (takes_effect(fault.kind)) effect = ask(cloud, request);
  Served served = distort(fault, *cloud.api, std::move(effect));
  if (fault.retry_after)
    served.answer.headers.emplace_back("Retry-After", std::to_string(fault.retry_after->count()));
  return served;
}

ApiAnswer SimWorld::ask(Cloud& cloud, const ApiRequest& request) {
  ApiAnswer answer = cloud.api->answer(request);
  if (answer.status == 429) cloud.meter.count_refused();
  return answer;
}

void SimWorld::keep(JournalEntry entry) {
  if (journal_.size() == kJournalLimit) journal_.pop_front();
  journal_.push_back(std::move(entry));
}

}  // namespace spillway
