// SPDX-License-Identifier: GPL-2.0-or-later
//
// What each driver's list of 10,000 machines costs: its own processor time, and how much memory it
// adds at its peak. Pages come from memory, in the cloud's form; the time it takes to write them is
// measured apart and taken off. Prints numbers, judges nothing; the budgets are beside them.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "lib/text.h"
#include "providers/registry.h"

using namespace spillway;

namespace {

constexpr int kMachines = 10'000;

// Every second machine is ours.
std::string mark_of(int number) {
  const std::string cluster = number % 2 == 0 ? "hpc1" : "hpc2";
  return "spillway-" + cluster + "-0a1b2c-7-" + std::to_string(number + 1);
}

std::string address_of(const char* network, int number) {
  return network + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1);
}

std::string hyperstack_row(int number) {
  const auto mark = mark_of(number);
  const auto labels = mark.substr(0, mark.find("-0a1b2c"));
  return R"({"id":)" + std::to_string(1000 + number) + R"(,"name":")" + mark +
         R"(","status":"ACTIVE","environment":{"id":3287,"name":"fleet-ca1","org_id":6190,)"
         R"("region":"CANADA-1","features":{"network_optimised":true,"green_status":"GREEN"}},)"
         R"("image":{"name":"Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker"},)"
         R"("flavor":{"id":101,"name":"n3-H100x8","cpu":252,"ram":1440,"disk":100,)"
         R"("ephemeral":6500,"gpu":"H100-80G-PCIe","gpu_count":8,"labels":[],)"
         R"("features":{"network_optimised":true,"no_reboot":false,"no_hibernation":false,)"
         R"("no_snapshot":false,"local_storage_only":false,"api_only":false}},)"
         R"("os":"Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker","keypair":{"name":"ops"},)"
         R"("volume_attachments":[],"power_state":"RUNNING","vm_state":"active","fixed_ip":")" +
         address_of("10.0.", number) + R"(","floating_ip":")" + address_of("198.51.", number) +
         R"(","floating_ip_status":"ATTACHED","security_rules":[],"callback_url":null,)"
         R"("locked":false,"contract_id":null,"labels":[")" +
         labels + R"(","spillway-mark=)" + mark +
         R"("],"created_at":"2026-05-06T15:18:42Z",)"
         R"("features":{"network_optimised":true,"green_status":"GREEN"},"is_snapshotting":false,)"
         R"("cluster_id":null,"port_randomization":false,)"
         R"("port_randomization_status":"NO_FLOATING_IP","requires_public_ip":true})";
}

std::string lambda_row(int number) {
  const auto mark = mark_of(number);
  return R"({"id":"0920582c7ff041399e34823a0be)" + std::to_string(10'000 + number) +
         R"(","name":")" + mark + R"(","status":"active","ip":")" + address_of("198.51.", number) +
         R"(","private_ip":")" + address_of("10.0.", number) +
         R"(","ssh_key_names":["ops"],"file_system_names":[],)"
         R"("region":{"name":"us-east-1","description":"Virginia, USA"},)"
         R"json("instance_type":{"name":"gpu_8x_h100_sxm5","description":"8x H100 (80 GB SXM5)",)json"
         R"json("gpu_description":"H100 (80 GB SXM5)","price_cents_per_hour":3192,)json"
         R"("specs":{"vcpus":208,"memory_gib":1800,"storage_gib":22528,"gpus":8}},"hostname":")" +
         mark +
         R"(","is_reserved":false,"actions":{"migrate":{"available":false},)"
         R"("rebuild":{"available":true},"restart":{"available":true},)"
         R"("cold_reboot":{"available":true},"terminate":{"available":true}}})";
}

std::string rental_row(int number) {
  const auto mark = mark_of(number);
  return R"({"id":"b6c0a1d2-0000-4000-8000-0000000)" + std::to_string(10'000 + number) +
         R"(","name":")" + mark +
         R"(-x1","status":"Running","creation_timestamp":"2026-08-25T10:00:00Z",)"
         R"("rate_hourly":"19.92","power_status":"Running","node_count":1,)"
         R"("network_type":"infiniband","username":"ubuntu",)"
         R"("specs_per_node":{"gpu_model":"h100-sxm5-80gb","gpu_count":8,"cpu_model":"x",)"
         R"("cpu_count":104,"ram_gb":1000,"storage_gb":15000},"node_networking":[{"public_ip":")" +
         address_of("198.51.", number) + R"(","private_ip":")" + address_of("10.0.", number) +
         R"("}],"sub_order":null,"storage_id":null,"storage_pv":null,"storage_pvc":null,)"
         R"("k8s_cluster_id":null,"kubeconfig":null,"tags":["spillway-mark=)" +
         mark + R"("]})";
}

