// SPDX-License-Identifier: GPL-2.0-or-later
//
// The supervisor of one process machine: the init of its process tree. A process of its own with
// one thread, since it forks.
//
// As a subreaper it inherits every process of the machine whose parent ended, double-forked
// daemons included. It ends when its control pipe (descriptor 3) closes, on SIGTERM, or when the
// simulator dies; before that it kills and reaps all its children until it has none, so nothing of
// the machine outlives it. It kills only its own unreaped children, whose process ids cannot have
// been given to others.
#pragma once

#include <string>

namespace spillway {

constexpr int kSupervisorControl = 3;

// Where the machine's user-data stands as a script, under its root; as cloud-init does it.
constexpr const char* kUserDataScript = "/var/lib/cloud/instance/scripts/part-001";

// Runs the script in `machine_folder`/root, if there is one, and stays until told to end.
// Returns the exit status of the supervisor.
[[nodiscard]] int supervise_machine(const std::string& machine_folder, const std::string& address);

}  // namespace spillway
