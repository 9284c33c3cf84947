// SPDX-License-Identifier: GPL-2.0-or-later
//
// The user-data text, and that a real shell runs it as meant: a stand-in curl records how it was
// called and answers with a bootstrap.
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "broker/join.h"
#include "lib/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

const std::string kToken(64, 'a');
const std::string kPin = "sha256//" + std::string(43, 'B') + "=";

std::string read_or_empty(const std::string& path) {
  const auto text = read_file(path);
  return text ? *text : "";
}

void write_program(const std::string& path, const std::string& text) {
  assert_true(static_cast<bool>(write_file_atomically(path, text, 0755)));
}

// A folder with the user-data and a stand-in curl: it fails `failures` times, then prints
// `bootstrap`.
class Machine {
 public:
  Machine(int failures, const std::string& bootstrap) {
    write_program(path("curl"),
                  "#!/bin/sh\ncd '" + folder_ +
                      "'\nprintf '%s\\n' \"$@\" >arguments\nenv >environment\ncat >stdin\n"
                      "echo >>calls\n[ $(wc -l <calls) -gt " +
                      std::to_string(failures) + " ] || exit 22\ncat bootstrap\n");
    write_program(path("sleep"), "#!/bin/sh\necho \"$1\" >>'" + path("sleeps") + "'\n");
    assert_true(static_cast<bool>(write_file_atomically(path("bootstrap"), bootstrap)));
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  [[nodiscard]] int run(const std::string& url) const {
    write_program(path("user-data"), make_user_data(url, kPin, Secret(kToken)));
    const std::string command = "cd '" + folder_ + "' && PATH='" + folder_ +
                                "':/usr/bin:/bin SPILLWAY_ROOT='" + folder_ +
                                "' SPILLWAY_ADDRESS=127.77.0.9 ./user-data >out 2>&1";
    return std::system(command.c_str());  // NOLINT: a shell is what is tested
  }

 private:
  TemporaryFolder temporary_;
  const std::string& folder_ = temporary_.path();
};

}  // namespace

static void user_data_is_a_small_shell_script(void**) {
  const std::string longest_url = "https://" + std::string(253, 'h') + ":65535";
  const std::string text = make_user_data(longest_url, kPin, Secret(kToken));
  assert_int_equal(text.compare(0, 10, "#!/bin/sh\n"), 0);
  assert_true(text.size() < 1'000);
}

static void bootstrap_sees_url_pin_and_token(void**) {
  const Machine machine(0, "printf '%s\\n' \"$url\" \"$pin\" \"$token\" >seen\n");
  assert_int_equal(machine.run("https://head:8444"), 0);
  assert_string_equal(read_or_empty(machine.path("seen")).c_str(),
                      ("https://head:8444\n" + kPin + "\n" + kToken + "\n").c_str());
}

static void token_goes_through_stdin_alone(void**) {
  const Machine machine(0, "env >environment.of.bootstrap\n");
  assert_int_equal(machine.run("https://head:8444"), 0);
  assert_string_equal(read_or_empty(machine.path("stdin")).c_str(),
                      ("header = \"Authorization: Bearer " + kToken + "\"\n").c_str());
  for (const char* file : {"arguments", "environment", "environment.of.bootstrap", "out"}) {
    const auto text = read_file(machine.path(file));
    if (!text) fail_msg("%s was not written", file);
    if (text->find(kToken) != std::string::npos) fail_msg("%s holds the token", file);
  }
}

static void curl_is_told_pin_address_and_path(void**) {
  const Machine machine(0, ":\n");
  assert_int_equal(machine.run("https://head:8444"), 0);
  const std::string arguments = read_or_empty(machine.path("arguments"));
  for (const std::string& wanted : {"--pinnedpubkey\n" + kPin + "\n",
                                    std::string("--interface\n127.77.0.9\n"),
                                    std::string("\nhttps://head:8444/v1/bootstrap\n")}) {
    if (arguments.find(wanted) == std::string::npos) fail_msg("not told: %s", wanted.c_str());
  }
}

static void the_machine_calls_by_the_address_that_its_cloud_shows(void**) {
  for (const auto& [url, wanted] : {std::pair{"https://head:8444", true},
                                    std::pair{"https://192.0.2.1:8444", true},
                                    std::pair{"https://[2001:db8::1]:8444", false}}) {
    const Machine machine(0, ":\n");
    assert_int_equal(machine.run(url), 0);
    const std::string arguments = read_or_empty(machine.path("arguments"));
    if ((arguments.find("\n-4\n") != std::string::npos) != wanted)
      fail_msg("%s: called with\n%s", url, arguments.c_str());
  }
}

static void it_asks_again_with_growing_pauses_until_answered(void**) {
  const Machine machine(7, "echo done >seen\n");
  assert_int_equal(machine.run("https://head:8444"), 0);
  assert_string_equal(read_or_empty(machine.path("sleeps")).c_str(), "1\n2\n4\n8\n16\n32\n32\n");
  assert_string_equal(read_or_empty(machine.path("seen")).c_str(), "done\n");
}

static void exit_status_is_that_of_the_bootstrap(void**) {
  const Machine machine(0, "exit 3\n");
  assert_int_equal(WEXITSTATUS(machine.run("https://head:8444")), 3);
}

static void names_of_a_run_that_came_to_no_end_are_forgotten(void**) {
  const std::string names =
      "127.0.0.1 localhost\n# spillway: begin\n10.90.0.1 head\n"
      "# spillway: end\n";
  for (const bool has_finished : {false, true}) {
    const Machine machine(0, ":\n");
    assert_int_equal(std::system(("mkdir -p " + machine.path("etc") + " " +  // NOLINT
                                  machine.path("run/spillway"))
                                     .c_str()),
                     0);
    write_program(machine.path("etc/hosts"), names);
    if (has_finished) write_program(machine.path("run/spillway/finished"), "");
    assert_int_equal(machine.run("https://head:8444"), 0);
    assert_string_equal(read_or_empty(machine.path("etc/hosts")).c_str(),
                        has_finished ? names.c_str() : "127.0.0.1 localhost\n");
  }
}

static void quotes_in_the_url_stay_text(void**) {
  const Machine machine(0, "printf '%s' \"$url\" >seen\n");
  const std::string url = "https://head/'$(touch broken)`touch broken`\"\\";
  assert_int_equal(machine.run(url), 0);
  assert_string_equal(read_or_empty(machine.path("seen")).c_str(), url.c_str());
  assert_int_not_equal(access(machine.path("broken").c_str(), F_OK), 0);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(user_data_is_a_small_shell_script),
      cmocka_unit_test(bootstrap_sees_url_pin_and_token),
      cmocka_unit_test(token_goes_through_stdin_alone),
      cmocka_unit_test(curl_is_told_pin_address_and_path),
      cmocka_unit_test(the_machine_calls_by_the_address_that_its_cloud_shows),
      cmocka_unit_test(it_asks_again_with_growing_pauses_until_answered),
      cmocka_unit_test(exit_status_is_that_of_the_bootstrap),
      cmocka_unit_test(names_of_a_run_that_came_to_no_end_are_forgotten),
      cmocka_unit_test(quotes_in_the_url_stay_text),
  };
  return cmocka_run_group_tests_name("broker.user_data", tests, nullptr, nullptr);
}
