# SPDX-License-Identifier: GPL-2.0-or-later
"""A job that can run locally before a rented machine would be ready never causes a create call,
however long it has waited."""

import time

import cluster_files as files
from scenario import Scenario, check, play, wait_for

# Longer than Slurm needs for its estimate, and the broker to see it.
BURST_AFTER_S = 25


def story(scenario: Scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes(limit="0:05:00")
    waiting = scenario.submit("short.sh")
    submitted = time.monotonic()

    def estimate():
        said = cluster.run(["squeue", "-h", "-j", str(waiting), "-o", "%S"]).stdout.strip()
        return said.isdigit()

    wait_for("Slurm's estimate of the job's start", estimate)
    # Past the limit by so much that a broker that looked at it alone would have acted.
    wait_for(
        "the job to have waited well past the policy's limit",
        lambda: time.monotonic() - submitted > BURST_AFTER_S + 15,
    )
    scenario.check_never_rented()
    scenario.check_cloud_nodes_down()
    scenario.release(held)
    cluster.wait_job(waiting, "COMPLETED")
    check(
        scenario.output(waiting)[0].startswith("local-"),
        f"the job should have run locally, it ran on {scenario.output(waiting)}",
    )
    check(not scenario.events("permit"), f"no permission was due: {scenario.events('permit')}")
    scenario.check_never_rented()
    scenario.broker_lives()


play(story, files.Options(burst_after=f"{BURST_AFTER_S}s"))
