// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Hyperstack has to offer, by providers/hyperstack.md 2.1 and 2.6.
#include <string>
#include <utility>

#include "tests/sim/hyperstack_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using World = HyperstackWorld;

void flavors_are_gathered_by_gpu_and_region(void**) {
  World world;
  const Json groups = world.get("/core/flavors").get("data");
  assert_int_equal(groups.size(), 3);  // Canada with and without GPUs, Norway
  const Json group = groups.at(0);
  assert_string_equal(World::text(group, "gpu").c_str(), "H100-80G-PCIe");
  assert_string_equal(World::text(group, "region_name").c_str(), "CANADA-1");
  assert_int_equal(group.get("flavors").size(), 3);
  const Json flavor = find_named(group.get("flavors"), "name", "n3-H100x1");
  assert_int_equal(flavor.integer("gpu_count").value_or(-1), 1);
  assert_int_equal(flavor.integer("cpu").value_or(-1), 28);
  assert_int_equal(flavor.integer("ram").value_or(-1), 180);
  assert_int_equal(flavor.integer("disk").value_or(-1), 100);
  assert_int_equal(flavor.integer("ephemeral").value_or(-1), 750);
  assert_true(flavor.boolean("stock_available") == true);
  assert_true(flavor.get("features").boolean("network_optimised") == true);
  assert_true(flavor.get("features").boolean("no_hibernation") == false);
  const Json bigroot = find_named(group.get("flavors"), "name", "n3-H100x1-bigroot");
  assert_int_equal(bigroot.integer("disk").value_or(-1), 850);
  assert_true(bigroot.get("features").boolean("no_hibernation") == true);
  const Json cpu = groups.at(1);
  assert_string_equal(World::text(cpu, "gpu").c_str(), "");
  assert_true(cpu.get("flavors").at(0).get("features").boolean("network_optimised") == false);

  const Json north = world.get("/core/flavors?region=NORWAY-1").get("data");
  assert_int_equal(north.size(), 1);
  const Json same = north.at(0).get("flavors").at(0);
  assert_true(same.string("name") == flavor.string("name"));
  assert_true(same.integer("id") != flavor.integer("id"));
  assert_string_equal(World::error(world.call("GET", "/core/flavors?region=MOON-1")).c_str(),
                      "404 not_found");
}

void stock_is_told_in_buckets_and_by_size(void**) {
  World world;
  const auto model = [&](std::size_t region) {
    return world.get("/core/stocks").get("stocks").at(region).get("models").at(0);
  };
  const Json answer = world.get("/core/stocks");
  assert_int_equal(answer.size(), 1);  // no envelope
  assert_string_equal(World::text(answer.get("stocks").at(0), "stock-type").c_str(), "GPU");
  assert_string_equal(World::text(model(0), "model").c_str(), "H100-80G-PCIe");
  assert_string_equal(World::text(model(0), "available").c_str(), "10+");
  assert_string_equal(World::text(model(0), "planned_7_days").c_str(), "0");
  const auto size = [&](const char* key) {
    return model(0).get("configurations").integer(key).value_or(-1);
  };
  assert_int_equal(size("1x"), 24);
  assert_int_equal(size("2x"), 12);  // no flavor has this size
  assert_int_equal(size("8x"), 3);
  assert_int_equal(size("10x"), 2);
  assert_string_equal(World::text(model(1), "available").c_str(), "4");
  assert_int_equal(model(1).get("configurations").integer("8x").value_or(-1), 0);

  // The siblings are cut from the same hosts.
  assert_string_not_equal(world.launch(R"("count":2)").c_str(), "");
  assert_string_equal(World::text(model(0), "available").c_str(), "8");
  assert_int_equal(size("1x"), 8);
  assert_int_equal(size("8x"), 1);
  assert_string_not_equal(world.launch(R"("flavor_name":"n3-H100x1-bigroot")").c_str(), "");
  assert_int_equal(size("1x"), 7);
  assert_int_equal(size("8x"), 0);
  const Json flavors = world.get("/core/flavors?region=CANADA-1").get("data").at(0).get("flavors");
  assert_true(find_named(flavors, "name", "n3-H100x8").boolean("stock_available") == false);
  assert_true(find_named(flavors, "name", "n3-H100x1").boolean("stock_available") == true);
}

