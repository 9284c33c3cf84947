# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that has seven of eight GPUs never gets a job: it says so itself, is given back, and
another one of the same offer takes its place; the job notices nothing. When that is no good either,
the next offer does."""

import os

import cluster_files as files
from scenario import Scenario, check, play

BAD = {"match": {"machine": "next"}, "do": "hardware", "gpus": 7}


def lines_of(scenario):
    """The invoice's lines, in the order of their making."""
    return scenario.cluster.invoice()["lines"]


def check_never_served(scenario, line):
    """Its slurmd was never started: its bootstrap ended before."""
    root = scenario.cluster.layout.path("cloud", "machines", line["id"], "root")
    with open(os.path.join(root, "var/log/spillway-bootstrap.log"), encoding="utf-8") as file:
        log = file.read()
    check("gpus: 7 of 8" in log, f"machine {line['id']} should say what is wrong: {log}")
    check("slurmd started" not in log, f"machine {line['id']} started slurmd: {log}")


def story(scenario: Scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    scenario.faults(BAD)
    job = scenario.hold()
    cluster.wait_job(job, "RUNNING", 240)
    unhealthy = scenario.events_of(job, "unhealthy")
    check(unhealthy == ["machine unhealthy: gpus: 7 of 8"], f"one bad machine: {unhealthy}")
    check(len(scenario.events_of(job, "replaced")) == 1, "it is replaced at the same offer")
    bad, good = lines_of(scenario)
    check(bad["type"] == good["type"] and bad["provider"] == good["provider"], f"{bad} {good}")
    check_never_served(scenario, bad)
    check(scenario.restarts(job) == 0, "the job should not have noticed")
    log = cluster.layout.path("log", "spillwayd.out")
    with open(log, encoding="utf-8") as file:
        check("says: " in file.read(), "the machine's last lines should be in the broker's log")

    # Two in a row: the next offer.
    scenario.faults(BAD, BAD)
    second = scenario.hold()
    cluster.wait_job(second, "RUNNING", 240)
    check(len(scenario.events_of(second, "unhealthy")) == 2, "two bad machines")
    check(len(scenario.events_of(second, "detour")) == 1, "and then another offer")
    lines = lines_of(scenario)
    check(len(lines) == 5, f"five machines: {lines}")
    offers = [f"{line['provider']} {line['type']} {line['region']}" for line in lines[2:]]
    check(offers[0] == offers[1] != offers[2], f"twice the cheapest, then the next: {offers}")
    for line in lines[2:4]:
        check_never_served(scenario, line)
    check(scenario.restarts(second) == 0, "the job should not have noticed")

    scenario.release([job, second, *held])
    for number in (job, second, *held):
        cluster.wait_job(number, "COMPLETED")
    scenario.wait_no_machine()
    scenario.check_bill_agrees()
    scenario.broker_lives()


play(story, files.Options(local_nodes=1, burst_after="2s", cooldown_first="10m"))
