#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines in namespaces: their networks, what they see of the host, their hardware, their end.

Usage: namespace_machines_test.py PATH-OF-SPILLWAY-SIMCLOUD

Plays in a network namespace of its own, "the internet", in which it has the address HEAD. Needs
root; exits 77 where machines in namespaces are not possible.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from cluster_network import HEAD_ADDRESS as HEAD
from cluster_network import NotPossible, leave_host
from simcloud_test import KEY, LOCATION, PROGRAM, Simcloud, wait_for

PORT = 4711  # where everybody greets

SCENARIO = {
    "api_keys": {"lambda": KEY, "voltage-park": KEY},
    "lambda": {
        "regions": ["us-east-1"],
        "types": {"gpu_8x_h100_sxm5": {"price_cents_per_hour": 3192, "gpus": 8,
                                       "capacity": {"us-east-1": 4}}},
        "boot_seconds": [0.2, 0.2], "list_delay_seconds": 0, "terminate_seconds": [0.2, 0.2],
        "rate_scale": 0,
    },
    "voltage-park": {
        "regions": [LOCATION],
        "types": {"infiniband": {"price_cents_per_hour": 1992, "storage_gib": 5000,
                                 "capacity": {LOCATION: 4}}},
        "boot_seconds": [0.2, 0.2], "terminate_seconds": [0.2, 0.2],
    },
    "machines": {"backend": "namespace"},
}

# Tells whoever calls which address it was seen with.
GREETER = f"""
import socket
door = socket.create_server(("0.0.0.0", {PORT}))
open("/greets", "w").close()
while True:
    guest, address = door.accept()
    guest.sendall(address[0].encode())
    guest.close()
"""

USER_DATA = f"""#!/bin/sh
env > /environment
pwd > /folder
cat > /greeter.py <<'END'
{GREETER}
END
(setsid python3 /greeter.py &)
"""

CALL = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 2) as call:
    print(call.recv(100).decode())
