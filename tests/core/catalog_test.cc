// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/catalog.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "lib/file.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

// Each refused case replaces one part of this text. The line numbers in the table are its own.
constexpr std::string_view kGood = R"(prices:
  - {provider: lambda, gpu: h100, form: sxm, network: ethernet, gpus: 8,
     price_per_gpu_hour: 3.99, date: 2026-09-20, source: "a list"}
  - {provider: lambda, gpu: h100, price_per_gpu_hour: 5, date: 2026-09-19, source: another}
)";

struct Refused {
  const char* name;
  const char* from;
  const char* to;
  const char* said;
};

const Refused kRefused[] = {
    {"no price at all", kGood.data(), "", "c.yaml:1: prices: missing: this key must be given"},
    {"a list at the top",
     "prices:\n",
     "",
     "c.yaml:1: found a list: a mapping of keys belongs here"},
    {"an unknown key at the top", "prices:\n", "date: 1\nprices:\n", "c.yaml:1: date: unknown key"},
    {"prices that are a mapping",
     kGood.data(),
     "prices: {lambda: 3}",
     "c.yaml:1: prices: found a mapping: a list of at least one belongs here"},
    {"prices that are empty",
     kGood.data(),
     "prices: []",
     "c.yaml:1: prices: found an empty list: a list of at least one belongs here"},
    {"an entry that is a text",
     kGood.data(),
     "prices: [3.99]",
     "c.yaml:1: prices[1]: found \"3.99\": a mapping of keys belongs here"},
    {"no provider",
     "provider: lambda, gpu: h100, form",
     "gpu: h100, form",
     "c.yaml:2: prices[1].provider: missing"},
    {"a provider with a blank",
     "provider: lambda, gpu: h100, form",
     "provider: lambda labs, gpu: h100, form",
     "c.yaml:2: prices[1].provider: found"},
    {"no GPU", "gpu: h100, form", "form", "c.yaml:2: prices[1].gpu: missing"},
    {"a GPU in capitals", "gpu: h100, form", "gpu: H100, form", "write it in lower case: h100"},
    {"an empty GPU", "gpu: h100, form", "gpu: \"\", form", "prices[1].gpu: found an empty text"},
    {"an unknown form", "form: sxm", "form: sxm5", "found \"sxm5\": sxm, pcie or nvl belongs here"},
    {"a form in capitals", "form: sxm", "form: SXM", "found \"SXM\": sxm, pcie or nvl"},
    {"an empty form", "form: sxm", "form: ", "found nothing: sxm, pcie or nvl"},
    {"a form that is a list", "form: sxm", "form: [sxm]", "found a list: sxm, pcie or nvl"},
    {"an unknown network", "network: ethernet", "network: ib", "infiniband or ethernet"},
    {"zero GPUs", "gpus: 8", "gpus: 0", "a whole number from 1"},
    {"GPUs in quotes", "gpus: 8", "gpus: \"8\"", "a whole number from 1"},
    {"half a GPU", "gpus: 8", "gpus: 0.5", "a whole number from 1"},
    {"no price", "price_per_gpu_hour: 3.99, ", "", "price_per_gpu_hour: missing"},
    {"a price of zero", "price_per_gpu_hour: 3.99", "price_per_gpu_hour: 0", "above zero"},
    {"a price below zero", "price_per_gpu_hour: 3.99", "price_per_gpu_hour: -1", "above zero"},
    {"a price with its currency",
     "price_per_gpu_hour: 3.99",
     "price_per_gpu_hour: $3.99",
     "without a currency"},
    {"a price on request", "price_per_gpu_hour: 3.99", "price_per_gpu_hour: ask", "found \"ask\""},
    {"a price of no GPU",
     "price_per_gpu_hour: 3.99",
     "price_per_gpu_hour: 1000.01",
     "at most 1000"},
    {"a price of a whole machine",
     "price_per_gpu_hour: 3.99",
     "price_per_hour: 31.92",
     "price_per_hour: unknown key: known here: date"},
    {"no date", "date: 2026-09-20, ", "", "prices[1].date: missing"},
    {"a month alone", "date: 2026-09-20", "date: 2026-09", "the day on which the price was seen"},
    {"a day that never was", "date: 2026-09-20", "date: 2026-09-31", "found \"2026-09-31\""},
    {"a time of day", "date: 2026-09-20", "date: 2026-09-20T00:00:00Z", "the day on which"},
    {"a date the other way", "date: 2026-09-20", "date: 20.09.2026", "as in 2026-09-20"},
    {"a date that is a list", "date: 2026-09-20", "date: [2026]", "found a list"},
    {"no source", ", source: \"a list\"", "", "prices[1].source: missing"},
    {"an empty source", "source: \"a list\"", "source: \"\"", "a text on one line"},
    {"a key given twice", "gpus: 8", "gpus: 8, gpus: 4", "given twice"},
    {"a term", "gpus: 8", "term: spot", "prices[1].term: unknown key"},
    {"the same offer twice",
     "form: sxm, network: ethernet, gpus: 8,\n     ",
     "",
     "c.yaml:3: prices[2]: the same offer has a price above: keep the newer one"},
    {"an anchor",
     "{provider: lambda, gpu: h100, form",
     "&a {provider: lambda, gpu: h100, form",
     "anchor"},
    {"two documents", "prices:\n", "prices: [1]\n---\nprices:\n", "document"},
};

