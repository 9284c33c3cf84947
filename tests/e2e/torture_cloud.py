# SPDX-License-Identifier: GPL-2.0-or-later
"""The cloud is killed while its machines boot, and again while the job runs, and has forgotten them
when it is back: the broker concludes nothing while it does not answer; then the nodes go down, the
job runs again on new machines, and what was lost is closed in the ledger."""

import dataclasses
import json

from scenario import check, play, wait_for
from torture import OPTIONS, Point, Torture


def troubles(cluster):
    """How often the broker has said that the cloud does not answer: once each time it begins."""
    with open(cluster.layout.path("log", "spillwayd.out"), encoding="utf-8") as log:
        return [line for line in log if "broker: lambda: " in line]


def story(scenario):
    cluster = scenario.cluster
    torture = Torture(scenario)
    watch = torture.watch
    both = (
        Point("booting", lambda: watch.in_state("booting")),
        Point("running", lambda: cluster.job_state(torture.gang) == "RUNNING"),
    )

    def kill():
        cluster.kill_simcloud()
        kept = watch.machines()
        questions = len(troubles(cluster))
        wait_for(
            "the broker to have asked in vain",
            lambda: len(troubles(cluster)) > questions,
        )
        check(watch.machines() == kept, "machines were given up while their cloud did not answer")

    torture.kill_at(both, kill, cluster.revive_simcloud)
    wait_for("the job to be requeued", lambda: scenario.restarts(torture.gang) > 0, 120)
    cluster.wait_job(torture.gang, "RUNNING", timeout=240)
    torture.end_jobs()
    scenario.wait_no_machine()
    wait_for("the ledger to have closed all machines", lambda: not watch.machines(), 60)
    paid = json.loads(cluster.spillway("bill", "--json"))["total_microusd"]
    invoice = cluster.invoice()["total_microusd"]
    check(paid >= invoice > 0, f"the ledger says {paid}, the cloud's memory {invoice}")
    scenario.broker_lives()


# A machine that Slurm still hears is not believed gone for minutes, so Slurm is to notice it soon.
play(story, dataclasses.replace(OPTIONS, more_slurm_conf="SlurmdTimeout=30"))
