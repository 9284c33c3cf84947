# SPDX-License-Identifier: GPL-2.0-or-later
"""slurmctld is killed at each point of an order and of a release, and starts again from what it had
saved. The job may be requeued for it; it runs, and every machine that was made is known, and ends."""

from scenario import play
from torture import OPTIONS, Torture


def story(scenario):
    cluster = scenario.cluster
    torture = Torture(scenario)
    kill, revive = cluster.kill_slurmctld, cluster.start_slurmctld
    torture.kill_at(torture.order_points(), kill, revive)
    points = torture.release_points()
    scenario.faults(*points[0].faults)
    torture.end_jobs()
    torture.kill_at(points, kill, revive)
    torture.check_all_is_over()


play(story, OPTIONS)
