#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin inside the real slurmctld of the installed Slurm: what it hides, what it opens, and
what it says when the decisions file is missing or torn. The test writes that file in the broker's
place, and ResumeProgram is a script that notes its argument: no cloud, no machine.

    real_slurmctld_test.py BUILD
"""

import os
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))

# pylint: disable=wrong-import-position
import cluster_files as files  # noqa: E402
from cluster_processes import wait_for  # noqa: E402
from private_cluster import PrivateCluster  # noqa: E402

BUILD = sys.argv.pop() if len(sys.argv) > 1 else os.path.join(ROOT, "build")
CLOUD = "h100-[001-004]"
ANY_JOB = ["--gres=gpu:1", "--wrap", "sleep 600"]

# Both schedulers pass every second, so that waiting for passes does not take minutes.
OFTEN = "SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=0\n"


class PluginCluster(PrivateCluster):
    """munged, slurmctld and one local node; a file instead of a broker."""

    def __init__(self):
        options = files.Options(
            local_nodes=1,
            cloud_nodes=4,
            suspend_time_s=3600,
            suspend_timeout_s=1,
            more_slurm_conf=OFTEN,
        )
        super().__init__(options, build=BUILD)
        self.resumed = self.layout.path("work", "resumed")
        self.filler = 0

    def write_files(self):
        super().write_files()
        note = f"#!/bin/sh\necho \"$1\" >> {self.resumed}\n"
        self._write("power/spillway-resume", note, 0o755)
        for name in ("spillway-suspend", "spillway-resume-fail"):
            self._write(f"power/{name}", "#!/bin/sh\nexit 0\n", 0o755)

    def start(self):
        self.write_files()
        self.start_munged()
        self.start_slurmctld()
        self.start_slurmd("local-1")
        wait_for(
            "the local node to be idle",
            lambda: self.node("local-1")["State"].startswith("IDLE"),
            timeout=90,
        )

    def write_decisions(self, jobs, sets=None, written=None):
        """`jobs`: job -> names of sets; as the broker writes it, by renaming."""
        lines = ["spillway-decisions 1", f"written {written or int(time.time())} valid-for 3600"]
        lines += [f"cloud {CLOUD}"]
        lines += [f"set {name} {nodes}" for name, nodes in (sets or {}).items()]
        lines += [f"job {job} {' '.join(names)}" for job, names in jobs.items()]
        self.replace_decisions("\n".join([*lines, f"end {len(jobs)}"]) + "\n")

    def replace_decisions(self, text):
        self._write("decisions.new", text)
        os.rename(self.layout.path("decisions.new"), self.layout.path("decisions"))

    def remove_decisions(self):
        os.unlink(self.layout.path("decisions"))

    def log_count(self, words):
        with open(self.layout.path("log", "slurmctld.log"), encoding="utf-8") as log:
            return sum(words in line for line in log)

    def wait_log(self, words, count=1):
        wait_for(f"{words!r} in slurmctld's log", lambda: self.log_count(words) >= count)

    def cycles(self):
        """How many passes the main and the backfill scheduler have finished."""
        lines = [line.partition(":") for line in self.run(["sdiag"]).stdout.splitlines()]
        return [int(value) for key, _, value in lines if key.strip() == "Total cycles"]

    def wait_passes(self, count=2):
        """Waits until both schedulers have gone over the queue `count` times more. They rest while
        nothing changes, so the filler's comment is changed all the time."""
        before = self.cycles()

        def have_passed():
            comment = f"comment={time.monotonic()}"
            self.run(["scontrol", "update", f"jobid={self.filler}", comment])
            return all(now >= then + count for now, then in zip(self.cycles(), before))

        wait_for(f"{count} passes of both schedulers", have_passed, timeout=120)

    def resume_calls(self):
        try:
            with open(self.resumed, encoding="utf-8") as notes:
                return notes.read().split()
        except FileNotFoundError:
            return []

    def submit(self, *words):
        return self.sbatch("--output=/dev/null", *words, *ANY_JOB)

    def fill(self):
        """Keeps the local node busy, so that only cloud nodes are free."""
        self.filler = self.submit("--exclusive", "-w", "local-1")
        self.wait_job(self.filler, "RUNNING")

    def wait_nodes(self, job, nodes):
        """Waits until Slurm has given the job these nodes and called ResumeProgram for them."""
        wait_for(f"job {job} on {nodes}", lambda: self.jobs()[job]["nodes"] == nodes, timeout=90)
        wait_for(f"ResumeProgram for {nodes}", lambda: nodes in self.resume_calls(), timeout=90)

    def clear(self):
        """Every job gone, every cloud node powered down: the next story starts afresh."""
        self.run(["scancel", "--user", self.layout.user])
        wait_for("no job to be left", lambda: not self.run(["squeue", "-h"]).stdout)
        busy = [n for n in files.cloud_names(self.options) if not self.is_powered_down(n)]
        for name in busy:
            self.send_back(name)
        for name in busy:
            wait_for(f"{name} to be powered down", lambda n=name: self.is_powered_down(n))
            wait_for(f"{name} to be up again", lambda n=name: self.is_free(n))

    def send_back(self, name):
        """As the broker does it; Slurm requeues the job that had the node."""
        self.run(["scontrol", "update", f"nodename={name}", "state=down", "reason=test"])
        self.run(["scontrol", "update", f"nodename={name}", "state=power_down"])

    def is_powered_down(self, name):
        return "POWERED_DOWN" in self.node(name)["State"]

    def is_free(self, name):
        if "DOWN+" in self.node(name)["State"] or self.node(name)["State"] == "DOWN":
            self.run(["scontrol", "update", f"nodename={name}", "state=resume"], check=False)
        return self.node(name)["State"].startswith("IDLE")


