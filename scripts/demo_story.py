# SPDX-License-Identifier: GPL-2.0-or-later
"""The story that scripts/demo plays. Everything it tells is read from the cluster: jobs and nodes
from Slurm, reasons from the ledger's events, machines and the invoice from the simulated cloud."""

import argparse
import json
import os
import queue
import signal
import sys
import threading

import cluster_files as files
from cluster_clouds import NAMES, clouds
from demo_screen import Screen, dollars, table
from private_cluster import ROOT, CommandFailed, PrivateCluster, TimedOut, wait_for

SIMULATE = """#!/bin/sh
#SBATCH --job-name=simulate --nodes=1 --gres=gpu:h100:8 --time=4:00:00 --output=simulate-%j.out
until test -e finish-local-jobs; do sleep 0.2; done
echo "$SLURMD_NODENAME simulated on GPUs $CUDA_VISIBLE_DEVICES"
"""
TRAIN = """#!/bin/sh
#SBATCH --job-name=train --nodes=2 --gres=gpu:h100:8 --time=2:00:00 --output=train-%j.out
srun --ntasks-per-node=1 sh -c 'echo "$SLURMD_NODENAME trained on GPUs $CUDA_VISIBLE_DEVICES"; sleep 6'
"""
EVALUATE = """#!/bin/sh
#SBATCH --job-name=evaluate --nodes=1 --gres=gpu:h100:8 --time=1:00:00 --output=evaluate-%j.out
echo "$SLURMD_NODENAME evaluated on GPUs $CUDA_VISIBLE_DEVICES"; sleep 4
"""
SCRIPTS = {"simulate.sh": SIMULATE, "train.sh": TRAIN, "evaluate.sh": EVALUATE}

# The ledger's events that a reader of the story cares about; the others are in `spillway events`.
TOLD = {
    "permit": "may burst",
    "choose": "needs machines now",
    "refused": "was refused machines",
    "failed": "has a machine that failed",
    "unhealthy": "has a machine that is no good",
    "lost": "lost a machine",
}


class StoryFailed(Exception):
    """The story did not end as it should."""


