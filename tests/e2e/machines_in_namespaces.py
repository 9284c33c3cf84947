# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines at two providers, in namespaces, both with the same private address: each runs its
user-data on a bare root of its own, joins over its provider's network address translation, and
slurmd in it serves the cluster; a job runs across both. Afterwards nothing of them is left."""

import os
import sys

import cluster_files as files
from cluster_network import NotPossible
from scenario import Scenario, check, play

# A machine serves the next job, before Slurm finds it idle.
SUSPEND_TIME_S = 60


def story(scenario: Scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    first = scenario.hold()
    cluster.wait_job(first, "RUNNING")
    cheapest = cluster.machines()[0]
    sold_out = {key: cheapest[key] for key in ("provider", "type", "region")}
    cluster.cloud("/sim/capacity", {**sold_out, "capacity": 0})
    second = scenario.hold()
    cluster.wait_job(second, "RUNNING")

    machines = cluster.machines()
    check(len({each["provider"] for each in machines}) == 2, f"at two providers: {machines}")
    private = [each["private_address"] for each in machines]
    check(private == ["10.0.2.100"] * 2, f"with the same private address: {machines}")
    public = {each["address"] for each in machines}
    nodes = scenario.nodes_of(first) + scenario.nodes_of(second)
    addresses = {cluster.node(name)["NodeAddr"] for name in nodes}
    check(addresses == public, f"Slurm calls {addresses}, the machines have {public}")
    for machine in machines:
        root = cluster.machine_root(machine)
        check(os.path.exists(f"{root}/etc/slurm/slurm.conf"), "what is delivered is in /etc/slurm")
        seen = os.listdir(root + cluster.folder)
        check(seen == ["work"], f"of the cluster's folder only jobs' is seen: {seen}")

    across = scenario.submit("short.sh", nodes=2)
    scenario.wait_considered(across)
    scenario.release([first, second])
    cluster.wait_job(across, "COMPLETED")
    check(scenario.output(across) == sorted(nodes), f"ran on {scenario.output(across)}, not {nodes}")

    scenario.check_machines_ever(2)
    scenario.wait_no_machine()
    scenario.check_bill_agrees()
    scenario.release(held)
    scenario.broker_lives()


OPTIONS = files.Options(
    namespaces=True,
    providers=("hyperstack", "lambda"),
    cloud_nodes=2,
    burst_after="2s",
    suspend_time_s=SUSPEND_TIME_S,
)

try:
    play(story, OPTIONS)
except NotPossible as reason:
    print(f"skipped: {reason}")
    sys.exit(77)
