// SPDX-License-Identifier: GPL-2.0-or-later
//
// A spillway-simcloud of its own for a test: started on a free loopback port in a folder of its
// own, ended and removed with the value.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "lib/http.h"
#include "lib/json.h"
#include "tests/support/temporary_folder.h"

namespace spillway {

class SimcloudProcess {
 public:
  // Fails the running test when the program does not come up.
  explicit SimcloudProcess(const std::string& scenario);
  SimcloudProcess(const SimcloudProcess&) = delete;
  SimcloudProcess& operator=(const SimcloudProcess&) = delete;
  ~SimcloudProcess();

  [[nodiscard]] const std::string& url() const { return url_; }

  // Replaces all fault rules; `rules` is the JSON array of POST /sim/faults.
  void set_faults(const std::string& rules);

  // What GET /sim/... says now.
  [[nodiscard]] Json get(const std::string& path);

 private:
  void start(const std::string& scenario);
  void await_ready();
  void end();

  TemporaryFolder folder_;
  std::string url_;
  pid_t pid_ = -1;
  std::unique_ptr<Transport> transport_;
};

}  // namespace spillway
