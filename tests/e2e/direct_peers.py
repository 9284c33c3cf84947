# SPDX-License-Identifier: GPL-2.0-or-later
"""The two machines of a gang meet in their provider's network: what they say to each other goes
there, through a tunnel of their own, and not by the head. To Slurm nothing is different. Both run the
slurmd of the archive that the broker serves."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

import cluster_files as files
from cluster_network import NotPossible, in_a_vpn
from scenario import Scenario, check, play

# Sends 8 MB from the job's first node to its second one, by the addresses that Slurm has.
CHATTER = """#!/bin/sh
srun --ntasks-per-node=1 sh -c 'echo "$SLURMD_NODENAME"'
until test -e "release-$SLURM_JOB_ID"; do sleep 0.2; done
"""
SEND = """
import socket, sys
with socket.create_connection((sys.argv[1], 5999), 10) as call:
    call.sendall(b"x" * 8_000_000)
"""
TAKE = """
import socket
door = socket.create_server(("0.0.0.0", 5999))
guest, _ = door.accept()
size = 0
while part := guest.recv(65536):
    size += len(part)
print(size)
"""


def make_archive(folder):
    """Slurm as an admin may have built it: a slurmd that comes first in the path."""
    path = os.path.join(folder, "slurm.tar.gz")
    slurmd = shutil.which("slurmd", path="/usr/sbin:/sbin")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(os.path.realpath(slurmd), "usr/local/sbin/slurmd")
    os.chmod(path, 0o644)
    return path


def check_runs_archive(cluster, machine):
    said = subprocess.run(
        [*enter(cluster, machine), "sh", "-c", "readlink /proc/[0-9]*/exe"],
        capture_output=True, text=True, check=False,
    ).stdout
    check("/usr/local/sbin/slurmd" in said.split(), f"the archive's slurmd should run: {said}")


def sent_by_head():
    """Bytes that the head has sent into the VPN."""
    said = subprocess.run(["wg", "show", "spillway0", "transfer"], capture_output=True, text=True)
    return sum(int(line.split()[2]) for line in said.stdout.splitlines())


def enter(cluster, machine):
    with open(cluster.layout.path("cloud", "machines", machine["id"], "init")) as file:
        return ["nsenter", "--target", file.read().strip(), "--all", "--root", "--wd"]


def story(scenario: Scenario):
    cluster = scenario.cluster
    with open(cluster.layout.path("work", "chatter.sh"), "w", encoding="utf-8") as file:
        file.write(CHATTER)
    held = scenario.fill_local_nodes()
    gang = scenario.submit("chatter.sh", nodes=2)
    cluster.wait_job(gang, "RUNNING", 240)
    first, second = cluster.machines()
    for machine in (first, second):
        check_runs_archive(cluster, machine)
        said = subprocess.run(
            [*enter(cluster, machine), "wg", "show", "spillway0", "allowed-ips"],
            capture_output=True, text=True, check=True,
        ).stdout
        check(len(said.splitlines()) == 2, f"the head and its neighbour: {said}")
        check("10.90.0.0/16" in said and "/32" in said, f"each with its networks: {said}")

    addresses = {cluster.node(name)["NodeAddr"] for name in scenario.nodes_of(gang)}
    own = subprocess.run(
        [*enter(cluster, second), "ip", "-o", "-4", "address", "show", "dev", "spillway0"],
        capture_output=True, text=True, check=True,
    ).stdout.split()[3].split("/")[0]
    check(own in addresses, f"{own} should be one of {addresses}")
    before = sent_by_head()
    taker = subprocess.Popen(
        [*enter(cluster, second), "python3", "-c", TAKE], stdout=subprocess.PIPE, text=True
    )
    subprocess.run(
        [*enter(cluster, first), "sh", "-c",
         f"until python3 -c '{SEND}' {own} 2>/dev/null; do sleep 0.1; done"],
        check=True, timeout=60,
    )
    taken = int(taker.communicate(timeout=60)[0])
    check(taken == 8_000_000, f"{taken} bytes arrived")
    passed = sent_by_head() - before
    check(passed < 1_000_000, f"{passed} bytes of them went by the head")
    scenario.say(f"8 MB between {sorted(addresses)}, {passed} bytes by the head meanwhile")

    scenario.release([gang, *held])
    cluster.wait_job(gang, "COMPLETED")
    check(scenario.output(gang) == sorted(scenario.nodes_of(gang)), "srun reaches both")
    scenario.wait_no_machine()
    scenario.broker_lives()


with tempfile.TemporaryDirectory(prefix="spillway-archive-") as own_folder:
    try:
        play(
            story,
            files.Options(
                **in_a_vpn(),
                local_nodes=1,
                cloud_nodes=2,
                burst_after="2s",
                archive=make_archive(own_folder),
            ),
        )
    except NotPossible as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