Catalog parsed(const std::string& text) {
  auto catalog = parse_catalog(text, "c.yaml");
  if (!catalog) fail_msg("%s", catalog.error().message.c_str());
  return *std::move(catalog);
}

Offer make_offer(const char* provider, const char* type, const char* gpu, int gpus) {
  Offer offer;
  offer.id = {provider, "somewhere", type, "ethernet"};
  offer.gpu = gpu;
  offer.gpus = gpus;
  return offer;
}

Catalog delivered() {
  const char* const source = std::getenv("SPILLWAY_SOURCE_DIR");
  const auto text = read_file(std::string(source == nullptr ? "." : source) + "/etc/catalog.yaml");
  if (!text) fail_msg("%s", text.error().message.c_str());
  return parsed(*text);
}

}  // namespace

static void each_key_has_its_meaning(void**) {
  const Catalog catalog = parsed(std::string(kGood));
  assert_int_equal(catalog.prices.size(), 2);
  const CatalogPrice& first = catalog.prices[0];
  assert_string_equal(first.provider.c_str(), "lambda");
  assert_string_equal(first.gpu.c_str(), "h100");
  assert_string_equal(first.form.c_str(), "sxm");
  assert_string_equal(first.network.c_str(), "ethernet");
  assert_int_equal(*first.gpus, 8);
  assert_int_equal(first.per_gpu_hour.micros(), 3'990'000);
  assert_string_equal(format_time(first.date).c_str(), "2026-09-20T00:00:00Z");
  assert_string_equal(first.source.c_str(), "a list");
  const CatalogPrice& second = catalog.prices[1];
  assert_true(second.form.empty() && second.network.empty() && !second.gpus);
}

static void mistakes_are_told_with_their_line(void**) {
  for (const auto& refused : kRefused) {
    std::string text(kGood);
    const auto at = text.find(refused.from);
    if (at == std::string::npos) fail_msg("%s: nothing to replace", refused.name);
    text.replace(at, std::string_view(refused.from).size(), refused.to);
    const auto catalog = parse_catalog(text, "c.yaml");
    if (catalog) fail_msg("%s: was taken", refused.name);
    if (catalog.error().message.find(refused.said) == std::string::npos) {
      fail_msg("%s: said %s", refused.name, catalog.error().message.c_str());
    }
  }
}

static void all_mistakes_are_told_at_once(void**) {
  const auto catalog = parse_catalog("prices:\n  - {provider: a}\n  - {gpu: b}\n", "c.yaml");
  assert_false(bool(catalog));
  assert_non_null(strstr(catalog.error().message.c_str(), "prices[1].gpu: missing"));
  assert_non_null(strstr(catalog.error().message.c_str(), "prices[2].provider: missing"));
}

