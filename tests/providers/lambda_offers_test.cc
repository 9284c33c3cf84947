// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/offers.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

struct ModelCase {
  const char* name;
  const char* description;
  int gpus;
  const char* model;
};

// Names seen in Lambda's lists of 2023 to 2026, then names of other forms.
constexpr ModelCase kModels[] = {
    {"gpu_8x_h100_sxm5", "H100 (80 GB SXM5)", 8, "h100"},
    {"gpu_8x_h100_sxm5gdr", "H100 (80 GB SXM5)", 8, "h100"},
    {"gpu_1x_h100_pcie", "H100 (80 GB PCIe)", 1, "h100"},
    {"gpu_1x_gh200", "GH200 (96 GB)", 1, "gh200"},
    {"gpu_8x_b200_sxm6", "B200 (180 GB SXM6)", 8, "b200"},
    {"gpu_1x_a10", "A10 (24 GB PCIe)", 1, "a10"},
    {"gpu_1x_a100", "A100 (40 GB PCIe)", 1, "a100"},
    {"gpu_1x_a100_sxm4", "A100 (40 GB SXM4)", 1, "a100"},
    {"gpu_8x_a100_80gb_sxm4", "A100 (80 GB SXM4)", 8, "a100"},
    {"gpu_4x_a6000", "A6000 (48 GB)", 4, "a6000"},
    {"gpu_1x_rtx6000", "RTX 6000 (24 GB)", 1, "rtx6000"},
    {"gpu_8x_v100", "Tesla V100 (16 GB)", 8, "v100"},
    {"gpu_16x_x1", "", 16, "x1"},
    {"cpu_4x_general", "N/A", 0, ""},
    {"gpu_8x_h100_sxm5", "H100 (80 GB SXM5)", 0, ""},
    {"metal-h100", "H100 (80 GB SXM5)", 8, "h100"},
    {"gpu_h100", "NVIDIA H100", 8, "h100"},
    {"gpu_x_h100", "Tesla V100 (16 GB)", 8, "v100"},
    {"gpu_8_h100", "A10", 8, "a10"},
    {"gpu_8x_", "NVIDIA Quadro RTX 6000 (24 GB)", 8, "rtx6000"},
    {"gpu_8x_H100", "H200 (141 GB)", 8, "h200"},
    {"node", "", 8, ""},
    {"node", "(80 GB)", 8, ""},
    {"node", "H100/H200 mix", 8, ""},
};

void gpu_model_comes_from_the_name_or_else_the_description(void**) {
  for (const auto& row : kModels) {
    LambdaType type;
    type.name = row.name;
    type.gpu_description = row.description;
    type.gpus = row.gpus;
    const auto model = lambda_gpu_model(type);
    if (model != row.model) {
      fail_msg("%s, %s: %s, not %s", row.name, row.description, model.c_str(), row.model);
    }
  }
}

LambdaType make_type(int gpus, std::vector<std::string> regions) {
  return {"gpu_8x_h100_sxm5",
          "H100 (80 GB SXM5)",
          gpus,
          208,
          1'843'200,
          Money::from_cents(3192),
          std::move(regions)};
}

void type_becomes_one_offer_a_region(void**) {
  const auto at = from_unix_seconds(1'795'277'410);
  const auto offers =
      make_lambda_offers({make_type(8, {"us-east-1"})}, {"us-east-1", "asia-1"}, at);
  assert_int_equal(offers.size(), 2);
  const auto& offer = offers[0];
  assert_true(offer.id == (OfferId{"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"}));
  assert_string_equal(offer.gpu.c_str(), "h100");
  assert_int_equal(offer.gpus, 8);
  assert_int_equal(offer.cpus, 208);
  assert_int_equal(offer.memory_mib, 1'843'200);
  assert_true(offer.price_per_hour == Money::from_micros(31'920'000));
  assert_true(offer.price_source == PriceSource::kLive);
  assert_true(offer.seen_at == at);
  assert_true(offer.billing.quantum == std::chrono::seconds(60));
  assert_string_equal(offers[1].id.region.c_str(), "asia-1");
}

void region_with_capacity_has_an_unknown_stock_and_any_other_none(void**) {
  const auto offers =
      make_lambda_offers({make_type(8, {"us-east-1"})}, {"us-east-1", "asia-1"}, {});
  assert_false(offers[0].stock.has_value());
  assert_true(offers[1].stock == 0);
}

void capacity_in_a_region_that_is_not_asked_for_is_left_out(void**) {
  const auto offers = make_lambda_offers({make_type(8, {"us-east-1"})}, {"asia-1"}, {});
  assert_int_equal(offers.size(), 1);
  assert_true(offers[0].stock == 0);
}

void no_offer_claims_infiniband(void**) {
  for (const auto& offer : make_lambda_offers({make_type(8, {})}, {"a", "b"}, {})) {
    assert_false(offer.infiniband);
    assert_string_equal(offer.id.fabric.c_str(), "ethernet");
  }
}

void large_machines_are_expected_to_boot_longer(void**) {
  const auto large = make_lambda_offers({make_type(8, {})}, {"a"}, {});
  const auto small = make_lambda_offers({make_type(1, {})}, {"a"}, {});
  assert_true(large[0].boot_time > small[0].boot_time);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(gpu_model_comes_from_the_name_or_else_the_description),
      cmocka_unit_test(type_becomes_one_offer_a_region),
      cmocka_unit_test(region_with_capacity_has_an_unknown_stock_and_any_other_none),
      cmocka_unit_test(capacity_in_a_region_that_is_not_asked_for_is_left_out),
      cmocka_unit_test(no_offer_claims_infiniband),
      cmocka_unit_test(large_machines_are_expected_to_boot_longer),
  };
  return cmocka_run_group_tests_name("providers.lambda_offers", tests, nullptr, nullptr);
}
