# SPDX-License-Identifier: GPL-2.0-or-later
"""The cloud answers HTML, nothing, and half a JSON, to every question and to an order: nothing
crashes, no machine is lost or made twice, no node goes down for it, and the job that runs on a
rented machine never notices."""

from scenario import Scenario, check, play, wait_for

LAUNCH = "/lambda/api/v1/instance-operations/launch"
QUESTIONS = ("/lambda/api/v1/instances", "/lambda/api/v1/instance-types")
NONSENSE = ("html", "empty", "truncate")
ANSWERS_EACH = 4


def garbled(path, kind, method="GET", times=-1):
    return {"match": {"method": method, "path": path}, "do": kind, "times": times}


def count_of(cluster, path):
    return sum(1 for line in cluster.requests() if line["path"].split("?")[0] == path)


def hear_nonsense(scenario, kind):
    """Until the broker has heard it several times to both of its questions."""
    cluster = scenario.cluster
    before = {path: count_of(cluster, path) for path in QUESTIONS}
    scenario.faults(*(garbled(path, kind) for path in QUESTIONS))
    for path in QUESTIONS:
        wait_for(
            f"the broker to ask {path} {ANSWERS_EACH} times and hear {kind}",
            lambda path=path: count_of(cluster, path) >= before[path] + ANSWERS_EACH,
            120,
        )
    scenario.broker_lives()


def story(scenario: Scenario):
    cluster = scenario.cluster
    # The first create call is answered by a page of HTML: whether it had an effect is unknown.
    scenario.faults(garbled(LAUNCH, "html", "POST", times=1))
    held = scenario.fill_local_nodes()
    job = scenario.hold()
    cluster.wait_job(job, "RUNNING", timeout=240)
    check(cluster.jobs()[job]["nodes"].startswith("h100-"), "the job should run on a rented node")
    node = cluster.jobs()[job]["nodes"]

    for kind in NONSENSE:
        hear_nonsense(scenario, kind)
        check(cluster.job_state(job) == "RUNNING", f"the job was disturbed by {kind}")
        state = cluster.node(node)["State"]
        check(state == "ALLOCATED+CLOUD", f"{node} is {state} after {kind}")
        check(len(cluster.machines()) == 1, f"one machine should live after {kind}")

    # Release is asked for while the cloud still talks nonsense, and carried out afterwards.
    scenario.release([job, *held])
    for number in (job, *held):
        cluster.wait_job(number, "COMPLETED")
    wait_for(f"{node} to be powered down", lambda: "POWER" in cluster.node(node)["State"], 90)
    scenario.faults()
    scenario.wait_no_machine()
    scenario.check_machines_ever(1)
    scenario.check_bill_agrees()
    scenario.broker_lives()


play(story)
