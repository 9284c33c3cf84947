// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/http/hyperstack/errors.h"
#include "sim/http/hyperstack/flavors.h"
#include "sim/http/hyperstack/show.h"

namespace spillway::hyperstack_api {
namespace {

struct Image {
  const char* name;
  const char* version;
  std::int64_t size_mb;
};

constexpr std::array<Image, 4> kImages{{
    {"Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker", "24.04 LTS (Noble Numbat)", 13'824},
    {"Ubuntu Server 24.04 LTS R570 CUDA 12.8", "24.04 LTS (Noble Numbat)", 11'264},
    {"Ubuntu Server 22.04 LTS R535 CUDA 12.2", "22.04 LTS (Jammy Jellyfish)", 10'240},
    {"Ubuntu Server 24.04 LTS (Noble Numbat)", "24.04 LTS (Noble Numbat)", 3'584},
}};
constexpr std::int64_t kFirstImage = 501;
constexpr std::int64_t kFirstGpu = 11;

bool is_sold(const SimType& type, const std::string& region) {
  return type.capacity.contains(region);
}

// The names of all GPUs, each once; without `region` those of all regions.
std::vector<std::string> gpus_in(const SimCloud& cloud, const std::string& region = "") {
  std::vector<std::string> names;
  for (const SimType& type : cloud.settings().types) {
    const bool is_known = std::find(names.begin(), names.end(), gpu_of(type)) != names.end();
    if (type.gpus > 0 && !is_known && (region.empty() || is_sold(type, region)))
      names.push_back(gpu_of(type));
  }
  return names;
}

std::int64_t region_id(const SimCloud& cloud, const std::string& name) {
  std::int64_t id = 1;
  for (const SimRegion& region : cloud.settings().regions) {
    if (region.name == name) return id;
    ++id;
  }
  return 0;
}

// The regions that the call's `region` leaves: all, or one. A refusal when there is none such.
std::variant<std::vector<SimRegion>, ApiAnswer> regions_of(const Tenant& tenant, const Call& call) {
  const std::string name = call.query("region");
  if (name.empty()) return tenant.cloud.settings().regions;
  const SimRegion* region = tenant.cloud.find_region(name);
  if (region == nullptr) return missing("Region " + name);
  return std::vector<SimRegion>{*region};
}

Json show_offer(const SimCloud& cloud, const SimType& type, const std::string& region) {
  return show_flavor(cloud, type, region)
      .set("display_name", type.name)
      .set("region_name", region)
      .set("stock_available", cloud.free_capacity(type, region) > 0)
      .set("created_at", kLongAgo);
}

// The flavors of a region, gathered by their GPU.
void append_flavors(const SimCloud& cloud, const std::string& region, Json& groups) {
  std::vector<std::string> gpus = gpus_in(cloud, region);
  gpus.emplace_back();  // those without
  for (const std::string& gpu : gpus) {
    Json flavors = Json::array();
    for (const SimType& type : cloud.settings().types) {
      if (is_sold(type, region) && gpu_of(type) == gpu)
        flavors.append(show_offer(cloud, type, region));
    }
    if (flavors.size() == 0) continue;
    groups.append(
        Json::object().set("gpu", gpu).set("region_name", region).set("flavors", flavors));
  }
}

ApiAnswer list_flavors(Tenant& tenant, const Call& call) {
  const auto regions = regions_of(tenant, call);
  if (const auto* refusal = std::get_if<ApiAnswer>(&regions)) return *refusal;
  Json groups = Json::array();
  for (const SimRegion& region : std::get<std::vector<SimRegion>>(regions))
    append_flavors(tenant.cloud, region.name, groups);
  return json_answer(200, success("Getting flavors successful").set("data", groups));
}

// Machines of `size` GPUs that could be had now. Sizes that no flavor has are told as well.
int deployable(const SimCloud& cloud, const std::string& gpu, const std::string& region, int size) {
  int most = -1;
  for (const SimType& type : cloud.settings().types) {
    if (type.gpus == size && gpu_of(type) == gpu && is_sold(type, region))
      most = std::max(most, cloud.free_capacity(type, region));
  }
  return most >= 0 ? most : cloud.free_gpus(gpu, region) / size;
}

Json show_stock(const SimCloud& cloud, const std::string& gpu, const std::string& region) {
  Json configurations = Json::object();
  for (const int size : {1, 2, 4, 8, 10})
    configurations.set((std::to_string(size) + "x").c_str(), deployable(cloud, gpu, region, size));
  return Json::object()
      .set("model", gpu)
      .set("available", stock_bucket(cloud.free_gpus(gpu, region)))
      .set("planned_7_days", "0")
      .set("planned_30_days", "0")
      .set("planned_100_days", "0")
      .set("configurations", configurations);
}

ApiAnswer list_stocks(Tenant& tenant, const Call&) {
  Json stocks = Json::array();
  for (const SimRegion& region : tenant.cloud.settings().regions) {
    Json models = Json::array();
    for (const std::string& gpu : gpus_in(tenant.cloud, region.name))
      models.append(show_stock(tenant.cloud, gpu, region.name));
    if (models.size() == 0) continue;
    stocks.append(
        Json::object().set("region", region.name).set("stock-type", "GPU").set("models", models));
  }
  return json_answer(200, Json::object().set("stocks", stocks));
}

void append_price(Json& book, const std::string& name, Money value) {
  book.append(Json::object()
                  .set("id", static_cast<std::int64_t>(book.size()) + 1)
                  .set("name", name)
                  .set("value", decimal(value))
                  .set("original_value", decimal(value))
                  .set("discount_applied", false)
                  .set("start_time", Json::null())
                  .set("end_time", Json::null()));
}

// Of a flavor with GPUs the price is that of its GPUs, of one without that of its cores.
// Source: providers/hyperstack.md section 2.1.
ApiAnswer list_prices(Tenant& tenant, const Call&) {
  const std::vector<SimType>& types = tenant.cloud.settings().types;
  const auto first_of = [&](const std::string& gpu) {
    return std::find_if(
        types.begin(), types.end(), [&](const SimType& type) { return gpu_of(type) == gpu; });
  };
  Json book = Json::array();
  for (const std::string& gpu : gpus_in(tenant.cloud)) {
    const SimType& type = *first_of(gpu);
    append_price(book, gpu, divide(type.price_per_hour, type.gpus));
  }
  const auto without = first_of("");
  append_price(book, "vCPU", Money());
  append_price(book, "RAM", Money());
  append_price(book,
               "vCPU (cpu-only-flavors)",
               without == types.end() ? Money() : divide(without->price_per_hour, without->vcpus));
  append_price(book, "RAM (cpu-only-flavors)", Money());
  append_price(book, "Cloud-SSD", Money::from_micros(97));
  append_price(book, "PublicIP", tenant.settings.public_ip_per_hour);
  return json_answer(200, book);
}

ApiAnswer list_regions(Tenant& tenant, const Call&) {
  Json regions = Json::array();
  for (const SimRegion& region : tenant.cloud.settings().regions) {
    const Json features = network_features(region.name);
    regions.append(Json::object()
                       .set("id", region_id(tenant.cloud, region.name))
                       .set("name", region.name)
                       .set("description", region.description)
                       .set("country", region.description)
                       .set("features", features)
                       .set("green_status", features.get("green_status")));
  }
  return json_answer(200, success("Getting regions successful").set("regions", regions));
}

ApiAnswer list_gpus(Tenant& tenant, const Call&) {
  Json gpus = Json::array();
  for (const std::string& gpu : gpus_in(tenant.cloud)) {
    Json regions = Json::array();
    for (const SimRegion& region : tenant.cloud.settings().regions) {
      const auto here = gpus_in(tenant.cloud, region.name);
      if (std::find(here.begin(), here.end(), gpu) == here.end()) continue;
      regions.append(
          Json::object().set("id", region_id(tenant.cloud, region.name)).set("name", region.name));
    }
    gpus.append(Json::object()
                    .set("id", kFirstGpu + static_cast<std::int64_t>(gpus.size()))
                    .set("name", gpu)
                    .set("regions", regions)
                    .set("example_metadata", "")
                    .set("created_at", kLongAgo)
                    .set("updated_at", kLongAgo));
  }
  return json_answer(200, success("Getting GPUs successful").set("gpu_list", gpus));
}

Json show_image(const Image& image, std::int64_t id, const std::string& region) {
  return Json::object()
      .set("id", id)
      .set("name", image.name)
      .set("region_name", region)
      .set("type", "Ubuntu")
      .set("version", image.version)
      .set("size", image.size_mb * 1024 * 1024)
      .set("display_size", std::to_string(image.size_mb / 1024) + " GB")
      .set("description", "")
      .set("is_public", true)
      .set("labels", Json::array());
}

// The images that are asked for, each with its region.
std::vector<std::pair<std::string, Json>> images_for(const Tenant& tenant,
                                                     const std::vector<SimRegion>& regions,
                                                     const Call& call) {
  std::vector<std::pair<std::string, Json>> images;
  if (call.query("include_public") == "false") return images;  // there are no others
  for (const SimRegion& region : regions) {
    const auto first =
        (region_id(tenant.cloud, region.name) - 1) * static_cast<std::int64_t>(kImages.size());
    for (std::size_t i = 0; i < kImages.size(); ++i) {
      const std::int64_t id = kFirstImage + first + static_cast<std::int64_t>(i);
      if (contains(kImages[i].name, call.query("search")))
        images.emplace_back(region.name, show_image(kImages[i], id, region.name));
    }
  }
  return images;
}

ApiAnswer list_images(Tenant& tenant, const Call& call) {
  const auto regions = regions_of(tenant, call);
  if (const auto* refusal = std::get_if<ApiAnswer>(&regions)) return *refusal;
  const auto page = read_page(call, "per_page");
  if (const auto* refusal = std::get_if<ApiAnswer>(&page)) return *refusal;
  const auto images =
      std::get<Page>(page).cut(images_for(tenant, std::get<std::vector<SimRegion>>(regions), call));
  Json groups = Json::array();
  std::string last;
  Json group;  // shares its list with what is in `groups`
  for (const auto& [region, image] : images) {
    if (region != last) {
      group = Json::array();
      groups.append(Json::object()
                        .set("region_name", region)
                        .set("type", "Ubuntu")
                        .set("logo", "https://example.com/ubuntu.png")
                        .set("images", group));
    }
    group.append(image);
    last = region;
  }
  return json_answer(200, success("Getting images successful").set("images", groups));
}

}  // namespace

const Routes& catalog_routes() {
  static const Routes routes{
      {"GET", "/core/flavors", list_flavors},
      {"GET", "/core/stocks", list_stocks},
      {"GET", "/pricebook", list_prices},
      {"GET", "/core/regions", list_regions},
      {"GET", "/core/gpus", list_gpus},
      {"GET", "/core/images", list_images},
  };
  return routes;
}

bool has_image(const std::string& name) {
  return std::any_of(
      kImages.begin(), kImages.end(), [&](const Image& each) { return each.name == name; });
}

std::string stock_bucket(int gpus) {
  if (gpus >= 200) return "200+";
  return gpus >= 10 ? "10+" : std::to_string(gpus);
}

}  // namespace spillway::hyperstack_api
