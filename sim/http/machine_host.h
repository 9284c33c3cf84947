// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/result.h"
#include "sim/cloud.h"
#include "sim/http/scenario.h"

namespace spillway {

// Runs what machines run.
class MachineHost {
 public:
  virtual ~MachineHost() = default;

  // Boots the machine: its user-data begins to run. Errors: kIo, kInvalid.
  [[nodiscard]] virtual Status boot(const SimMachine& machine) = 0;
  // Ends every process of the machine; they are gone when it returns. Unknown ids are fine.
  virtual void stop(const std::string& id) = 0;
  virtual void stop_all() = 0;
};

// Machines that run nothing.
[[nodiscard]] std::unique_ptr<MachineHost> make_idle_machines();

// Machines that are process trees of the current user, each in `folder`/machines/<id>/ (root/,
// user-data, log). Each tree hangs on a supervisor: `program`, this very executable, started as
// "--supervise COMMAND" (supervisor.h). To be used by one thread, which must live as long
// as the machines: their supervisors die with it. `node_gpus` overrides what the types say.
[[nodiscard]] std::unique_ptr<MachineHost> make_process_machines(std::string folder,
                                                                 std::string program,
                                                                 std::optional<int> node_gpus);

// Machines with network, mounts, host name and processes of their own, each cloud's behind a router
// of its own; the network that the calling thread is in is "the internet". The same holds of their
// processes. Nothing stays when this program ends, however it does. Errors: kIo, which says what
// this host lacks for it.
[[nodiscard]] Result<std::unique_ptr<MachineHost>> make_namespace_machines(
    std::string folder, std::string program, const Scenario& scenario);

}  // namespace spillway
