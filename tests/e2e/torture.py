# SPDX-License-Identifier: GPL-2.0-or-later
"""What the torture tests share: a process is killed at a named point of an order or a release, is
started again, and at the end every job has run and every machine is gone, each made once."""

import dataclasses
import json
from typing import Callable

import cluster_files as files
from ledger_watch import LedgerWatch
from scenario import Scenario, check, wait_for

ORDER = {"method": "POST", "path": "/lambda/api/v1/instance-operations/launch"}
END = {"method": "POST", "path": "/lambda/api/v1/instance-operations/terminate"}

OPTIONS = files.Options(
    boot_seconds=(3, 6),
    terminate_seconds=(25, 30),
    cooldown_first="5s",
    boot_deadline="4m",
    resume_timeout_s=500,
)


def unheard(match, effect):
    """The next such call is not answered; it has had its effect, or has none."""
    return {"match": match, "do": "timeout_after" if effect else "timeout_before", "times": 1}


@dataclasses.dataclass(frozen=True)
class Point:
    name: str
    reached: Callable[[], object]
    lasts: bool = False  # until somebody moves on: then it must still hold after the kill
    faults: tuple = ()  # that make it last


class Torture:
    """One life of a gang of two, and somebody who kills."""

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.cluster = scenario.cluster
        self.watch = LedgerWatch(scenario.cluster)
        self.held = scenario.fill_local_nodes()
        self.gang = scenario.submit("hold.sh", nodes=2)

    def cloud_has(self, status):
        return [machine for machine in self.cluster.machines() if machine["status"] == status]

    def kill_at(self, points, kill, revive):
        """At each point in turn: kill(), then revive()."""
        for number, point in enumerate(points):
            wait_for(point.name, point.reached, 150, every=0.005)
            kill()
            holds = bool(point.reached())
            check(holds or not point.lasts, f"the moment passed before the kill: {point.name}")
            self.scenario.say(f"killed: {point.name}{'' if holds else ' (just over)'}")
            if number + 1 < len(points) and points[number + 1].faults:
                self.scenario.faults(*points[number + 1].faults)
            revive()

    def order_points(self):
        watch, cluster = self.watch, self.cluster
        return (
            Point("permitted", watch.permissions),
            Point(
                "order sent, not carried out",
                lambda: watch.unanswered() and cluster.launches() and not cluster.machines(),
                lasts=True,
                faults=(unheard(ORDER, effect=False),),
            ),
            Point(
                "order carried out, not answered",
                lambda: watch.unanswered() and cluster.machines(),
                lasts=True,
                faults=(unheard(ORDER, effect=True),),
            ),
            Point("booting", lambda: watch.in_state("booting")),
            Point("joined", lambda: watch.in_state("joined")),
            Point("running", lambda: cluster.job_state(self.gang) == "RUNNING"),
        )

    def release_points(self):
        watch = self.watch
        return (
            Point(
                "release sent, not carried out",
                lambda: watch.asked_to_end() and not self.cloud_has("terminating"),
                lasts=True,
                faults=(unheard(END, effect=False),),
            ),
            Point(
                "release carried out, not answered",
                lambda: watch.asked_to_end() and len(self.cloud_has("active")) < 2,
                lasts=True,
                faults=(unheard(END, effect=True),),
            ),
            Point("ending", watch.accepted_to_end),
        )

    def end_jobs(self):
        self.scenario.release([self.gang, *self.held])
        for number in (self.gang, *self.held):
            self.cluster.wait_job(number, "COMPLETED", timeout=200)

    def check_bill(self):
        """The cloud's invoice, and at most a minute more for each machine whose release was carried
        out without an answer: it is paid until the list shows it ending."""
        a_minute = self.cluster.options.price_cents_per_hour * 10_000 / 60

        def agrees():
            ours = json.loads(self.cluster.spillway("bill", "--json"))["total_microusd"]
            invoice = self.cluster.invoice()
            more = ours - invoice["total_microusd"]
            return 0 <= more <= len(invoice["lines"]) * a_minute

        wait_for("the bill to agree with the cloud's invoice", agrees, 60)

    def check_all_is_over(self, machines_ever=None):
        scenario = self.scenario
        scenario.wait_no_machine()
        if machines_ever is not None:
            scenario.check_machines_ever(machines_ever)
        self.check_bill()
        wait_for("the ledger to have closed all machines", lambda: not self.watch.machines(), 60)
        wait_for(
            "all cloud nodes to be powered down and of use again",
            # With NOT_RESPONDING, too, where slurmctld gave it up: the next job gets it all the same.
            lambda: all(
                state.startswith("IDLE+CLOUD+POWERED_DOWN")
                for state in scenario.cloud_states().values()
            ),
            120,
            look=scenario.cloud_states,
        )
        scenario.broker_lives()
