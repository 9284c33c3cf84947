// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/simcloud_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "lib/file.h"
#include "tests/support/cmocka.h"

namespace spillway {
namespace {

constexpr std::chrono::seconds kStartPatience{60};
constexpr std::chrono::milliseconds kLook{200};  // between looks whether the program still lives

std::string simcloud_program() {
  const char* const build = std::getenv("SPILLWAY_BUILD_DIR");
  return std::string(build == nullptr ? "." : build) + "/bin/spillway-simcloud";
}

// Waits until something in the watched folder changes, or a moment has passed.
void await_change(int watch) {
  pollfd waiting{watch, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(kLook.count())) <= 0) return;
  std::array<char, 4096> events{};
  if (read(watch, events.data(), events.size()) < 0) fail_msg("inotify cannot be read");
}

}  // namespace

SimcloudProcess::SimcloudProcess(const std::string& scenario)
    : transport_(make_curl_transport("spillway-test")) {
  start(scenario);
  await_ready();
}

SimcloudProcess::~SimcloudProcess() {
  end();
}

void SimcloudProcess::end() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void SimcloudProcess::start(const std::string& scenario) {
  const auto program = simcloud_program();
  const auto scenario_file = folder_.file("scenario.json");
  const auto ready_file = folder_.file("ready");
  if (!write_file_atomically(scenario_file, scenario, 0600)) fail_msg("cannot write the scenario");
  if (!make_folder(folder_.file("cloud"))) fail_msg("cannot make the cloud's folder");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  execl(program.c_str(),
        program.c_str(),
        "--listen",
        "127.0.0.1:0",
        "--folder",
        folder_.file("cloud").c_str(),
        "--scenario",
        scenario_file.c_str(),
        "--ready-file",
        ready_file.c_str(),
        nullptr);
  _exit(127);
}

void SimcloudProcess::await_ready() {
  const int watch = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(watch, folder_.path().c_str(), IN_MOVED_TO | IN_CLOSE_WRITE);
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (url_.empty() && std::chrono::steady_clock::now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    const auto ready = read_file(folder_.file("ready"));
    const auto json = Json::parse(ready ? *ready : "", "ready file");
    if (json) url_ = json->string("url").value_or("");
    if (url_.empty()) await_change(watch);
  }
  close(watch);
  if (!url_.empty()) return;
  end();
  fail_msg("%s did not come up", simcloud_program().c_str());
}

void SimcloudProcess::set_faults(const std::string& rules) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_ + "/sim/faults";
  request.headers = {{"content-type", "application/json"}};
  request.body = rules;
  const auto answer = transport_->send(request);
  if (!answer) fail_msg("%s", answer.error().message.c_str());
  if (answer->status >= 300) fail_msg("faults refused: %s", answer->body.c_str());
}

Json SimcloudProcess::get(const std::string& path) {
  HttpRequest request;
  request.url = url_ + path;
  const auto answer = transport_->send(request);
  if (!answer) fail_msg("%s", answer.error().message.c_str());
  const auto json = Json::parse(answer->body, path);
  if (!json) fail_msg("%s", json.error().message.c_str());
  return *json;
}

}  // namespace spillway
