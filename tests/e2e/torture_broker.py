# SPDX-License-Identifier: GPL-2.0-or-later
"""The broker is killed at each point of an order and of a release, one after another in the life of
one gang: the next broker finds out how far things were by asking, and each machine is made once,
paid once, and ended."""

from scenario import check, play
from torture import OPTIONS, Torture


def story(scenario):
    torture = Torture(scenario)
    kill, revive = scenario.cluster.kill_broker, scenario.cluster.start_broker
    torture.kill_at(torture.order_points(), kill, revive)
    points = torture.release_points()
    scenario.faults(*points[0].faults)
    torture.end_jobs()
    torture.kill_at(points, kill, revive)
    check(scenario.restarts(torture.gang) == 0, "the job should not have noticed")
    torture.check_all_is_over(machines_ever=2)


play(story, OPTIONS)
