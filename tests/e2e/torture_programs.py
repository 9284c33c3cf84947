# SPDX-License-Identifier: GPL-2.0-or-later
"""spillway-resume and spillway-suspend are killed before they wrote what Slurm asked for, and after:
a node whose call was lost goes back and its job runs at the next try; a machine whose node was
suspended ends all the same."""

import os

from scenario import check, play, wait_for
from torture import OPTIONS, Torture

# In the program's place once: it is killed before it does anything, or when it has done all.
KILLED = """#!/bin/sh
if mkdir {once} 2>/dev/null; then
  {work}
  kill -9 $$
fi
exec {program} "$@"
"""


def kill_once(cluster, name, has_worked):
    """The next call of this power-save program dies."""
    path = cluster.layout.path("power", name)
    program = path + ".whole"
    if not os.path.exists(program):
        os.rename(path, program)
    once = f"{path}.{'after' if has_worked else 'before'}"
    work = f'{program} "$@"' if has_worked else ":"
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(KILLED.format(once=once, work=work, program=program))
        os.fchmod(file.fileno(), 0o755)
    os.rename(path + ".new", path)
    return once


def story(scenario):
    cluster = scenario.cluster
    for has_worked in (False, True):
        when = "after" if has_worked else "before"
        killed = kill_once(cluster, "spillway-resume", has_worked)
        killed_later = kill_once(cluster, "spillway-suspend", has_worked)
        torture = Torture(scenario)
        cluster.wait_job(torture.gang, "RUNNING", timeout=240)
        check(os.path.isdir(killed), f"spillway-resume was not killed {when} its work")
        restarts = scenario.restarts(torture.gang)
        check(restarts == (0 if has_worked else 1), f"killed {when}: {restarts} restarts")
        torture.end_jobs()
        wait_for(f"spillway-suspend killed {when}", lambda: os.path.isdir(killed_later), 60)
        torture.check_all_is_over(machines_ever=4 if has_worked else 2)


play(story, OPTIONS)
