// SPDX-License-Identifier: GPL-2.0-or-later
//
// The supervisor of one machine: the init of its process tree. A process of its own with one
// thread, since it forks.
//
// As a subreaper it inherits every process of the machine whose parent ended, double-forked
// daemons included. It ends when its control pipe (descriptor 3) closes, on SIGTERM, or when the
// simulator dies; before that it kills and reaps all its children until it has none, so nothing of
// the machine outlives it. It kills only its own unreaped children, whose process ids cannot have
// been given to others.
#pragma once

namespace spillway {

constexpr int kSupervisorControl = 3;

// Runs `command` (its words, then a null) in this folder and environment, in a session of its own,
// if there is one, and stays until told to end. Returns the exit status of the supervisor.
[[nodiscard]] int supervise(char** command);

}  // namespace spillway
