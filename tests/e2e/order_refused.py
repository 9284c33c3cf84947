# SPDX-License-Identifier: GPL-2.0-or-later
"""Every offer of every cloud refuses the order: the node goes back to Slurm with a provider's
words, the job waits again and says why, the offers cool down, and no machine ever was. When there
are some again, the job gets its machine. Another refused job runs on a local node that becomes
free."""

import cluster_files as files
from cluster_clouds import NAMES, clouds
from scenario import Scenario, check, play, wait_for

# Of the H100s: two flavors at Hyperstack, two fabrics at Voltage Park, two regions at Lambda.
OFFERS = 6
# Each in its cloud's own words.
WORDS = ("Insufficient stock", "Not enough GPUs available", "capacity")


def refuse_everywhere(scenario):
    scenario.faults(*(cloud.refuse_order(-1) for cloud in clouds(scenario.cluster.options)))


def spoken_reason(scenario):
    for name in files.cloud_names(scenario.cluster.options):
        record = scenario.cluster.node(name)
        if record["Reason"].startswith("spillway:"):
            return name, record["Reason"]
    return None


def check_told(scenario, refused, reason):
    """The node, the job, the events and the offers tell of it."""
    check("no offer left" in reason and WORDS[0] in reason, f"the reason lacks '{WORDS[0]}'")
    said = scenario.wait_words(refused, "[spillway] no rented machine, ")
    check("tried again when" in said, f"the job should say what comes next: {said}")
    check(WORDS[0] in said, f"the job should say what the cloud said: {said}")
    refusals = scenario.events_of(refused, "refused")
    for words in WORDS:
        check(any(words in refusal for refusal in refusals), f"no '{words}' in {refusals}")
    offers = scenario.cluster.spillway("offers")
    check("refused" in offers, f"`spillway offers` should tell of the refusals:\n{offers}")


def check_each_tried_once(scenario):
    launches = scenario.cluster.launches()
    tried = [(call["path"], call["launch"]["region"], call["launch"]["type"]) for call in launches]
    each_once = len(tried) == OFFERS and len(set(tried)) == OFFERS
    check(each_once, f"each of {OFFERS} offers should be tried once: {tried}")


def refused_then_local(scenario: Scenario, held):
    """`held` keep the local nodes until the job was refused."""
    cluster = scenario.cluster
    refuse_everywhere(scenario)
    refused = scenario.submit("short.sh")
    wait_for(f"job {refused} to be requeued", lambda: scenario.restarts(refused) == 1, 120)
    scenario.release(held)
    cluster.wait_job(refused, "COMPLETED")
    ran_on = scenario.output(refused)
    check(ran_on[0].startswith("local-"), f"the job should have run locally, not on {ran_on}")


def story(scenario: Scenario):
    cluster = scenario.cluster
    refuse_everywhere(scenario)
    held = scenario.fill_local_nodes()
    refused = scenario.submit("short.sh")
    node, reason = wait_for(
        "a node to go back to Slurm with a reason", lambda: spoken_reason(scenario), 180
    )
    scenario.say(f"{node}: {reason}")
    wait_for(f"job {refused} to wait again", lambda: cluster.job_state(refused) == "PENDING")
    wait_for(f"{node} to be powered down", lambda: "POWER" in cluster.node(node)["State"])
    check_each_tried_once(scenario)
    check_told(scenario, refused, reason)
    scenario.check_machines_ever(0)

    scenario.faults()
    cluster.wait_job(refused, "COMPLETED", timeout=300)
    ran_on = scenario.output(refused)
    check(ran_on[0].startswith("h100-"), f"the job should have run rented at last, not on {ran_on}")
    check(scenario.restarts(refused) == 1, f"job {refused} should have been requeued once")
    scenario.wait_no_machine()
    refused_then_local(scenario, held)
    scenario.check_machines_ever(1)
    for number in held:
        cluster.wait_job(number, "COMPLETED")
    scenario.check_bill_agrees()
    scenario.broker_lives()


# Short enough to be awaited, long enough not to be over before it was seen.
play(story, files.Options(providers=NAMES, cooldown_first="45s"))
