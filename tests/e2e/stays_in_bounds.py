# SPDX-License-Identifier: GPL-2.0-or-later
"""What is rented stays within bounds. A cap holds a gang back, which says so, and runs locally in
the end. A permitted job runs on a local node that is free first; nothing was ordered for it. A job
that is cancelled while its machine boots leaves the machine to the next one; meanwhile a local node
that was freed takes another job, as if nothing were on its way."""

import contextlib

import cluster_files as files
from scenario import Scenario, check, play, wait_for

PASSES = ("sched_interval=2", "bf_interval=3")
NO_PASSES = ("sched_interval=-1", "bf_interval=-1")


@contextlib.contextmanager
def no_scheduling(cluster):
    """Slurm starts no job: whatever happens meanwhile, its next pass sees all of it at once."""

    def exchange(old, new):
        path = cluster.layout.path("slurm.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for before, after in zip(old, new):
            check(before in text, f"slurm.conf lacks {before}")
            text = text.replace(before, after)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        cluster.run(["scontrol", "reconfigure"])

    exchange(PASSES, NO_PASSES)
    yield
    exchange(NO_PASSES, PASSES)


def check_ran_locally(scenario, number):
    scenario.cluster.wait_job(number, "COMPLETED")
    ran_on = scenario.output(number)
    local = all(name.startswith("local-") for name in ran_on)
    check(ran_on and local, f"job {number} should have run locally, not on {ran_on}")


def cap_holds_back(scenario):
    """A gang of two, where one machine may be rented."""
    held = scenario.fill_local_nodes()
    gang = scenario.submit("short.sh", nodes=2)
    scenario.wait_words(gang, "[spillway] held back: limit of 1 machines would be passed")
    scenario.check_never_rented()
    scenario.release(held)
    check_ran_locally(scenario, gang)
    permitted = scenario.events_of(gang, "permit")
    check(not permitted, f"no permission was due: {permitted}")


def local_node_is_free_first(scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    with no_scheduling(cluster):
        permitted = scenario.submit("short.sh")
        wait_for("a permission", lambda: scenario.events_of(permitted, "permit"), 90)
        scenario.release(held[:1])
        cluster.wait_job(held[0], "COMPLETED")
        state = cluster.job_state(permitted)
        check(state == "PENDING", f"no job should start while nothing is scheduled; it is {state}")
    check_ran_locally(scenario, permitted)
    scenario.check_cloud_nodes_down()
    scenario.check_never_rented()
    return held[1:]


def local_node_is_freed_while_a_machine_boots(scenario, held):
    """`held` keeps one local node."""
    cluster = scenario.cluster
    held = [*held, scenario.hold()]
    cluster.wait_job(held[-1], "RUNNING")
    bursting = scenario.hold()
    wait_for("a machine to boot", lambda: len(cluster.machines()) == 1, 120)
    scenario.release(held[:1])
    held.append(scenario.hold())
    cluster.wait_job(held[-1], "RUNNING")
    (node,) = scenario.nodes_of(held[-1])
    check(node.startswith("local-"), f"a local node was free, the job runs on {node}")
    state = cluster.job_state(bursting)
    check(state == "CONFIGURING", f"job {bursting} should still wait for its machine, not {state}")
    cluster.run(["scancel", str(bursting)])

    heir = scenario.submit("short.sh")
    cluster.wait_job(heir, "COMPLETED", timeout=240)
    ran_on = scenario.output(heir)
    check(ran_on[0].startswith("h100-"), f"the job should have taken the machine, not {ran_on}")
    check(len(cluster.launches()) == 1, f"one create call was due: {cluster.launches()}")
    scenario.release(held)
    for number in held:
        cluster.wait_job(number, "COMPLETED")


def story(scenario: Scenario):
    cap_holds_back(scenario)
    held = local_node_is_free_first(scenario)
    local_node_is_freed_while_a_machine_boots(scenario, held)
    scenario.wait_no_machine()
    scenario.check_machines_ever(1)
    scenario.check_bill_agrees()
    scenario.broker_lives()


play(
    story,
    files.Options(burst_after="3s", max_machines=1, boot_seconds=(20, 25), suspend_time_s=30),
)
