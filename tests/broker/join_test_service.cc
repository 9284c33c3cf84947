// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real join service with a fake desk, for bootstrap_test.py:
//   join_test_service FOLDER [--say LINE] [--say-ready LINE] [--not-known TIMES] [--refuse]
//                     [--refuse-ready] [FROM:TO:MODE:OWNER ...]
// LINE is one that the machine is to read in the reply to its join, or in that to its ready.
// Writes FOLDER/user-data, then "ready" to stdout, then one line for each call of the desk. Serves
// until its stdin ends.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "broker/join.h"
#include "lib/file.h"
#include "lib/text.h"
#include "tests/broker/join_desk_fake.h"
#include "tests/broker/join_lines.h"

using namespace spillway;

namespace {

// A fake desk that tells what it is asked as it is asked.
class TellingDesk final : public JoinDesk {
 public:
  FakeDesk fake;

  [[nodiscard]] bool recognizes(const Secret& token) const override {
    return fake.recognizes(token);
  }
  Status admit(const Secret& token) override {
    tell("admit");
    return fake.admit(token);
  }
  Status admit_machine(const Secret& token, const std::string& peer) override {
    return fake.admit_machine(token, peer);
  }
  Result<JoinReply> join(const Secret& token,
                         const std::string& peer,
                         const JoinFacts& facts) override {
    tell("join " + peer + " addresses=" + spillway::join(facts.addresses, ",") +
         " gpus=" + std::to_string(facts.gpus) + " model=" + facts.gpu_model + " ib=" +
         std::to_string(facts.infiniband_ports) + "x" + std::to_string(facts.infiniband_gbps));
    return fake.join(token, peer, facts);
  }
  Result<ReadyReply> ready(const Secret& token, const std::string& peer) override {
    tell("ready");
    return fake.ready(token, peer);
  }
  Status unhealthy(const Secret& token,
                   const std::string& peer,
                   const std::string& what,
                   const std::string& log) override {
    tell("unhealthy " + what);
    if (!log.empty()) {
      for (const auto line : split(log, '\n'))
        tell("log " + std::string(line));
    }
    return fake.unhealthy(token, peer, what, log);
  }
  void note_refusal(const std::string& peer, const std::string& why) override {
    tell("refusal " + why);
    fake.note_refusal(peer, why);
  }

 private:
  static void tell(const std::string& line) { std::cout << line + "\n" << std::flush; }
};

bool read_argument(const std::vector<std::string>& arguments,
                   std::size_t& at,
                   FakeDesk& desk,
                   JoinConfig& config) {
  const std::string& name = arguments[at];
  const auto number = [&] { return std::stoi(arguments.at(++at)); };
  if (name == "--say") return add_join_line(arguments.at(++at), desk.reply, config);
  if (name == "--say-ready") return add_ready_line(arguments.at(++at), desk.ready_reply);
  if (name == "--not-known") {
    desk.errors = number();
    desk.next_error = Error{ErrorCode::kTransient, "not known yet", std::chrono::seconds(1)};
  } else if (name == "--refuse") {
    desk.errors = 1'000;
    desk.next_error = Error{ErrorCode::kUnauthorized, "lease is over", {}};
  } else if (name == "--refuse-ready") {
    desk.complaint_error = Error{ErrorCode::kUnauthorized, "lease is over", {}};
  } else {
    const auto parts = split(name, ':');
    if (parts.size() != 4) return false;
    config.deliver.push_back({std::string(parts[0]),
                              std::string(parts[1]),
                              std::string(parts[2]),
                              std::string(parts[3])});
  }
  return true;
}

int serve(const std::string& folder, const JoinConfig& config, TellingDesk& desk) {
  const auto identity = load_join_identity(folder + "/ledger.db");
  if (!identity) return 1;
  const auto service = start_join_service(config, *identity, bootstrap_script(), desk);
  if (!service) return 1;
  const std::string url = "https://127.0.0.1:" + std::to_string((*service)->port());
  const auto written = write_file_atomically(
      folder + "/user-data", make_user_data(url, identity->pin, Secret(FakeDesk::kToken)), 0700);
  if (!written) return 1;
  std::cout << "ready\n" << std::flush;
  while (std::cin.get() != EOF) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return 2;
  TellingDesk desk;
  JoinConfig config;
  config.listen = "127.0.0.1:0";
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (!read_argument(arguments, i, desk.fake, config)) return 2;
  }
  return serve(arguments[0], config, desk);
}