std::string rows(int first, int count, std::string (*row)(int number)) {
  std::string text = "[";
  for (int number = first; number < std::min(first + count, kMachines); ++number)
    text.append(number > first ? "," : "").append(row(number));
  return text + "]";
}

// The number behind `name` in a query.
int number_in(const std::string& url, const std::string& name) {
  const auto at = url.find(name + "=");
  if (at == std::string::npos) return 0;
  const auto begin = at + name.size() + 1;
  const auto digits = url.substr(begin, url.find('&', begin) - begin);
  return static_cast<int>(parse_whole_number(digits, kMachines).value_or(0));
}

std::string hyperstack_page(const std::string& url) {
  if (url.ends_with("/events")) return R"({"status":true,"message":"","instance_events":[]})";
  const int size = number_in(url, "pageSize");
  const int page = number_in(url, "?page");
  return R"({"status":true,"message":"","page":)" + std::to_string(page) + R"(,"page_size":)" +
         std::to_string(size) + R"(,"count":)" + std::to_string(kMachines) + R"(,"instances":)" +
         rows((page - 1) * size, size, hyperstack_row) + "}";
}

// How many rows Lambda gives at most is not documented: all of them.
std::string lambda_page(const std::string& /*url*/) {
  return R"({"data":)" + rows(0, kMachines, lambda_row) + R"(,"page_token":null})";
}

std::string voltage_park_page(const std::string& url) {
  const bool is_rentals = url.find("/bare-metal/") != std::string::npos;
  const int total = is_rentals ? kMachines : 0;
  const int first = number_in(url, "offset");
  const int limit = number_in(url, "limit");
  return R"({"results":)" + (is_rentals ? rows(first, limit, rental_row) : "[]") +
         R"(,"total_result_count":)" + std::to_string(total) + R"(,"has_previous":)" +
         (first > 0 ? "true" : "false") + R"(,"has_next":)" +
         (first + limit < total ? "true" : "false") + "}";
}

double milliseconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

double processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return milliseconds_of(usage.ru_utime) + milliseconds_of(usage.ru_stime);
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

struct CloudRow {
  const char* name;
  std::string (*page)(const std::string& url);
};

class PagesFromMemory final : public Transport {
 public:
  explicit PagesFromMemory(const CloudRow& cloud) : cloud_(cloud) {}

  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override {
    const double before = processor_time();
    HttpAnswer answer{200, {{"content-type", "application/json"}}, cloud_.page(request.url)};
    writing += processor_time() - before;
    ++pages;
    return answer;
  }

  double writing = 0;  // milliseconds
  int pages = 0;

 private:
  const CloudRow& cloud_;
};

int measure(const CloudRow& cloud) {
  PagesFromMemory transport(cloud);
  ManualClock clock(from_unix_seconds(1'795'520'000));
  const auto wait = [&](std::chrono::milliseconds duration) {
    clock.advance(duration);
    return true;
  };
  ProviderConfig config;
  config.name = cloud.name;
  const auto provider = make_provider({config, Secret("key"), transport, clock, wait});
  if (!provider) return EXIT_FAILURE;
  const double before = processor_time();
  const auto machines = (*provider)->machines("hpc1");
  const double took = processor_time() - before - transport.writing;
  if (!machines || machines->size() != kMachines / 2) {
    (void)std::fprintf(stderr,
                       "bench list: %s: %s\n",
                       cloud.name,
                       machines ? "a wrong list" : machines.error().message.c_str());
    return EXIT_FAILURE;
  }
  std::printf(
      "%-13s %d machines, half of them ours, in %4d answers: %6.0f ms of processor time, "
      "peak memory %5.1f MiB (budget 1000 ms, 50 MB)\n",
      cloud.name,
      kMachines,
      transport.pages,
      took,
      peak_mib());
  return EXIT_SUCCESS;
}

// In a process of its own: the peak of one cloud is not that of the next.
bool measure_apart(const CloudRow& cloud) {
  (void)std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const int code = measure(cloud);
    (void)std::fflush(stdout);
    _exit(code);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main() {
  bool is_well = true;
  for (const CloudRow& cloud : {CloudRow{"hyperstack", hyperstack_page},
                                CloudRow{"lambda", lambda_page},
                                CloudRow{"voltage-park", voltage_park_page}})
    is_well = measure_apart(cloud) && is_well;
  return is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
