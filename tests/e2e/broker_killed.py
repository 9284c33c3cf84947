# SPDX-License-Identifier: GPL-2.0-or-later
"""With the broker killed, local jobs start as if Spillway were not there, and no cloud node is
powered up. What Slurm asks for meanwhile waits in the ledger, and is carried out by the next
broker."""

import time

from scenario import Scenario, check, play, wait_for

BURST_AFTER_S = 10
BY_HAND = "h100-004"


def local_jobs_start(scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    waiting = scenario.submit("short.sh")
    scenario.wait_considered(waiting)
    submitted = time.monotonic()
    wait_for(
        "the job to have waited past the policy's limit",
        lambda: time.monotonic() - submitted > BURST_AFTER_S + 5,
    )
    scenario.check_cloud_nodes_down()
    scenario.release(held)
    cluster.wait_job(waiting, "COMPLETED")
    check(
        scenario.output(waiting)[0].startswith("local-"),
        f"the job should have run locally, it ran on {scenario.output(waiting)}",
    )
    scenario.check_cloud_nodes_down()
    scenario.check_never_rented()


def request_waits_and_is_carried_out(scenario):
    cluster = scenario.cluster
    cluster.run(["scontrol", "update", f"nodename={BY_HAND}", "state=power_up"])
    wait_for(
        f"{BY_HAND} to be powering up",
        lambda: "POWERING_UP" in cluster.node(BY_HAND)["State"],
    )
    check(not cluster.launches(), "a create call left without a broker")
    cluster.start_broker()
    scenario.wait_launches(1)
    wait_for(f"{BY_HAND} to register", lambda: cluster.node(BY_HAND)["State"] == "IDLE+CLOUD", 120)
    scenario.wait_no_machine()
    check(len(cluster.launches()) == 1, f"one create call was due: {cluster.launches()}")
    scenario.check_machines_ever(1)
    scenario.check_bill_agrees()


def story(scenario: Scenario):
    scenario.cluster.kill_broker()
    local_jobs_start(scenario)
    request_waits_and_is_carried_out(scenario)


play(story)
