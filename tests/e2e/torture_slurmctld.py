# SPDX-License-Identifier: GPL-2.0-or-later
"""slurmctld is killed at each point of an order and of a release, and starts again from what it had
saved. It may have forgotten that a node had come up; then it gives the node up, and the machine is
ended. Every job runs, and every machine that was made is known, and ends."""

import dataclasses

from scenario import play
from torture import OPTIONS, Point, Torture


def story(scenario):
    cluster = scenario.cluster
    torture = Torture(scenario)
    watch = torture.watch
    kill, revive = cluster.kill_slurmctld, cluster.start_slurmctld
    orders = (
        Point("permitted", watch.permissions),
        Point("ordered", watch.machines, lasts=True),
        Point("booting", lambda: watch.in_state("booting")),
        Point("joined", lambda: watch.in_state("joined")),
        Point("running", lambda: cluster.job_state(torture.gang) == "RUNNING"),
    )
    releases = (
        Point("releasing", lambda: watch.in_state("releasing")),
        Point("ending", watch.accepted_to_end),
    )
    torture.kill_at(orders, kill, revive)
    torture.end_jobs()
    torture.kill_at(releases, kill, revive)
    torture.check_all_is_over()


play(story, dataclasses.replace(OPTIONS, resume_timeout_s=120, boot_deadline="2m"))
