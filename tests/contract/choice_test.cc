// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/choice.h"

#include "tests/support/cmocka.h"

using namespace spillway;
using namespace spillway::contract;

namespace {

Offer make_offer(const char* type, std::optional<int> cents, std::optional<int> stock) {
  Offer offer;
  offer.id = {"cloud", "here", type, "ethernet"};
  if (cents) offer.price_per_hour = Money::from_cents(*cents);
  offer.stock = stock;
  return offer;
}

std::vector<Offer> make_market() {
  auto catalog = make_offer("catalog", 1, 9);
  catalog.price_source = PriceSource::kCatalog;
  return {make_offer("unpriced", std::nullopt, 9),
          catalog,
          make_offer("gone-cheap", 50, 0),
          make_offer("gone-dear", 5000, 0),
          make_offer("one", 100, 1),
          make_offer("some", 200, std::nullopt),
          make_offer("three", 300, 3),
          make_offer("dear", 5000, 100)};
}

struct ChoiceCase {
  const char* what;
  const char* name;
  int most_cents;
  int machines;
  const char* type;  // nullptr: none
};

constexpr ChoiceCase kChoices[] = {
    {"the cheapest that can be had", "", 9999, 1, "one"},
    {"a price that is just within", "", 100, 1, "one"},
    {"nothing within the price", "", 99, 1, nullptr},
    {"an untold stock may do", "", 9999, 2, "some"},
    {"an untold stock may do for many", "", 9999, 50, "some"},
    {"one that is named", "here three", 9999, 1, "three"},
    {"one that is named with its provider", "cloud here three", 9999, 3, "three"},
    {"a named one with too few", "here three", 9999, 4, nullptr},
    {"a named one that costs more", "here dear", 4999, 1, nullptr},
    {"a named one without a price", "here unpriced", 9999, 1, nullptr},
    {"a named one with a price of the catalog's", "here catalog", 9999, 1, nullptr},
    {"a named one that is sold out", "here gone-cheap", 9999, 1, nullptr},
    {"a name that is only begun", "here thr", 9999, 1, nullptr},
    {"a name without its region", "three", 9999, 1, nullptr},
    {"a sold out one", "", 9999, 0, "gone-cheap"},
    {"a sold out one within the price", "", 49, 0, nullptr},
};

void assert_chosen(const ChoiceCase& row) {
  Wish wish;
  wish.name = row.name;
  wish.most_price = Money::from_cents(row.most_cents);
  wish.machines = row.machines;
  const auto chosen = choose_offer(make_market(), wish);
  const std::string type = chosen ? chosen->id.type : "nothing";
  const std::string expected = row.type == nullptr ? "nothing" : row.type;
  if (type != expected) fail_msg("%s: %s, not %s", row.what, type.c_str(), expected.c_str());
}

void cheapest_offer_within_the_wish_is_chosen(void**) {
  for (const auto& row : kChoices)
    assert_chosen(row);
}

void offer_that_does_not_fit_is_not_chosen(void**) {
  Wish wish;
  wish.most_price = Money::from_cents(9999);
  wish.fits = [](const OfferId& id) { return id.type == "dear"; };
  assert_string_equal(choose_offer(make_market(), wish)->id.type.c_str(), "dear");
}

void order_of_the_offers_does_not_matter(void**) {
  auto market = make_market();
  Wish wish;
  wish.most_price = Money::from_cents(9999);
  const std::vector<Offer> turned(market.rbegin(), market.rend());
  assert_true(choose_offer(turned, wish)->id == choose_offer(market, wish)->id);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(cheapest_offer_within_the_wish_is_chosen),
      cmocka_unit_test(offer_that_does_not_fit_is_not_chosen),
      cmocka_unit_test(order_of_the_offers_does_not_matter),
  };
  return cmocka_run_group_tests_name("contract.choice", tests, nullptr, nullptr);
}