static void a_live_price_is_never_touched(void**) {
  std::vector<Offer> offers = {make_offer("lambda", "gpu_8x_h100_sxm5", "h100", 8)};
  offers[0].price_per_hour = Money::from_cents(1);
  apply_catalog(offers, parsed(std::string(kGood)));
  assert_int_equal(offers[0].price_per_hour->micros(), 10'000);
  assert_true(offers[0].price_source == PriceSource::kLive);
  assert_false(offers[0].catalog_date.has_value());
}

static void an_unknown_price_is_the_catalogs_with_its_date(void**) {
  std::vector<Offer> offers = {make_offer("voltage-park", "bare-metal", "h100", 8),
                               make_offer("voltage-park", "bare-metal", "h100", 8)};
  offers[1].id.fabric = "infiniband";
  apply_catalog(offers, delivered());
  assert_int_equal(offers[0].price_per_hour->micros(), 8 * 1'990'000);
  assert_int_equal(offers[1].price_per_hour->micros(), 8 * 2'490'000);
  for (const auto& offer : offers) {
    assert_true(offer.price_source == PriceSource::kCatalog);
    assert_string_equal(format_time(*offer.catalog_date).c_str(), "2026-08-25T00:00:00Z");
  }
}

static void form_and_size_choose_the_entry_and_in_doubt_the_dearest(void**) {
  struct Case {
    const char* provider;
    const char* type;
    const char* gpu;
    int gpus;
    std::int64_t cents;  // of the machine; 0: unknown
  };
  const Case cases[] = {
      {"lambda", "gpu_8x_h100_sxm5", "h100", 8, 3192},
      {"lambda", "gpu_1x_h100_sxm5", "h100", 1, 429},
      {"lambda", "gpu_1x_h100_pcie", "h100", 1, 329},
      {"lambda", "gpu_8x_a100_80gb_sxm4", "a100", 8, 2232},
      {"lambda", "gpu_4x_a100", "a100", 4, 796},
      {"lambda", "gpu_3x_h100_sxm5", "h100", 3, 0},   // no entry of that size
      {"lambda", "gpu_8x_h100_nvl", "h100", 8, 0},    // nor of that form
      {"lambda", "gpu_1x_rtx6000", "rtx6000", 1, 0},  // nor of that GPU
      {"hyperstack", "n3-H100-SXM5x8", "h100", 8, 2560},
      {"hyperstack", "n3-H100-NVLINKx8", "h100", 8, 2080},
      {"hyperstack", "n3-H100x8", "h100", 8, 2560},  // its form is not told: the dearest
      {"nobody", "gpu_8x_h100_sxm5", "h100", 8, 0},
      {"lambda", "cpu_4x", "", 0, 0},
      {"lambda", "gpu_2000000000x_a10", "a10", 2'000'000'000, 0},
      {"lambda", "gpu_8x_h100_sxm5", "", 8, 0},
  };
  const Catalog catalog = delivered();
  for (const auto& each : cases) {
    std::vector<Offer> offers = {make_offer(each.provider, each.type, each.gpu, each.gpus)};
    apply_catalog(offers, catalog);
    const auto micros = offers[0].price_per_hour.value_or(Money()).micros();
    if (micros != each.cents * 10'000)
      fail_msg("%s: %s", each.type, std::to_string(micros).c_str());
    if (each.cents == 0 && offers[0].price_source != PriceSource::kLive) fail_msg("%s", each.type);
  }
}

static void the_dearest_counts_whatever_the_order_of_the_file(void**) {
  auto catalog = parsed(std::string(kGood));
  for (int time = 0; time < 2; ++time) {
    std::vector<Offer> offers = {make_offer("lambda", "gpu_8x_h100", "h100", 8)};
    apply_catalog(offers, catalog);
    assert_int_equal(offers[0].price_per_hour->micros(), 40'000'000);
    std::swap(catalog.prices[0], catalog.prices[1]);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_key_has_its_meaning),
      cmocka_unit_test(mistakes_are_told_with_their_line),
      cmocka_unit_test(all_mistakes_are_told_at_once),
      cmocka_unit_test(a_live_price_is_never_touched),
      cmocka_unit_test(an_unknown_price_is_the_catalogs_with_its_date),
      cmocka_unit_test(form_and_size_choose_the_entry_and_in_doubt_the_dearest),
      cmocka_unit_test(the_dearest_counts_whatever_the_order_of_the_file),
  };
  return cmocka_run_group_tests_name("core.catalog", tests, nullptr, nullptr);
}
