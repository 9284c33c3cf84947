# SPDX-License-Identifier: GPL-2.0-or-later
"""slurmctld is restarted while machines boot: it asks for the same nodes again, and exactly the
machines asked for exist, once. srun reaches the nodes by addresses that came after the restart."""

import cluster_files as files
from scenario import Scenario, check, play, wait_for


def story(scenario: Scenario):
    cluster = scenario.cluster
    held = scenario.fill_local_nodes()
    gang = scenario.submit("short.sh", nodes=2)
    wait_for("two machines to boot", lambda: len(cluster.machines()) == 2, 90)
    states = [machine["status"] for machine in cluster.machines()]
    check("booting" in states, f"a machine should still boot when slurmctld restarts: {states}")
    cluster.restart_slurmctld()
    cluster.wait_job(gang, "COMPLETED", timeout=200)
    nodes = scenario.output(gang)
    check(
        len(nodes) == 2 and all(node.startswith("h100-") for node in nodes),
        f"the gang should have had two rented nodes, it had {nodes}",
    )
    scenario.release(held)
    for number in held:
        cluster.wait_job(number, "COMPLETED")
    scenario.wait_no_machine()
    check(len(cluster.launches()) == 2, f"two create calls were due: {cluster.launches()}")
    scenario.check_machines_ever(2)
    scenario.check_bill_agrees()
    scenario.broker_lives()


play(story, files.Options(boot_seconds=(15, 20)))