class Story:
    """One play on one cluster."""

    def __init__(self, cluster, screen):
        self.cluster = cluster
        self.screen = screen
        self.jobs = {}  # number -> script
        self.events = queue.SimpleQueue()
        threading.Thread(target=self._follow_events, daemon=True).start()

    # ---- telling

    def submit(self, script):
        number = self.cluster.sbatch(script)
        self.jobs[number] = script
        self.screen.typed(f"sbatch {script}")
        return number

    def _follow_events(self):
        for line in self.cluster.follow("events", "--json", "--follow"):
            self.events.put(json.loads(line))

    def tell_events(self):
        while not self.events.empty():
            event = self.events.get()
            headline = TOLD.get(event["kind"])
            if headline is None:
                continue
            whom = f"job {event['job']} " if event["job"] else ""
            self.screen.said(f"{whom}{headline}")
            for reason in event["text"].split("; "):
                self.screen.reason(reason)

    def watch(self, what, probe, timeout=100):
        """Waits for something, telling the ledger's events meanwhile."""

        def look():
            self.tell_events()
            return probe()

        return wait_for(what, look, timeout, every=0.4)

    # ---- chapters

    def play(self):
        self.show_cluster()
        local = [self.submit("simulate.sh") for _ in range(self.cluster.options.local_nodes)]
        for number in local:
            self.cluster.wait_job(number, "RUNNING")
        self.screen.said("both local nodes are taken, for up to 4 hours")
        rented = [self.submit("train.sh"), self.submit("evaluate.sh")]
        # So that the story has a detour: what the cheapest cloud shows as available is gone when
        # it is ordered.
        cheapest = clouds(self.cluster.options)[0]
        self.cluster.cloud("/sim/faults", [cheapest.refuse_order()])
        self.queue_grows(rented)
        self.machines_boot(rented)
        self.jobs_run(local, rented)
        self.machines_leave()
        self.settle_bill()

    def show_cluster(self):
        options = self.cluster.options
        self.screen.heading("A cluster with two nodes of 8 GPUs, and four names that cost nothing")
        names = " and ".join(", ".join(options.providers).rsplit(", ", 1))
        self.screen.said(f"machines can be rented at {names} (simulated)")
        rows = [["NODES", "STATE", "WHAT"]]
        rows.append([f"local-[1-{options.local_nodes}]", "idle", "8 x H100, ours"])
        rows.append([files.cloud_range(options), "powered down", "8 x H100, rented when needed"])
        self.screen.more(table(rows))
        for name, text in SCRIPTS.items():
            with open(self.cluster.layout.path("work", name), "w", encoding="utf-8") as file:
                file.write(text)

    def queue_grows(self, rented):
        self.screen.heading("The queue grows; Slurm expects a local start in 4 hours")
        wait_for("the scheduler to have looked at the jobs", lambda: self._are_considered(rented))
        self.screen.typed("squeue")
        self.screen.more(self.cluster.run(["squeue", "-o", "%.5i %.9P %.9j %.8T %.2D %R"]).stdout)
        self.screen.typed("spillway offers")
        self.screen.more(self.cluster.spillway("offers"))
        self.screen.said(f"the policy lets a job burst after {self.cluster.options.burst_after}")
        for number in rented:
            self.watch(f"job {number} to be given nodes", lambda job=number: self._has_nodes(job))

    def _are_considered(self, numbers):
        jobs = self.cluster.jobs()
        return all(jobs[number]["reason"] != "None" for number in numbers)

    def _has_nodes(self, number):
        return self.cluster.job_state(number) in ("CONFIGURING", "RUNNING", "COMPLETED")

    def machines_boot(self, rented):
        self.screen.heading("Machines boot, join, pass the health gate, and become Slurm nodes")
        wanted = 3

        def progress():
            machines = self.cluster.machines()
            up = sum(1 for name in files.cloud_names(self.cluster.options) if self._is_up(name))
            booted = sum(1 for machine in machines if machine["status"] == "active")
            text = f"machines ordered {len(machines)}/{wanted}, booted {booted}, in Slurm {up}"
            self.screen.live(text, bar=(len(machines) + booted + up, 3 * wanted))
            return up >= wanted

        self.watch("three rented nodes to register", progress)
        self.screen.said("Slurm gives the jobs to their nodes at its next round (up to 30 s)")
        for number in rented:
            self.watch(f"job {number} to run", lambda job=number: self._has_started(job))

    def _is_up(self, name):
        state = self.cluster.node(name)["State"]
        return state and not any(word in state for word in ("POWER", "DOWN", "NOT_RESPONDING"))

    def _has_started(self, number):
        return self.cluster.job_state(number) in ("RUNNING", "COMPLETING", "COMPLETED")

    def jobs_run(self, local, rented):
        self.screen.heading("The jobs run")
        with open(self.cluster.layout.path("work", "finish-local-jobs"), "w", encoding="utf-8"):
            pass
        for number in [*rented, *local]:
            self.watch(f"job {number} to complete", lambda job=number: self._has_completed(job))
            script = self.jobs[number]
            output = self.cluster.layout.path("work", script.replace(".sh", f"-{number}.out"))
            with open(output, encoding="utf-8", errors="replace") as file:
                said = sorted(file.read().splitlines())
            self.screen.said(f"job {number} ({script}) completed")
            self.screen.more("\n".join(said))
            where = "local-" if number in local else "h100-"
            if not said or not all(line.startswith(where) for line in said):
                raise StoryFailed(f"job {number} should have run on {where}*; it said {said}")

    def _has_completed(self, number):
        state = self.cluster.job_state(number)
        if state in ("FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL"):
            raise StoryFailed(f"job {number} ended as {state}")
        return state == "COMPLETED"

    def machines_leave(self):
        idle = self.cluster.options.suspend_time_s
        self.screen.heading(f"The rented nodes fall idle; after {idle} s they are given back")

        def gone():
            left = self.cluster.machines()
            self.screen.live(f"machines left: {len(left)}", bar=(3 - len(left), 3))
            return not left

        self.watch("all machines to be gone", gone)
        self.watch("the ledger to know that they are gone", self._ledger_is_settled)
        self.screen.good("no machine is left")

    def _ledger_is_settled(self):
        return all(line["state"] == "gone" for line in self.bill()["lines"])

    def bill(self):
        return json.loads(self.cluster.spillway("bill", "--json"))

    def settle_bill(self):
        self.screen.heading("The bill")
        self.screen.typed("spillway bill")
        self.screen.more(self.cluster.spillway("bill"))
        ours, theirs = self.bill()["total_microusd"], self.cluster.invoice()["total_microusd"]
        if theirs == 0:
            raise StoryFailed("the simulated cloud billed nothing")
        if ours != theirs:
            raise StoryFailed(f"bill {ours} and invoice {theirs} micro-dollars differ")
        self.screen.good(f"simulated cloud's invoice: {dollars(theirs)} $, equal")


def what_next(screen, cluster):
    screen.heading("What next")
    if cluster.keep:
        stop = os.path.join(ROOT, "scripts", "private_cluster.py")
        screen.more(f"use the cluster:    . {cluster.layout.path('environment')}")
        screen.more("                    then: sinfo; sbatch ...; spillway status")
        screen.more(f"stop the cluster:   {stop} stop {cluster.folder}")
    else:
        screen.more("keep a cluster up:  scripts/demo --keep")
    screen.more("a real provider:    etc/spillway.yaml, then `spillway check` and `doctor`")
    screen.more("how it works:       README.md, ARCHITECTURE.md, docs/")


def interrupted(number, _frame):
    # The clean-up that follows must not be interrupted in turn.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def play(screen, providers, keep):
    options = files.Options(providers=providers, virtual_machines=int(len(providers) == 1))
    with PrivateCluster(options, keep=keep) as cluster:
        screen.said(f"a private cluster starts in {cluster.folder}")
        try:
            cluster.start()
            Story(cluster, screen).play()
        except KeyboardInterrupt:
            screen.said("interrupted; ending everything ...")
            raise
        except (TimedOut, StoryFailed, CommandFailed, RuntimeError, OSError) as failure:
            screen.bad(f"the demo failed: {failure}")
            screen.more(cluster.log_tails())
            raise
        what_next(screen, cluster)
    screen.said(f"done in {screen.seconds():.0f} s")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", add_help=False)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--provider", choices=[*NAMES, "all"], default="all")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    providers = NAMES if arguments.provider == "all" else (arguments.provider,)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    screen = Screen()
    try:
        play(screen, providers, arguments.keep)
    except KeyboardInterrupt as stop:
        screen.bad("everything was ended and removed")
        return 128 + (stop.args[0] if stop.args else signal.SIGINT)
    except (TimedOut, StoryFailed, CommandFailed, RuntimeError, OSError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