"""


def greet_as_head():
    door = socket.create_server((HEAD, PORT))

    def greet():
        while True:
            guest, address = door.accept()
            guest.sendall(address[0].encode())
            guest.close()

    threading.Thread(target=greet, daemon=True).start()


def namespaces_of(pid):
    return {os.stat(f"/proc/{pid}/ns/{kind}").st_ino for kind in ("net", "mnt", "uts", "pid", "ipc")}


def namespaces_in_use():
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            found |= namespaces_of(pid)
        except OSError:
            continue  # it has ended
    return found


def links():
    shown = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    return {line.split()[1].rstrip(":").split("@")[0] for line in shown.splitlines()}


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return file.read()


class Machine:
    """One that runs."""

    def __init__(self, sim, entry):
        self.id = entry["id"]
        self.name = entry["name"]
        self.public = entry["address"]
        self.private = entry["private_address"]
        self.init = sim.read(self.id, "init").strip()

    def run(self, *words, check=True):
        done = subprocess.run(["nsenter", "--target", self.init, "--all", "--root", "--wd", *words],
                              capture_output=True, text=True, check=False,
                              env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr}")
        return done.stdout

    def sh(self, text, check=True):
        return self.run("sh", "-c", text, check=check)

    def seen_by(self, address):
        """How `address` sees it; empty: it is not reached."""
        return self.run("python3", "-c", CALL, address, str(PORT), check=False).strip()


class NamespaceTest(unittest.TestCase):
    def start(self, **machines):
        sim = Simcloud({**SCENARIO, "machines": {**SCENARIO["machines"], **machines}})
        self.addCleanup(sim.stop)
        return sim

    def lambda_machine(self, sim):
        return self.await_machines(sim, {sim.launch(USER_DATA)})[0]

    def park_machines(self, sim, count):
        status, answer, _ = sim.call("POST", "/voltage-park/api/v1/bare-metal/", {
            "location_id": LOCATION, "gpu_count": 8 * count, "name": "pool",
            "network_type": "infiniband",
            "cloudinit_script": {
                "write_files": [{"path": "/opt/test/user-data.sh", "content": USER_DATA,
                                 "permissions": "0700"}],
                "runcmd": ["/opt/test/user-data.sh"]}})
        self.assertEqual(status, 201, answer)
        entries = sim.call("GET", "/sim/machines")[1]["machines"]
        self.rental = "/voltage-park/api/v1/bare-metal/" + answer["rental_id"]
        return self.await_machines(sim, {entry["id"] for entry in entries
                                         if entry["provider"] == "voltage-park"})

    def await_machines(self, sim, ids):
        """They have booted, and greet."""
        entries = [entry for entry in sim.call("GET", "/sim/machines")[1]["machines"]
                   if entry["id"] in ids]
        machines = []
        for entry in entries:
            wait_for("the machine's first process",
                     lambda e=entry: os.path.exists(sim.path(e["id"], "init")))
            machine = Machine(sim, entry)
            wait_for("user-data has run, log: " + sim.read(machine.id, "log"),
                     lambda m=machine: os.path.exists(f"/proc/{m.init}/root/greets"))
            machines.append(machine)
        return machines

    def fault(self, sim, **rule):
        rule = {"match": {"machine": "next"}, "do": "hardware", **rule}
        status, answer, _ = sim.call("POST", "/sim/faults", [rule])
        self.assertEqual(status, 200, answer)


class NetworkTest(NamespaceTest):
    def test_providers_have_the_same_private_addresses_and_public_ones_apart(self):
        sim = self.start()
        far = self.lambda_machine(sim)
        near, next_to_it = self.park_machines(sim, 2)

        self.assertEqual((far.private, near.private, next_to_it.private),
                         ("10.0.2.100", "10.0.2.100", "10.0.2.101"))
        self.assertEqual((far.public, near.public, next_to_it.public),
                         ("100.77.0.100", "100.78.0.100", "100.78.0.101"))
        instance = sim.instance(far.id)
        self.assertEqual((instance["ip"], instance["private_ip"]), (far.public, far.private))
        nodes = sim.call("GET", self.rental)[1]["node_networking"]
        self.assertEqual([(node["public_ip"], node["private_ip"]) for node in nodes],
                         [(near.public, near.private), (next_to_it.public, next_to_it.private)])

        for machine in (far, near, next_to_it):
            self.assertEqual(machine.seen_by(HEAD), machine.public)
        self.assertEqual(near.seen_by(next_to_it.private), near.private)
        self.assertEqual(next_to_it.seen_by(near.private), next_to_it.private)
        self.assertEqual(far.seen_by(next_to_it.private), "")
        self.assertEqual(far.seen_by(next_to_it.public), far.public)
        self.assertEqual(near.seen_by(next_to_it.public), near.public)
        self.assertEqual(near.seen_by(near.public), near.public)
        self.assertEqual(self.head_seen_by(far.public), HEAD)
        self.assertEqual(self.head_seen_by(near.public), HEAD)
        self.assertEqual(self.head_seen_by(near.private), "")
        self.assertEqual(self.head_seen_by("100.78.0.150"), "")

    def head_seen_by(self, address):
        return subprocess.run([sys.executable, "-c", CALL, address, str(PORT)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.strip()


class RootTest(NamespaceTest):
    def test_machine_is_a_bare_host_of_its_own(self):
        sim = self.start()
        machine = self.lambda_machine(sim)
        self.assertEqual(machine.run("uname", "-n").strip(), machine.name)
        self.assertEqual(machine.run("cat", "/etc/hostname").strip(), machine.name)
        self.assertEqual(machine.run("cat", "/folder").strip(), "/")
        environment = dict(line.split("=", 1)
                           for line in machine.run("cat", "/environment").splitlines())
        self.assertEqual({key: value for key, value in environment.items()
                          if key not in ("PWD", "OLDPWD", "SHLVL", "_")},
                         {"HOME": "/root", "LANG": "C.UTF-8",
                          "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
        with open("/etc/os-release", encoding="utf-8") as file:
            self.assertEqual(machine.run("cat", "/etc/os-release"), file.read())
        self.assertIn(" 1 ", machine.run("sh", "-c", "ps -e -o pid= -o comm= | sed 's/^/ /'"))
        self.assertLess(len(machine.run("ps", "-e", "-o", "pid=").split()), 10)
        self.assertEqual(machine.sh("for f in null zero full random urandom tty net/tun pts/ptmx; do"
                                    " [ -c /dev/$f ] || echo $f; done"), "")
        self.assertEqual(machine.sh("find /dev -type b"), "")
        self.assertEqual(machine.run("nproc"), subprocess.check_output(["nproc"], text=True))

    def test_what_a_machine_writes_is_its_own(self):
        sim = self.start()
        machine, other = self.lambda_machine(sim), self.park_machines(sim, 1)[0]
        for place in ("/usr/bin/left-behind", "/etc/left-behind", "/opt/left-behind",
                      "/var/lib/left-behind", "/tmp/left-behind"):
            machine.sh(f"echo mine > {place}")
            self.assertEqual(machine.run("cat", place), "mine\n")
            self.assertFalse(os.path.exists(place), place)
            self.assertEqual(other.run("ls", place, check=False), "")

    def test_shared_folder_is_the_same_everywhere(self):
        shared = tempfile.mkdtemp(prefix="shared-")
        self.addCleanup(shutil.rmtree, shared)
        machine = self.lambda_machine(self.start(shared_folder=shared))
        machine.sh(f"echo result > {shared}/output")
        with open(os.path.join(shared, "output"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "result\n")

    def test_nothing_of_the_host_but_its_programs_is_seen(self):
        # Also where its folder lies among what is seen.
        self.addCleanup(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = "/opt"
        sim = self.start()
        secret = os.path.join(sim.folder, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("nobody is to read this")
        machine = self.lambda_machine(sim)
        self.assertEqual(machine.sh(f"find / -xdev -name secret; ls -A {sim.folder}", check=False), "")
        self.assertEqual(machine.sh("ls -A /home /root /srv /tmp /mnt /media /etc/munge /etc/slurm"
                                    " /etc/spillway /etc/wireguard 2>/dev/null | grep -v ':$'",
                                    check=False).strip(), "")
        self.assertEqual(machine.sh("cut -d: -f2 /etc/shadow | sort -u"), "*\n")
        self.assertLessEqual(set(machine.sh("ls /var/lib").split()),
                             {"apt", "cloud", "dpkg", "misc", "rpm"})
        self.assertNotIn("/etc/ssh/ssh_host", machine.sh("find /etc -name 'ssh_host*key'"))
        self.assertEqual(machine.sh("cat /proc/*/environ | tr '\\0' '\\n' | grep -c SPILLWAY",
                                    check=False).strip(), "0")


class HardwareTest(NamespaceTest):
    NAMES = "nvidia-smi --query-gpu=name,memory.total --format=csv,noheader"
    ERRORS = ("nvidia-smi --query-gpu=ecc.errors.uncorrected.volatile.total"
              " --format=csv,noheader,nounits")
    PORTS = ("cd /sys/class/infiniband && for port in */ports/*; do"
             " echo $(cat $port/link_layer $port/state $port/rate); done")
    GOOD_PORT = "InfiniBand 4: ACTIVE 400 Gb/sec (4X NDR)"

    def test_good_hardware(self):
        machine = self.park_machines(self.start(), 1)[0]
        self.assertEqual(machine.sh(self.NAMES), "NVIDIA H100 80GB HBM3, 81559 MiB\n" * 8)
        self.assertEqual(machine.sh(self.ERRORS), "0\n" * 8)
        self.assertEqual(machine.sh(self.PORTS).splitlines(), [self.GOOD_PORT] * 8)
        self.assertNotIn("Xid", machine.run("dmesg"))
        self.assertEqual(self.seconds_ahead(machine), 0)
        self.assertEqual(machine.sh("ls /sys/class/net | tr '\\n' ' '"), "eth0 lo ")
        self.assertEqual(machine.sh("df -BG --output=size / | tail -n 1").strip(), "5000G")

    def test_bad_hardware(self):
        sim = self.start()
        self.fault(sim, gpus=7, ecc_errors=3, xid=79, dead_ports=1, slow_ports=2, clock_seconds=-400)
        machine = self.park_machines(sim, 1)[0]
        self.assertEqual(machine.sh(self.NAMES).count("\n"), 7)
        self.assertEqual(machine.sh(self.ERRORS).split(), ["3"] + ["0"] * 6)
        self.assertEqual(machine.sh(self.PORTS).splitlines(),
                         ["InfiniBand 1: DOWN 400 Gb/sec (4X NDR)"]
                         + ["InfiniBand 4: ACTIVE 200 Gb/sec (4X HDR)"] * 2 + [self.GOOD_PORT] * 5)
        self.assertRegex(machine.run("dmesg"), r"NVRM: Xid \(PCI:0000:3b:00\): 79,")
        self.assertEqual(self.seconds_ahead(machine), -400)

    def test_a_cloud_without_infiniband_has_no_ports(self):
        machine = self.lambda_machine(self.start())
        self.assertEqual(machine.sh("ls -d /sys/class/infiniband", check=False), "")

    def seconds_ahead(self, machine):
        """Rounded, as the test itself takes some time."""
        return round(int(machine.sh("echo $(($(date -u +%s) - $(/usr/bin/date -u +%s)))")) / 10) * 10


class EndTest(NamespaceTest):
    def test_nothing_stays_whatever_ends_the_machines(self):
        ways = {
            "terminated": lambda sim, machine: sim.terminate(machine.id),
            "simcloud told to end": lambda sim, _: sim.process.send_signal(signal.SIGTERM),
            "simcloud killed": lambda sim, _: sim.process.kill(),
        }
        for way, end in ways.items():
            with self.subTest(way):
                links_before, mounts_before = links(), mounts()
                sim = self.start()
                machine = self.lambda_machine(sim)
                self.assertIn("cloud77", links())
                inside = namespaces_of(machine.init) - namespaces_of("self")
                self.assertEqual(len(inside), 5)
                end(sim, machine)
                wait_for("its namespaces to be gone", lambda: not inside & namespaces_in_use())
                sim.process.terminate()
                sim.process.wait()
                wait_for("the links to be gone", lambda: links() == links_before)
                self.assertEqual(mounts(), mounts_before)

    def test_one_that_ends_leaves_the_others_alone(self):
        sim = self.start()
        ending, staying = self.lambda_machine(sim), self.lambda_machine(sim)
        inside = namespaces_of(ending.init) - namespaces_of("self")
        sim.terminate(ending.id)
        wait_for("its namespaces to be gone", lambda: not inside & namespaces_in_use())
        self.assertEqual(staying.seen_by(HEAD), staying.public)
        self.assertEqual(self.lambda_machine(sim).private, "10.0.2.102")


class RefusalTest(unittest.TestCase):
    def refused(self, *before):
        folder = tempfile.mkdtemp(prefix="simcloud-")
        self.addCleanup(shutil.rmtree, folder)
        scenario = os.path.join(folder, "scenario.json")
        with open(scenario, "w", encoding="utf-8") as file:
            file.write('{"machines": {"backend": "namespace"}}')
        done = subprocess.run([*before, PROGRAM, "--folder", folder, "--scenario", scenario],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        return done.stderr.splitlines()[-1]

    def test_without_the_right_to_make_namespaces(self):
        self.assertIn("CAP_SYS_ADMIN", self.refused("setpriv", "--bounding-set", "-sys_admin"))

    def test_in_a_network_with_a_way_out(self):
        route = ["default", "dev", "lo"]
        subprocess.run(["ip", "route", "add", *route], check=True)
        self.addCleanup(subprocess.run, ["ip", "route", "delete", *route], check=True)
        self.assertIn("way out", self.refused())


if __name__ == "__main__":
    try:
        leave_host()
    except NotPossible as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    greet_as_head()
    unittest.main(verbosity=2)
