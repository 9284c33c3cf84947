// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can be tried without an order: the account, offers, the list of machines, a wrong key.
#include <set>

#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

void usable_account_has_no_failure(Scene& scene) {
  const auto findings = value_of(scene.provider->check());
  assert_int_not_equal(findings.size(), 0);
  for (const auto& finding : findings) {
    if (finding.level == AccountFinding::Level::kFailure) fail_msg("%s", finding.text.c_str());
  }
}

std::string trouble_with(const Offer& offer) {
  if (offer.id.region.empty() || offer.id.type.empty()) return "without region or type";
  const bool has_infiniband = offer.id.fabric == "infiniband";
  if (!has_infiniband && offer.id.fabric != "ethernet") return "of fabric " + offer.id.fabric;
  if (has_infiniband != offer.infiniband) return "of two minds about InfiniBand";
  if (offer.price_per_hour && *offer.price_per_hour <= Money()) return "for nothing";
  if (offer.price_source != PriceSource::kLive) return "with a price that is not live";
  if (offer.stock && *offer.stock < 0) return "with less than no stock";
  if (offer.gpus < 0 || (offer.gpus == 0 && !offer.gpu.empty())) return "of no GPUs with a model";
  return offer.boot_time.count() > 0 ? "" : "that boots in no time";
}

void offers_are_whole(Scene& scene) {
  const auto before = scene.clock->now();
  for (const auto& offer : value_of(scene.provider->offers())) {
    auto why = trouble_with(offer);
    if (offer.id.provider != scene.row->provider) why = "of provider " + offer.id.provider;
    if (offer.seen_at < before || offer.seen_at > scene.clock->now()) why = "seen at another time";
    if (!why.empty()) fail_msg("%s: %s", format_offer_id(offer.id).c_str(), why.c_str());
  }
}

void offers_are_told_once_and_some_have_a_price(Scene& scene) {
  std::set<OfferId> seen;
  bool has_price = false;
  for (const auto& offer : value_of(scene.provider->offers())) {
    if (!seen.insert(offer.id).second) fail_msg("%s: twice", format_offer_id(offer.id).c_str());
    has_price = has_price || offer.price_per_hour.has_value();
  }
  if (!has_price) fail_msg("none of %zu offers has a price", seen.size());
}

void offers_have_the_clouds_price_shape_and_stock(Scene& scene) {
  const auto offers = value_of(scene.provider->offers());
  const auto offer = find_offer(offers, scene.offer.id);
  assert_true(offer.price_per_hour == scene.offer.price_per_hour);
  assert_string_equal(offer.gpu.c_str(), "h100");
  assert_int_equal(offer.gpus, 8);
  assert_true(offer.cpus > 0 && offer.memory_mib > 0);
  assert_true(!offer.stock || offer.stock == scene.offer.stock);
  assert_true(find_offer(offers, scene.sold_out).stock == 0);
}

void only_machines_of_the_cluster_are_listed(Scene& scene) {
  assert_int_equal(list(scene).size(), 0);
  assert_int_equal(value_of(scene.provider->machines("nobody-is-called-so")).size(), 0);
}

// Refused before anything is sent, whatever the driver may have to ask for first.
void order_of_more_than_one_call_may_ask_is_invalid(Scene& scene) {
  const auto offers = value_of(scene.provider->offers());
  assert_int_not_equal(offers.size(), 0);
  const auto provider = scene.connect_asking();
  auto spec = make_spec(scene, 1, offers.front().id);
  for (const int machines : {0, -1, provider->capabilities().machines_per_order + 1}) {
    spec.machines = machines;
    assert_error(provider->order(spec), ErrorCode::kInvalid);
  }
}

void wrong_key_is_unauthorized_whatever_is_asked(Scene& scene) {
  const std::string key = "wrong-key";
  const auto provider = scene.connect(key);
  if (!scene.row->tells_offers_to_all) assert_error(provider->offers(), ErrorCode::kUnauthorized);
  assert_error(provider->machines(scene.mark.cluster), ErrorCode::kUnauthorized);
  const auto checked = provider->check();
  assert_error(checked, ErrorCode::kUnauthorized);
  if (checked.error().message.find(key) != std::string::npos) fail_msg("the key is shown");
}

}  // namespace

std::vector<Case> asking_cases() {
  return {
      CASE(usable_account_has_no_failure, .machines = 0),
      CASE(offers_are_whole, .machines = 0),
      CASE(offers_are_told_once_and_some_have_a_price, .machines = 0),
      CASE(offers_have_the_clouds_price_shape_and_stock, .simulated = "sells what the case knows"),
      CASE(only_machines_of_the_cluster_are_listed, .machines = 0),
      CASE(order_of_more_than_one_call_may_ask_is_invalid, .machines = 0),
      CASE(wrong_key_is_unauthorized_whatever_is_asked, .machines = 0),
  };
}

}  // namespace spillway::contract
