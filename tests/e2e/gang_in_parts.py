# SPDX-License-Identifier: GPL-2.0-or-later
"""With ResumeRate=3 Slurm asks for the nodes of a gang of 8 in parts, over a minute and more. They
are one gang all the same: all its machines come from the one offer that has 8, though the first
part alone would be cheaper elsewhere; there never is one too many, and the job starts once."""

import cluster_files as files
from scenario import Scenario, check, play, wait_for

NODES = 8
ENOUGH = "voltage-park infiniband"  # the others have 4 each


def count_asked(cluster, nodes):
    """How many of the nodes Slurm has asked for: sinfo marks those that are powered down by ~."""
    states = cluster.run(["sinfo", "-h", "-N", "-n", nodes, "-o", "%t"]).stdout.split()
    return sum(1 for state in states if not state.endswith("~"))


def watch_gang(scenario, gang):
    """Until the gang runs. At no time there is a machine more than it has nodes. Returns the numbers
    of nodes that Slurm had asked for so far, as they grew."""
    cluster = scenario.cluster
    asked = []

    def runs():
        machines = cluster.machines()
        check(len(machines) <= NODES, f"{len(machines)} machines for {NODES} nodes: {machines}")
        job = cluster.jobs()[gang]
        started = job["state"] == "RUNNING"
        check(started or job["state"] in ("PENDING", "CONFIGURING"), f"the gang is {job}")
        now = count_asked(cluster, job["nodes"]) if job["nodes"] else 0
        if now > 0 and now not in asked:
            asked.append(now)
        return started

    wait_for(f"gang {gang} to run", runs, 400, every=0.5, look=lambda: (asked, cluster.jobs()[gang]))
    return asked


def story(scenario: Scenario):
    cluster = scenario.cluster
    gang = scenario.hold(NODES)
    asked = watch_gang(scenario, gang)
    scenario.say(f"Slurm asked for {asked} nodes, one after the other")
    check(len(asked) > 1, f"ResumeRate should have split the gang: {asked}")

    under = scenario.offers_under(gang)
    check(under == [ENOUGH] * NODES, f"the gang should be on {NODES} x {ENOUGH}, not {under}")
    ordered = sum(request["launch"]["machines"] for request in cluster.launches())
    check(ordered == NODES, f"{NODES} machines were due: {cluster.launches()}")
    scenario.release([gang])
    cluster.wait_job(gang, "COMPLETED")
    check(scenario.restarts(gang) == 0, "the gang was started more than once")

    scenario.wait_no_machine()
    scenario.check_machines_ever(NODES)
    scenario.check_bill_agrees()
    scenario.broker_lives()


# The parts stand ready while the last is on its way, longer than SuspendTime: Slurm does not power
# down what is allocated.
play(
    story,
    files.Options(
        providers=("hyperstack", "voltage-park"),
        local_nodes=1,
        cloud_nodes=16,
        max_machines=16,
        burst_after="3s",
        resume_rate=3,
        # From 24.05 on Slurm calls for one node every 20 s: the last is due after 140 s.
        boot_deadline="5m",
    ),
)
