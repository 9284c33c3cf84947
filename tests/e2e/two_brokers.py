# SPDX-License-Identifier: GPL-2.0-or-later
"""Two brokers on one ledger: one leads, the other waits. The leader is stopped in its tracks while
an order of its own waits to be sent; the other takes over, and asks the cloud what became of that
order. When the first wakes up it is fenced: its order never leaves, and it ends."""

import json
import os
import signal
import socket
import urllib.request

import cluster_files as files
from scenario import Scenario, check, play, wait_for

BY_HAND = ("h100-003", "h100-004")  # each a gang of one; Lambda takes one order in 12 s


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_pair(cluster):
    """Machines call the second broker's join service, whoever ordered them: it outlives the first."""
    cluster.kill_broker()
    path = cluster.layout.path
    with open(path("spillway.yaml"), encoding="utf-8") as file:
        text = file.read()
    own = f"127.0.0.1:{cluster.layout.ports['join']}"
    shared = f"127.0.0.1:{free_port()}"
    with open(path("spillway.yaml"), "w", encoding="utf-8") as file:
        file.write(text.replace(f"https://{own}", f"https://{shared}"))
    metrics = f"127.0.0.1:{free_port()}"
    with open(path("standby.yaml"), "w", encoding="utf-8") as file:
        file.write(text.replace(own, shared) + f"metrics: {{listen: {metrics}}}\n")
    cluster.start_broker()
    words = ["--config", path("standby.yaml"), "--stderr"]
    standby = cluster.daemons.start("standby", [cluster.layout.program("spillwayd"), *words])
    wait_for("the second broker to wait", lambda: "another broker leads" in log(cluster, "standby"))
    check(leader(cluster) == cluster.daemons.running["spillwayd"].pid, "the first should lead")
    return cluster.daemons.running["spillwayd"], standby, f"http://{metrics}/metrics"


def metric(url, name):
    with urllib.request.urlopen(url, timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return next(line.removeprefix(name + " ") for line in lines if line.startswith(name + " "))


def log(cluster, name):
    with open(cluster.layout.path("log", f"{name}.out"), encoding="utf-8", errors="replace") as file:
        return file.read()


def leader(cluster):
    """The leader's pid, as the ledger has it."""
    said = cluster.run(
        [cluster.layout.program("spillway"), "--config", cluster.layout.path("spillway.yaml"),
         "status", "--json"],
        check=False,
    ).stdout
    facts = json.loads(said)["leader"]
    return int(facts["holder"].split(":")[1]) if facts else 0


def stop_with_an_order_at_hand(scenario, first):
    cluster = scenario.cluster
    for name in BY_HAND:
        cluster.run(["scontrol", "update", f"nodename={name}", "state=power_up"])
    scenario.wait_launches(1)
    wait_for("the second order to be at hand", lambda: len(scenario.events("order")) == 2, every=0.05)
    os.kill(first.pid, signal.SIGSTOP)
    scenario.say(f"the leader is stopped; create calls that left: {len(cluster.launches())}")


def story(scenario: Scenario):
    cluster = scenario.cluster
    first, standby, metrics = start_pair(cluster)
    check(metric(metrics, "spillway_leader") == "0", "the second broker says that it leads")
    stop_with_an_order_at_hand(scenario, first)
    wait_for("the second broker to lead", lambda: leader(cluster) == standby.pid, 60)
    wait_for("its metrics to say so", lambda: metric(metrics, "spillway_leader") == "1")
    os.kill(first.pid, signal.SIGCONT)
    code = first.wait(60)
    check(code == 1, f"the first broker should have ended with 1, it ended with {code}")
    check("leadership was lost" in log(cluster, "spillwayd"), "it does not say why it ended")
    ready = 'spillway_machines{provider="lambda",state="ready"}'
    for name in BY_HAND:
        what = f"{name} to register"
        wait_for(what, lambda node=name: cluster.node(node)["State"] == "IDLE+CLOUD", 240)
    check(metric(metrics, ready) != "0", "a machine is ready, and the metrics do not say so")
    check(len(cluster.launches()) == 2, f"two create calls were due: {cluster.launches()}")
    scenario.check_machines_ever(2)
    scenario.wait_no_machine()
    scenario.check_machines_ever(2)
    scenario.check_bill_agrees()
    check(standby.poll() is None, "the second broker has ended")


# The second node waits for the takeover, and for the time that the cloud's list may lag.
play(story, files.Options(resume_timeout_s=300, boot_deadline="5m"))
