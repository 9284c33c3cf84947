# SPDX-License-Identifier: GPL-2.0-or-later
"""What the end-to-end tests share: a private cluster, jobs that wait for a word, and checks that
say what was wrong."""

import json
import os
import re
import signal
import sys

import cluster_files as files
from private_cluster import PrivateCluster, wait_for

# A job that runs until it is told to end, and one that ends by itself.
HOLD = """#!/bin/sh
until test -e "release-$SLURM_JOB_ID"; do sleep 0.2; done
"""
SHORT = """#!/bin/sh
srun --ntasks-per-node=1 sh -c 'echo "$SLURMD_NODENAME"'
"""
WHOLE_NODE = "--gres=gpu:h100:8"


class Failed(AssertionError):
    """A check did not hold."""


def check(holds, what):
    if not holds:
        raise Failed(what)


class Scenario:
    """The cluster under test, in the words of the tests."""

    def __init__(self, cluster):
        self.cluster = cluster
        for name, text in (("hold.sh", HOLD), ("short.sh", SHORT)):
            path = cluster.layout.path("work", name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def say(self, text):
        print(text, flush=True)

    # ---- jobs

    def submit(self, script, nodes=1, limit="4:00:00", *words):
        number = self.cluster.sbatch(f"-N{nodes}", WHOLE_NODE, f"--time={limit}", *words, script)
        self.say(f"job {number}: {script} on {nodes} node(s), limit {limit}")
        return number

    def hold(self, nodes=1, limit="4:00:00"):
        """A job that runs until `release`."""
        return self.submit("hold.sh", nodes, limit)

    def fill_local_nodes(self, limit="4:00:00"):
        held = [self.hold(limit=limit) for _ in files.local_names(self.cluster.options)]
        for number in held:
            self.cluster.wait_job(number, "RUNNING")
        return held

    def release(self, numbers):
        for number in numbers:
            with open(self.cluster.layout.path("work", f"release-{number}"), "w", encoding="utf-8"):
                pass

    def wait_considered(self, number):
        """Until the scheduler has looked at the job and left it waiting."""
        reasons = ("Resources", "Priority")
        wait_for(
            f"the scheduler to have looked at job {number}",
            lambda: self.cluster.jobs()[number]["reason"] in reasons,
        )

    def wait_words(self, number, words, timeout=120):
        """Until the job's AdminComment says so; returns all that it says."""

        def found():
            said = self.admin_comment(number)
            return said if words in said else None

        what = f"job {number} to say '{words}'"
        return wait_for(what, found, timeout, look=lambda: self.admin_comment(number))

    def admin_comment(self, number):
        found = re.search(r"^ *AdminComment=(.*)$", self._show_job(number), re.MULTILINE)
        return found.group(1) if found else ""

    def restarts(self, number):
        return int(re.search(r" Restarts=(\d+) ", self._show_job(number)).group(1))

    def _show_job(self, number):
        return self.cluster.run(["scontrol", "show", "job", str(number)]).stdout

    def nodes_of(self, number):
        """The nodes that the job has, or had."""
        said = self.cluster.jobs()[number]["nodes"]
        return self.cluster.run(["scontrol", "show", "hostnames", said]).stdout.split()

    def output(self, number):
        path = self.cluster.layout.path("work", f"slurm-{number}.out")
        with open(path, encoding="utf-8", errors="replace") as file:
            return sorted(file.read().split())

    # ---- what the broker said and did

    def events(self, kind=None):
        text = self.cluster.spillway("events", "--json")
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
        return [event for event in found if kind in (None, event["kind"])]

    def broker_lives(self):
        return self.cluster.daemons.check("spillwayd")

    def events_of(self, number, kind):
        return [event["text"] for event in self.events(kind) if event["job"] == number]

    # ---- the cloud

    def faults(self, *rules):
        self.cluster.cloud("/sim/faults", list(rules))

    def wait_launches(self, count, timeout=90):
        wait_for(f"{count} create call(s)", lambda: len(self.cluster.launches()) >= count, timeout)

    def offers_under(self, number):
        """What the running job's nodes are rented as, told by Slurm's addresses and the clouds' own
        books: "provider type" for each."""
        by_address = {machine["address"]: machine for machine in self.cluster.machines()}
        under = [by_address.get(self.cluster.node(n)["NodeAddr"]) for n in self.nodes_of(number)]
        return [f"{found['provider']} {found['type']}" if found else "nothing" for found in under]

    def wait_no_machine(self, timeout=150):
        look = self.cluster.machines
        wait_for("all machines to be gone", lambda: not look(), timeout, look=look)

    def check_machines_ever(self, count):
        lines = self.cluster.invoice()["lines"]
        check(len(lines) == count, f"{count} machine(s) should ever have been made; there are {lines}")

    def check_never_rented(self):
        check(not self.cluster.launches(), f"no create call was due: {self.cluster.launches()}")
        self.check_machines_ever(0)

    def check_bill_agrees(self):
        def agrees():
            ours = json.loads(self.cluster.spillway("bill", "--json"))["total_microusd"]
            return ours == self.cluster.invoice()["total_microusd"]

        wait_for("the bill to equal the cloud's invoice", agrees, 60)

    # ---- nodes

    def cloud_states(self):
        names = files.cloud_names(self.cluster.options)
        return {name: self.cluster.node(name)["State"] for name in names}

    def check_cloud_nodes_down(self):
        states = self.cloud_states()
        asleep = all("POWERED_DOWN" in state for state in states.values())
        check(asleep, f"all cloud nodes should be powered down: {states}")


def play(story, options=None):
    """Runs story(scenario) on a fresh cluster. Exits 1, with the ends of all logs, when it fails."""

    def stop(_number, _frame):
        raise SystemExit("ended from outside")

    signal.signal(signal.SIGTERM, stop)
    with PrivateCluster(options) as cluster:
        try:
            cluster.start()
            story(Scenario(cluster))
        except BaseException:
            # Before the traceback, so that ctest's output ends with what went wrong.
            print(cluster.log_tails(), flush=True)
            raise
    print("ok", os.path.basename(sys.argv[0]))
