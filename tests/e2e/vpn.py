# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines at two providers, both with the same private address, join over WireGuard: Slurm knows
each by its address in the VPN, a job runs across them with srun, from outside nothing of them can be
reached; when they leave, so do their peers. Whoever comes with a token that is not his is refused,
and that is an event."""

import json
import os
import socket
import subprocess
import sys

import cluster_files as files
from cluster_network import HEAD_ADDRESS, NotPossible, in_a_vpn
from private_cluster import wait_for
from scenario import Scenario, check, play

# A machine serves the next job, before Slurm finds it idle.
SUSPEND_TIME_S = 60
FACTS = {
    "addresses": ["10.0.2.100"],
    "hostname": "stranger",
    "gpus": 8,
    "gpu_model": "NVIDIA H100 80GB HBM3",
    "infiniband_ports": 0,
    "infiniband_gbps": 0,
    "memory_mib": 4096,
    "cpus": 4,
    "os": "debian-12",
    "wireguard_key": "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
}


def peers():
    said = subprocess.run(["wg", "show", "spillway0", "peers"], capture_output=True, text=True)
    check(said.returncode == 0, f"wg show: {said.stderr}")
    return said.stdout.split()


def inside(cluster, machine, *command):
    """Runs a command in the machine's network."""
    with open(cluster.layout.path("cloud", "machines", machine["id"], "init")) as file:
        init = file.read().strip()
    enter = ["nsenter", "--target", init, "--net"]
    return subprocess.run([*enter, *command], capture_output=True, text=True, check=False)


def is_open(address, port):
    try:
        with socket.create_connection((address, port), 2):
            return True
    except OSError:
        return False


class Stranger:
    """Somebody who has read a machine's user-data."""

    def __init__(self, cluster, machine):
        with open(cluster.layout.path("cloud", "machines", machine["id"], "user-data")) as file:
            lines = dict(line.split("=", 1) for line in file.read().splitlines() if "='" in line)
        self.url, self.pin, self.token = (lines[key].strip("'") for key in ("url", "pin", "token"))

    def join(self, run, pin=None):
        """The status that the join service answers, 0 when curl does not even ask; and what curl
        says."""
        words = ["curl", "-q", "-sS", "-k", "--pinnedpubkey", pin or self.pin, "-m", "20"]
        words += ["-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {self.token}"]
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(FACTS)]
        said = run(*words, f"{self.url}/v1/join")
        return int(said.stdout or 0), said.stderr


def on_head(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def wait_told(scenario, caller, *words):
    """Until an event tells that the caller was refused, in one of these words."""

    def found():
        texts = [event["text"] for event in scenario.events("join-refused")]
        told = [text for text in texts if text.startswith(caller)]
        return [text for text in told if any(each in text for each in words)]

    look = lambda: scenario.events("join-refused")
    told = wait_for(f"an event of the refusal of {caller}: {words}", found, 20, look=look)
    scenario.say(f"refused: {told[-1]}")


def check_refused(scenario, stranger, run, caller, *words):
    """403, and an event that tells who called, and why not."""
    status, said = stranger.join(run)
    check(status == 403, f"from {caller}: 403 expected, not {status} {said}")
    wait_told(scenario, caller, *words)


def two_machines(scenario):
    """A job at each of two providers; both jobs, and their machines."""
    cluster = scenario.cluster
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
    return [first, second], machines


def check_bare(scenario, machines):
    """A machine has a root of its own, and nothing of this host's secrets."""
    cluster = scenario.cluster
    for machine in machines:
        root = cluster.machine_root(machine)
        check(os.path.exists(f"{root}/etc/slurm/slurm.conf"), "what is delivered is in /etc/slurm")
        seen = os.listdir(root + cluster.folder)
        check(seen == ["work"], f"of the cluster's folder only jobs' is seen: {seen}")


def check_network(scenario, nodes, machines):
    cluster = scenario.cluster
    addresses = [cluster.node(name)["NodeAddr"] for name in nodes]
    check(all(each.startswith("10.90.") for each in addresses), f"in the VPN: {addresses}")
    check(len(set(addresses)) == 2, f"each its own address: {addresses}")
    check(len(peers()) == 2, f"two peers: {peers()}")
    for name, address in zip(nodes, addresses):
        port = cluster.layout.ports[name]
        check(is_open(address, port), f"slurmd of {name} answers at {address}:{port}")
        for machine in machines:
            closed = not is_open(machine["address"], port)
            check(closed, f"port {port} of {machine['address']} is open to the internet")
    scenario.say(f"nodes at {addresses}, closed at their public addresses")


def check_refusals(scenario, machines):
    """While both machines serve."""
    cluster = scenario.cluster
    ours, others = (Stranger(cluster, machine) for machine in machines)
    check_refused(scenario, ours, on_head, HEAD_ADDRESS, f"has no machine at {HEAD_ADDRESS}")
    caller = machines[1]["address"]
    run = lambda *command: inside(cluster, machines[1], *command)
    check_refused(scenario, ours, run, caller, f"has no machine at {caller}")
    # From the machine itself, when its gang is whole, with another key than it came with: by a job.
    check_refused(scenario, others, run, caller, "have joined")
    forged = Stranger(cluster, machines[0])
    forged.token = "0" * 64
    check_refused(scenario, forged, on_head, HEAD_ADDRESS, "unknown token")
    status, said = ours.join(on_head, pin="sha256//" + "A" * 43 + "=")
    check(status == 0 and "pinned" in said, f"a wrong pin: {status} {said}")
    wait_told(scenario, HEAD_ADDRESS, "does it hold another pin")


def story(scenario: Scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    jobs, machines = two_machines(scenario)
    nodes = [scenario.nodes_of(job)[0] for job in jobs]
    check_bare(scenario, machines)
    check_network(scenario, nodes, machines)
    check_refusals(scenario, machines)

    before = sorted(peers())
    cluster.kill_broker()
    cluster.start_broker()
    check(sorted(peers()) == before, f"a new broker keeps the peers: {before}, {peers()}")

    across = scenario.submit("short.sh", nodes=2)
    scenario.wait_considered(across)
    strangers = [Stranger(cluster, machine) for machine in machines]
    scenario.release(jobs)
    cluster.wait_job(across, "COMPLETED")
    check(scenario.output(across) == sorted(nodes), f"ran on {scenario.output(across)}, not {nodes}")

    scenario.check_machines_ever(2)
    scenario.wait_no_machine()
    wait_for("the peers to be gone", lambda: not peers(), 30, look=peers)
    for stranger in strangers:
        check_refused(scenario, stranger, on_head, HEAD_ADDRESS, "has ended", "has expired", "has no")
    scenario.check_bill_agrees()
    scenario.release(held)
    scenario.broker_lives()


OPTIONS = files.Options(
    **in_a_vpn(),
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
