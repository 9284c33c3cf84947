# SPDX-License-Identifier: GPL-2.0-or-later
"""Three clouds, a pool of any machines and one behind an InfiniBand fabric. Price decides; a gang
that needs InfiniBand gets the dearer fabric, all of it; the machine that an ended job leaves behind
is used by the next one; a shortage at the cheapest cloud is a detour that the job never notices.
Each choice is told in the events and in the job's AdminComment."""

import cluster_files as files
from cluster_clouds import NAMES, clouds
from scenario import Scenario, check, play

CHEAPEST = "hyperstack n3-H100x8"
NEXT = "voltage-park ethernet"
FABRIC = "voltage-park infiniband"


def check_rented(scenario, number, offer, nodes):
    under = scenario.offers_under(number)
    check(under == [offer] * nodes, f"job {number} should be on {nodes} x {offer}, not {under}")


def check_chosen(scenario, number, words):
    chosen = scenario.events_of(number, "choose")
    check(
        len(chosen) >= 1 and f"cheapest that fits: {words}" in chosen[-1],
        f"job {number}: `spillway events` should tell why {words} was chosen: {chosen}",
    )
    scenario.say(f"job {number}: {chosen[-1]}")


def price_decides(scenario):
    """A plain job, and a gang that needs InfiniBand; returns both, running."""
    cluster = scenario.cluster
    plain = scenario.hold()
    gang = scenario.submit("hold.sh", 2, "4:00:00", "--constraint=ib")
    cluster.wait_job(plain, "RUNNING", 240)
    check_rented(scenario, plain, CHEAPEST, 1)
    check_chosen(scenario, plain, "hyperstack CANADA-1 n3-H100x8, 1 x 15.21 $/h")
    scenario.wait_words(plain, "uses 1 rented node at hyperstack CANADA-1 n3-H100x8, 15.21 $/h")

    cluster.wait_job(gang, "RUNNING", 240)
    check_rented(scenario, gang, FABRIC, 2)
    told = scenario.events_of(gang, "permit")
    check("no local node could run it" in told[0], f"no local node has InfiniBand: {told}")
    said = scenario.wait_words(gang, "uses 2 rented nodes at voltage-park ")
    check("infiniband, 39.84 $/h" in said, f"the gang should say what it costs: {said}")
    return plain, gang


def next_jobs(scenario, node):
    """One takes the machine that stands on `node`, the other one of the next cloud."""
    cluster = scenario.cluster
    before = len(cluster.launches())
    cheapest = clouds(cluster.options)[0]
    scenario.faults(cheapest.refuse_order())
    warm = scenario.hold()
    cluster.wait_job(warm, "RUNNING", 120)
    check(scenario.nodes_of(warm) == [node], f"{node} stood idle; {scenario.nodes_of(warm)}")
    scenario.wait_words(warm, "uses 1 rented node at hyperstack CANADA-1")
    check(len(cluster.launches()) == before, f"a create call, for the job on {node}")

    detoured = scenario.hold()
    cluster.wait_job(detoured, "RUNNING", 240)
    check_rented(scenario, detoured, NEXT, 1)
    refused = scenario.events_of(detoured, "refused")
    check(len(refused) == 1 and "CANADA-1 n3-H100x8" in refused[0], f"one refusal, not {refused}")
    check(scenario.events_of(detoured, "detour"), "the ledger should tell of the detour")
    check_chosen(scenario, detoured, "voltage-park ")
    check(scenario.restarts(detoured) == 0, "the job should not have noticed the refusal")
    check(len(cluster.launches()) == before + 2, f"two create calls: {cluster.launches()[before:]}")
    return warm, detoured


def story(scenario: Scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    plain, gang = price_decides(scenario)
    (node,) = scenario.nodes_of(plain)
    scenario.release([plain])
    cluster.wait_job(plain, "COMPLETED")
    numbers = [gang, *next_jobs(scenario, node), *held]
    scenario.release(numbers)
    for number in numbers:
        cluster.wait_job(number, "COMPLETED")
        check(scenario.restarts(number) == 0, f"job {number} was started more than once")
    scenario.wait_no_machine()
    scenario.check_machines_ever(4)
    scenario.check_bill_agrees()
    scenario.broker_lives()


# Idle long enough to be found by the next job, on a slow machine, too.
play(
    story,
    files.Options(
        providers=NAMES,
        local_nodes=1,
        infiniband_nodes=2,
        burst_after="3s",
        suspend_time_s=40,
    ),
)