void large_stock_is_not_counted(void**) {
  const char* const change =
      R"({"provider":"hyperstack","type":"n3-H100x1","region":"CANADA-1","capacity":%s})";
  const std::pair<const char*, const char*> cases[] = {
      {"0", "10+"}, {"199", "10+"}, {"200", "200+"}, {"5000", "200+"}};
  for (const auto& [capacity, bucket] : cases) {
    World world;
    std::string body = change;
    body.replace(body.find("%s"), 2, capacity);
    assert_int_equal(world.change("/sim/capacity", body), 200);
    const Json model = world.get("/core/stocks").get("stocks").at(0).get("models").at(0);
    if (World::text(model, "available") != bucket)
      fail_msg("%s: %s", capacity, model.dump().c_str());
  }
}

void price_book_is_a_bare_list_of_texts(void**) {
  World world;
  const auto price = [&](const char* name) {
    return World::text(find_named(world.get("/pricebook"), "name", name), "value");
  };
  assert_true(world.get("/pricebook").is_array());
  assert_string_equal(price("H100-80G-PCIe").c_str(), "2.5");
  assert_string_equal(price("vCPU").c_str(), "0");
  assert_string_equal(price("vCPU (cpu-only-flavors)").c_str(), "0.03");
  assert_string_equal(price("PublicIP").c_str(), "0.00672");
  assert_string_equal(price("RTX-4090").c_str(), "none");
  const char* change = R"({"provider":"hyperstack","type":"n3-H100x1","price_cents_per_hour":199})";
  assert_int_equal(world.change("/sim/prices", change), 200);
  assert_string_equal(price("H100-80G-PCIe").c_str(), "1.99");
}

void regions_gpus_and_images_are_listed(void**) {
  World world;
  const Json regions = world.get("/core/regions").get("regions");
  assert_int_equal(regions.size(), 2);
  assert_string_equal(World::text(regions.at(0), "green_status").c_str(), "GREEN");
  const Json gpu = world.get("/core/gpus").get("gpu_list").at(0);
  assert_string_equal(World::text(gpu, "name").c_str(), "H100-80G-PCIe");
  assert_int_equal(gpu.get("regions").size(), 2);
  const Json all = world.get("/core/images").get("images");
  assert_int_equal(all.size(), 2);
  const Json here = world.get("/core/images?region=NORWAY-1").get("images");
  assert_int_equal(here.size(), 1);
  assert_string_equal(World::text(here.at(0), "region_name").c_str(), "NORWAY-1");
  assert_int_equal(here.at(0).get("images").size(), 4);
  const Json second = world.get("/core/images?region=NORWAY-1&page=2&per_page=3").get("images");
  assert_int_equal(second.at(0).get("images").size(), 1);
  const Json cuda = world.get("/core/images?region=CANADA-1&search=cuda").get("images");
  assert_int_equal(cuda.at(0).get("images").size(), 3);
  assert_true(cuda.at(0).get("images").at(0).integer("id") !=
              here.at(0).get("images").at(0).integer("id"));
  assert_int_equal(world.get("/core/images?include_public=false").get("images").size(), 0);
  assert_string_equal(World::error(world.call("GET", "/core/images?region=MOON-1")).c_str(),
                      "404 not_found");
  assert_string_equal(World::error(world.call("GET", "/core/images?per_page=0")).c_str(),
                      "400 bad_request");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(flavors_are_gathered_by_gpu_and_region),
      cmocka_unit_test(stock_is_told_in_buckets_and_by_size),
      cmocka_unit_test(large_stock_is_not_counted),
      cmocka_unit_test(price_book_is_a_bare_list_of_texts),
      cmocka_unit_test(regions_gpus_and_images_are_listed),
  };
  return cmocka_run_group_tests_name("sim.hyperstack_catalog", tests, nullptr, nullptr);
}
