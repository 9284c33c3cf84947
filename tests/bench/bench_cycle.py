#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin costs inside the real slurmctld: the mean time of a cycle of the main and of the
backfill scheduler, as sdiag tells them, with the stock select plugin and with ours over it. One
local node is busy, the cloud nodes are powered down, 2,000 jobs wait. Each asks for more GPUs than
a cloud node has, so that the stock plugin looks at all of them and starts nothing; with ours a
quarter of the jobs may use cloud nodes, and the others are not shown any. Prints numbers, judges
nothing; the budget is beside them.

    bench_cycle.py BUILD [CLOUD_NODES ...]
"""

import os
import re
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))

# pylint: disable=wrong-import-position
import cluster_files as files  # noqa: E402
from cluster_processes import wait_for  # noqa: E402
from private_cluster import PrivateCluster  # noqa: E402

JOBS = 2_000
PERMITTED = JOBS // 4
NODES_A_JOB = 4
CYCLES = 12
SCHEDULER = (
    "SchedulerParameters=bf_interval=3,sched_interval=3,sched_min_interval=1000000,"
    f"batch_sched_delay=0,bf_max_job_test={JOBS},default_queue_depth={JOBS},bf_continue\n"
)


class CycleCluster(PrivateCluster):
    """munged, slurmctld, one busy local node, many cloud nodes that stay powered down."""

    def __init__(self, build, cloud_nodes, with_plugin):
        self.cloud_nodes = cloud_nodes
        self.with_plugin = with_plugin
        self.cloud = f"cloud-[00001-{cloud_nodes:05d}]"
        options = files.Options(local_nodes=1, cloud_nodes=1, more_slurm_conf=SCHEDULER)
        super().__init__(options, build=build)

    def write_files(self):
        super().write_files()
        with open(self.layout.path("slurm.conf"), encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"^NodeName=h100-.*\n", "", text, flags=re.M)
        line = f"NodeName={self.cloud} CPUs=1 RealMemory=256 Gres=gpu:h100:4 State=CLOUD Weight=10\n"
        text = text.replace("PartitionName=gpu", line + "PartitionName=gpu", 1)
        text = re.sub(r"(Nodes=local-\[1-1\]),\S+", rf"\1,{self.cloud}", text)
        if not self.with_plugin:
            text = re.sub(r"^PluginDir=.*\n", "", text, flags=re.M)
            text = re.sub(r"^SelectType=.*$", "SelectType=select/cons_tres", text, flags=re.M)
        self._write("slurm.conf", text)

    def start(self):
        self.write_files()
        self.start_munged()
        self.start_slurmctld()
        self.start_slurmd("local-1")
        wait_for(
            "the local node to be idle",
            lambda: self.node("local-1")["State"].startswith("IDLE"),
            timeout=120,
        )

    def fill(self):
        """One job has the local node; the others wait behind it."""
        asked = ["--output=/dev/null", "--gres=gpu:h100:8", "--time=10:00:00"]
        holder = self.sbatch(*asked, "--wrap", "sleep 100000")
        self.wait_job(holder, "RUNNING")
        return [self.sbatch(*asked, "--wrap", "true") for _ in range(JOBS)]

    def write_decisions(self, jobs):
        """As the broker writes them, for the first of the jobs."""
        permitted = jobs[:PERMITTED] if self.with_plugin else []
        lines = ["spillway-decisions 1", f"written {int(time.time())} valid-for 36000"]
        lines += [f"cloud {self.cloud}"]
        for place, job in enumerate(permitted):
            first = place * NODES_A_JOB % self.cloud_nodes + 1
            lines += [f"set pool.{job} cloud-[{first:05d}-{first + NODES_A_JOB - 1:05d}]"]
        lines += [f"job {job} pool.{job}" for job in permitted]
        self._write("decisions.new", "\n".join([*lines, f"end {len(permitted)}"]) + "\n")
        os.rename(self.layout.path("decisions.new"), self.layout.path("decisions"))

    def told(self, key):
        """What sdiag says of the main and of the backfill scheduler."""
        lines = [line.partition(":") for line in self.run(["sdiag"]).stdout.splitlines()]
        return [int(value) for name, _, value in lines if name.strip() == key]

    def mean_cycles(self, jobs):
        """Mean microseconds of CYCLES cycles of each; they pass only while something changes."""
        self.run(["sdiag", "--reset"])

        def have_passed():
            self.run(["scontrol", "update", f"jobid={jobs[-1]}", f"comment={time.monotonic()}"])
            return min(self.told("Total cycles"), default=0) >= CYCLES

        wait_for(f"{CYCLES} cycles of both schedulers", have_passed, timeout=900)
        return self.told("Mean cycle")


def measure(build, cloud_nodes, with_plugin):
    with CycleCluster(build, cloud_nodes, with_plugin) as cluster:
        try:
            cluster.write_files()
            cluster.write_decisions([])
            cluster.start()
            jobs = cluster.fill()
            cluster.write_decisions(jobs)
            return cluster.mean_cycles(jobs)
        except BaseException:
            print(cluster.log_tails(), flush=True)
            raise


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ["SPILLWAY_BUILD_DIR"])
    sizes = [int(word) for word in sys.argv[2:]] or [1_000, 10_000]
    print(f"{JOBS} pending jobs, {PERMITTED} permitted; mean cycle in microseconds")
    for cloud_nodes in sizes:
        stock = measure(build, cloud_nodes, with_plugin=False)
        ours = measure(build, cloud_nodes, with_plugin=True)
        for name, before, after in zip(("main", "backfill"), stock, ours):
            ratio = after / max(before, 1)
            print(
                f"{cloud_nodes:6} cloud nodes, {name:8}: stock {before:9}, with the plugin "
                f"{after:9}, ratio {ratio:.3f}   budget 1.05",
                flush=True,
            )


main()
