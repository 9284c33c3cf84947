// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/fence.h"

#include <memory>
#include <string>
#include <utility>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

class CountingTransport final : public Transport {
 public:
  explicit CountingTransport(int& sent) : sent_(sent) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest&) override {
    ++sent_;
    return HttpAnswer{200, {}, "{}"};
  }

 private:
  int& sent_;
};

class CountingSlurm final : public Slurm {
 public:
  explicit CountingSlurm(int& changes) : changes_(changes) {}
  [[nodiscard]] Result<SlurmView> observe() override { return SlurmView{}; }
  [[nodiscard]] Status set_addresses(const std::vector<NodeAddress>&) override { return change(); }
  [[nodiscard]] Status down_and_power_down(const std::string&, const std::string&) override {
    return change();
  }
  [[nodiscard]] Status resume(const std::string&) override { return change(); }
  [[nodiscard]] Status keep_idle(const std::string&) override { return change(); }
  [[nodiscard]] Status set_admin_comment(std::uint32_t, const std::string&) override {
    return change();
  }

 private:
  Status change() {
    ++changes_;
    return {};
  }
  int& changes_;
};

// Every change that there is; gives how many succeeded.
int change_everything(Slurm& slurm) {
  int done = 0;
  for (const auto& status : {slurm.set_addresses({{"h100-001", "198.51.100.1"}}),
                             slurm.down_and_power_down("h100-001", "spillway: test"),
                             slurm.resume("h100-001"),
                             slurm.keep_idle("h100-001"),
                             slurm.set_admin_comment(7, "test")}) {
    if (status) {
      ++done;
    } else if (status.error().code != ErrorCode::kTransient) {
      fail_msg("%s", status.error().message.c_str());
    }
  }
  return done;
}

}  // namespace

// Whatever its method: Hyperstack uses GET for changes.
static void nothing_is_sent_to_a_cloud_without_the_lead(void**) {
  int sent = 0;
  bool leads = true;
  FencedTransport transport(std::make_unique<CountingTransport>(sent), [&] { return leads; });
  assert_true(static_cast<bool>(transport.send(HttpRequest{})));
  leads = false;
  for (const char* method : {"GET", "POST", "DELETE"}) {
    HttpRequest request;
    request.method = method;
    const auto answer = transport.send(request);
    assert_true(!answer && answer.error().code == ErrorCode::kTransient);
  }
  assert_int_equal(sent, 1);
}

static void slurm_is_looked_at_and_not_changed_without_the_lead(void**) {
  int changes = 0;
  bool leads = true;
  FencedSlurm slurm(std::make_unique<CountingSlurm>(changes), [&] { return leads; });
  assert_int_equal(change_everything(slurm), 5);
  leads = false;
  assert_int_equal(change_everything(slurm), 0);
  assert_int_equal(changes, 5);
  assert_true(static_cast<bool>(slurm.observe()));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_sent_to_a_cloud_without_the_lead),
      cmocka_unit_test(slurm_is_looked_at_and_not_changed_without_the_lead),
  };
  return cmocka_run_group_tests_name("broker.fence", tests, nullptr, nullptr);
}
