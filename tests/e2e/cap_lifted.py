# SPDX-License-Identifier: GPL-2.0-or-later
"""A cap holds a job back, and `spillway why` says so. An admin lifts it for an hour: the job runs on
rented nodes, and `spillway why` says where. Then every offer refuses, for long: `spillway retry` has
them tried again at once."""

import json

import cluster_files as files
from scenario import Scenario, check, play, wait_for

REFUSE = {
    "match": {"method": "POST", "path": "/lambda/api/v1/instance-operations/launch"},
    "do": "refuse_capacity",
    "times": -1,
}


def why(scenario, number):
    """What `spillway why` knows; it exits with 1 while it knows nothing."""
    cluster = scenario.cluster
    command = [cluster.layout.program("spillway"), "--config", cluster.layout.path("spillway.yaml")]
    return json.loads(cluster.run([*command, "why", str(number), "--json"], check=False).stdout)


def standing(scenario, number):
    return (why(scenario, number)["verdict"] or {}).get("standing")


def held_back_then_lifted(scenario: Scenario):
    cluster = scenario.cluster
    job = scenario.hold(nodes=2)
    wait_for(f"job {job} to be held back", lambda: standing(scenario, job) == "held-back", 60)
    told = why(scenario, job)
    check("limit of 1 machine" in told["verdict"]["sentence"], f"the cap should be named: {told}")
    check(told["slurm"]["state"] == "pending", f"Slurm should have been asked: {told}")
    check(told["is_current"], f"the broker looks all the time: {told}")
    scenario.check_never_rented()

    scenario.say(cluster.spillway("set", "policy.limits.machines", "2", "--for", "1h"))
    cluster.wait_job(job, "RUNNING")
    text = cluster.spillway("why", str(job))
    scenario.say(text)
    check("runs on rented nodes" in text, "it should say that the job runs on rented nodes")
    check("$ so far" in text, "who may read the ledger should see the cost")
    check("of 2 machines (set by " in cluster.spillway("status"), "the status should show the cap")
    check(scenario.events("set"), "who set it should be an event")
    scenario.release([job])
    cluster.wait_job(job, "COMPLETED")
    scenario.wait_no_machine()


def refused_then_retried(scenario: Scenario):
    cluster = scenario.cluster
    scenario.faults(REFUSE)
    refused = scenario.submit("short.sh")

    def cooling():
        return json.loads(cluster.spillway("status", "--json"))["cooldowns"]

    regions = len(cluster.options.regions)
    wait_for("every offer to cool down", lambda: len(cooling()) == regions, 120)
    scenario.faults()
    scenario.say(cluster.spillway("retry", "lambda"))
    wait_for("the cool-downs to be forgotten", lambda: not cooling(), 10)
    # The cool-down is longer than this test.
    cluster.wait_job(refused, "COMPLETED", timeout=300)
    ran_on = scenario.output(refused)
    check(ran_on[0].startswith("h100-"), f"the job should have run rented, not on {ran_on}")
    check(len(scenario.events("retry")) == 2, "the wish and its answer should be events")


def story(scenario: Scenario):
    held = scenario.fill_local_nodes()
    held_back_then_lifted(scenario)
    refused_then_retried(scenario)
    scenario.wait_no_machine()
    scenario.release(held)
    for number in held:
        scenario.cluster.wait_job(number, "COMPLETED")
    scenario.check_bill_agrees()
    scenario.broker_lives()


play(story, files.Options(max_machines=1, cooldown_first="20m"))