class TheStart(unittest.TestCase):
    """Without any decisions file."""

    def test_a_file_missing_at_the_start_is_an_error_and_hides_nothing(self):
        with PluginCluster() as cluster:
            cluster.start()
            cluster.fill()
            job = cluster.submit()
            wait_for("the job on a cloud node", lambda: "h100-" in cluster.jobs()[job]["nodes"])
            too_large = cluster.submit("-N5", "--exclusive")
            cluster.wait_passes()
            self.assertEqual(cluster.log_count("open to every job"), 1)
            self.assertEqual(cluster.log_count("error: select/spillway: decisions"), 1)

            # The first good file ends it.
            cluster.run(["scancel", str(too_large)])
            cluster.write_decisions({})
            other = cluster.submit()
            cluster.wait_passes()
            self.assertEqual(cluster.jobs()[other]["state"], "PENDING")


class InService(unittest.TestCase):
    """One cluster for all stories."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = PluginCluster()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        cls.cluster.write_files()
        cls.cluster.write_decisions({})
        cls.cluster.start()

    def setUp(self):
        self.cluster.write_decisions({})
        self.cluster.fill()
        self.calls_before = len(self.cluster.resume_calls())

    def tearDown(self):
        self.cluster.clear()

    def assert_waits(self, job):
        self.cluster.wait_passes()
        self.assertEqual(self.cluster.jobs()[job]["state"], "PENDING")
        self.assertIn(self.cluster.jobs()[job]["reason"], ("Resources", "Priority"))
        self.assertEqual(len(self.cluster.resume_calls()), self.calls_before)

    def test_a_job_without_permission_waits_beside_free_cloud_nodes(self):
        job = self.cluster.submit()
        self.assert_waits(job)
        self.assertEqual(self.cluster.jobs()[job]["reason"], "Resources")

    def test_a_job_that_only_cloud_nodes_can_run_is_accepted_and_waits(self):
        self.assert_waits(self.cluster.submit("-N2"))

    def test_a_permitted_job_gets_a_node_of_its_set(self):
        job = self.cluster.submit()
        bystander = self.cluster.submit()
        self.assert_waits(job)
        self.cluster.write_decisions({job: ["a"]}, {"a": "h100-003"})
        self.cluster.wait_nodes(job, "h100-003")
        self.assertEqual(self.cluster.jobs()[job]["state"], "CONFIGURING")
        self.cluster.wait_passes()
        self.assertEqual(self.cluster.jobs()[bystander]["state"], "PENDING")
        self.assertEqual(self.cluster.jobs()[bystander]["nodes"], "")

    def test_a_gang_goes_to_its_second_set_when_the_first_is_too_small(self):
        job = self.cluster.submit("-N2")
        self.cluster.write_decisions({job: ["a", "b"]}, {"a": "h100-001", "b": "h100-[003-004]"})
        self.cluster.wait_nodes(job, "h100-[003-004]")

    def test_a_gang_is_never_spread_over_two_sets(self):
        job = self.cluster.submit("-N2")
        self.cluster.write_decisions({job: ["a", "b"]}, {"a": "h100-001", "b": "h100-002"})
        self.assert_waits(job)

    def test_a_permitted_job_takes_a_free_local_node_first(self):
        job = self.cluster.submit("--hold")
        self.cluster.write_decisions({job: ["a"]}, {"a": "h100-001"})
        self.cluster.run(["scancel", str(self.cluster.filler)])
        self.cluster.run(["scontrol", "release", str(job)])
        self.cluster.wait_job(job, "RUNNING")
        self.assertEqual(self.cluster.jobs()[job]["nodes"], "local-1")
        self.assertEqual(len(self.cluster.resume_calls()), self.calls_before)

    def test_a_job_whose_cloud_node_never_came_runs_on_a_local_node(self):
        job = self.cluster.sbatch("--output=/dev/null", "--gres=gpu:1", "--wrap", "true")
        self.cluster.write_decisions({job: ["a"]}, {"a": "h100-001"})
        self.cluster.wait_nodes(job, "h100-001")
        self.cluster.write_decisions({})
        self.cluster.send_back("h100-001")
        self.cluster.wait_job(job, "PENDING")
        self.cluster.run(["scancel", str(self.cluster.filler)])
        self.cluster.wait_job(job, "COMPLETED")
        self.assertEqual(self.cluster.jobs()[job]["nodes"], "local-1")

    def test_a_torn_file_leaves_the_last_good_one_in_force(self):
        said = self.cluster.log_count("stays in force")
        job = self.cluster.submit("--hold")
        self.cluster.write_decisions({job: ["a"]}, {"a": "h100-002"})
        probe = self.cluster.submit()
        self.assert_waits(probe)
        self.cluster.replace_decisions("spillway-decisions 1\nwritten ")
        self.cluster.wait_passes()
        self.cluster.run(["scontrol", "release", str(job)])
        self.cluster.wait_nodes(job, "h100-002")
        self.assertEqual(self.cluster.log_count("stays in force"), said + 1)
        self.assertEqual(self.cluster.jobs()[probe]["state"], "PENDING")

    def test_a_file_past_its_validity_permits_nothing_and_local_jobs_start(self):
        job = self.cluster.submit("--priority=1", "-N2")
        old = int(time.time()) - 7200
        said = self.cluster.log_count("does spillwayd run?")
        self.cluster.write_decisions({job: ["a"]}, {"a": "h100-[001-002]"}, written=old)
        self.assert_waits(job)
        self.assertEqual(self.cluster.log_count("does spillwayd run?"), said + 1)
        self.cluster.run(["scancel", str(self.cluster.filler)])
        local = self.cluster.submit("--time=1", "-w", "local-1")
        self.cluster.wait_job(local, "RUNNING")

    def test_a_reconfigured_slurmctld_keeps_hiding(self):
        self.cluster.run(["scontrol", "reconfigure"])
        self.assert_waits(self.cluster.submit())


if __name__ == "__main__":
    unittest.main(verbosity=2)
