# SPDX-License-Identifier: GPL-2.0-or-later
"""Every region refuses the order: the node goes back to Slurm with the provider's words, the job
waits again, the offers cool down, and no machine ever was. When the cloud has some again, the job
gets its machine. Another refused job runs on a local node that becomes free."""

import cluster_files as files
from scenario import Scenario, check, play, wait_for

REFUSE = {
    "match": {"method": "POST", "path": "/lambda/api/v1/instance-operations/launch"},
    "do": "refuse_capacity",
    "times": -1,
}


def spoken_reason(scenario):
    for name in files.cloud_names(scenario.cluster.options):
        record = scenario.cluster.node(name)
        if record["Reason"].startswith("spillway:"):
            return name, record["Reason"]
    return None


def was_requeued(cluster, number):
    said = cluster.run(["squeue", "-h", "-t", "all", "-j", str(number), "-O", "RestartCnt"]).stdout
    return said.strip() == "1"


def refused_then_local(scenario: Scenario, held):
    """`held` keep the local nodes until the job was refused."""
    cluster = scenario.cluster
    scenario.faults(REFUSE)
    refused = scenario.submit("short.sh")
    wait_for(f"job {refused} to be requeued", lambda: was_requeued(cluster, refused), 120)
    scenario.release(held)
    cluster.wait_job(refused, "COMPLETED")
    ran_on = scenario.output(refused)
    check(ran_on[0].startswith("local-"), f"the job should have run locally, not on {ran_on}")


def story(scenario: Scenario):
    cluster = scenario.cluster
    regions = len(cluster.options.regions)
    scenario.faults(REFUSE)
    held = scenario.fill_local_nodes()
    refused = scenario.submit("short.sh")
    node, reason = wait_for(
        "a node to go back to Slurm with a reason", lambda: spoken_reason(scenario), 120
    )
    scenario.say(f"{node}: {reason}")
    wait_for(f"job {refused} to wait again", lambda: cluster.job_state(refused) == "PENDING")
    wait_for(f"{node} to be powered down", lambda: "POWER" in cluster.node(node)["State"])

    tried = len(cluster.launches())
    check(tried == regions, f"each of {regions} offers should be tried once, not {tried} times")
    check(scenario.events("refused"), "the ledger should tell of the refusals")
    offers = cluster.spillway("offers")
    check("refused" in offers, f"`spillway offers` should tell of the refusal:\n{offers}")

    scenario.check_machines_ever(0)

    scenario.faults()
    cluster.wait_job(refused, "COMPLETED", timeout=300)
    ran_on = scenario.output(refused)
    check(ran_on[0].startswith("h100-"), f"the job should have run rented at last, not on {ran_on}")
    scenario.wait_no_machine()
    refused_then_local(scenario, held)
    scenario.check_machines_ever(1)
    for number in held:
        cluster.wait_job(number, "COMPLETED")
    scenario.check_bill_agrees()
    scenario.broker_lives()


# Short enough to be awaited, long enough not to be over before it was seen.
play(story, files.Options(cooldown_first="45s"))
