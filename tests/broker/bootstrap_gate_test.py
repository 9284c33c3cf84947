#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What keeps a machine from getting jobs: the health gate, the admin's own programs, a slurmd of
the wrong release; and what the broker is told then."""

import os
import re
import sys
import unittest

import bootstrap_machine
from bootstrap_machine import Machine

LONG_AGO = "Tue, 15 Nov 1994 08:12:31 GMT"


def add_ports(machine, *ports):
    """Ports as (state, link layer, rate), each of a device of its own."""
    for number, facts in enumerate(ports):
        for name, text in zip(("state", "link_layer", "rate"), facts):
            machine.write(f"sys/class/infiniband/mlx5_{number}/ports/1/{name}", text + "\n")


UP = ("4: ACTIVE", "InfiniBand", "400 Gb/sec (4X NDR)")
SLOW = ("4: ACTIVE", "InfiniBand", "200 Gb/sec (4X HDR)")
DOWN = ("1: DOWN", "InfiniBand", "10 Gb/sec (4X SDR)")
ETHERNET_DOWN = ("1: DOWN", "Ethernet", "10 Gb/sec (4X SDR)")

# What is asked of the machine, what is wrong with it, and what the broker must hear.
SICK = {
    "7 of 8 gpus": ([], dict(gpus="7"), None, "gpus: 7 of 8"),
    "9 of 8 gpus": ([], dict(gpus="9"), None, "gpus: 9 of 8"),
    "a driver that fails": ([], dict(gpus="broken"), None, "gpus: 0 of 8"),
    "another model": (["gpu b200"], {}, None, "gpus: NVIDIA H100 80GB HBM3 is no b200"),
    "an uncorrected ecc error": (
        [], {}, lambda m: m.note("ecc", "0\n" * 3 + "2\n" + "0\n" * 4),
        "ecc: gpu 3: 2 uncorrected errors"),
    "ecc words that nobody knows": (
        [], {}, lambda m: m.note("ecc", "0\n[Unknown Error]\n"),
        "ecc: gpu 1: not understood: [Unknown Error]"),
    "a gpu that is lost": (
        [], {}, lambda m: m.note("gpu-is-lost"), "ecc: nvidia-smi does not tell"),
    "an xid": (
        [], {}, lambda m: m.note("dmesg", "[1.0] NVRM: Xid (PCI:0000:1b:00): 31, pid=7\n"
                                 "[2.0] NVRM: Xid (PCI:0000:1b:00): 79, pid=7, GPU is gone\n"),
        "xid: 79 in the kernel log"),
    "a port too few": (
        ["infiniband_ports 3"], {}, lambda m: add_ports(m, UP, UP),
        "infiniband: 2 of 3 ports active"),
    "no port at all": (["infiniband_ports 1"], {}, None, "infiniband: 0 of 1 ports active"),
    "a dead port beside enough": (
        ["infiniband_ports 2"], {}, lambda m: add_ports(m, UP, DOWN, UP),
        "infiniband: mlx5_1 port 1 is DOWN"),
    "a slow port": (
        ["infiniband_ports 2", "infiniband_gbps 400"], {}, lambda m: add_ports(m, UP, SLOW),
        "infiniband: mlx5_1 port 1 at 200 of 400 Gb/s"),
    "too little memory": (
        ["memory_mib 2000"], {}, lambda m: m.write("proc/meminfo", "MemTotal: 1024000 kB\n"),
        "memory: 1000 of 2000 MiB"),
    "too few cpus": (
        ["cpus 208"], {}, lambda m: m.note("nproc", "104\n"), "cpus: 104 of 208"),
    "a full disk": (
        ["disk_mib 2000000000"], {}, None, "disk: [0-9]+ of 2000000000 MiB free"),
    "another time": (
        [], {}, lambda m: m.note("date", LONG_AGO), "clock: [0-9]+ s from the head's"),
    "much at once": (
        ["cpus 208"], dict(gpus="7"), lambda m: m.note("nproc", "104\n"),
        "gpus: 7 of 8; cpus: 104 of 208"),
    "a check of the admin's": (
        [], {}, lambda m: m.write("etc/spillway/checks.d/20-nccl", "#!/bin/sh\necho look\n"
                                  "echo all_reduce is slow\necho\nexit 3\n", 0o755),
        "checks.d/20-nccl: all_reduce is slow"),
    "a hook of the admin's": (
        [], {}, lambda m: m.write("etc/spillway/before.d/10-users", "#!/bin/sh\nexit 3\n", 0o755),
        "before.d/10-users: exit status 3"),
    "a slurmd that is newer": (
        ["slurm 24.05"], {}, None,
        "slurmd: its release 24.11 is newer than slurmctld's 24.05: deliver an archive"),
    "a slurmd that is too old": (
        ["slurm 24.05"], dict(release="slurm 22.05.8"), None,
        "slurmd: its release 22.05 is too old for slurmctld's 24.05: deliver an archive"),
    "a slurmd too old even for a release that reaches far": (
        ["slurm 24.11"], dict(release="slurm 22.05.8"), None,
        "slurmd: its release 22.05 is too old for slurmctld's 24.11: deliver an archive"),
    "a slurmd from before": (
        ["slurm 22.05"], dict(release="slurm-wlm 19.05.5"), None,
        "slurmd: its release is not understood: slurm-wlm 19.05.5"),
    "a number that is none": (
        [], {}, lambda m: m.note("say", "cpus many\n"),
        "join: the reply has a word where a number belongs"),
}

# Each pause makes the machine older, and after some "heal" puts right what was wrong.
PAUSE = """#!/bin/sh
cut -d . -f 1 "$HOME/proc/uptime" >"$HOME/up"
read -r up <"$HOME/up"
echo "$((up + $1)).25 1.00" >"$HOME/proc/uptime"
echo "sleep $1" >>"$HOME/pauses"
[ "$up" -lt 100 ] || [ ! -x "$HOME/heal" ] || "$HOME/heal"
"""

# What is asked, what is wrong at first and how it is put right, and what is said of it.
LATE = {
    "gpus": ([], lambda m: m.note("gpus", "7"), 'echo 8 >"$HOME/gpus"', "gpus: 7 of 8"),
    "a model": (["gpu H100", "gpus 0"], lambda m: m.note("model", "NVIDIA Graphics Device"),
                'rm "$HOME/model"', "gpus: NVIDIA Graphics Device is no H100"),
    "what nvidia-smi has to say": ([], lambda m: m.note("gpu-is-lost"), 'rm "$HOME/gpu-is-lost"',
                                   "ecc: nvidia-smi does not tell"),
    "infiniband": (["infiniband_ports 1"], lambda m: add_ports(m, DOWN),
                   'cd "$HOME/sys/class/infiniband/mlx5_0/ports/1"; echo "4: ACTIVE" >state',
                   "infiniband: 0 of 1 ports active"),
    "the clock": ([], lambda m: m.note("clock-is-off"), 'rm "$HOME/clock-is-off"',
                  "clock: -3[0-9]+ s from the head's"),
}

RELEASES = {  # slurmctld's, and slurmd's that suit it
    "22.05": ["20.11.9", "22.05.8"],
    "23.11": ["22.05.8", "23.02.1", "23.11.4"],
    "24.05": ["23.02.1"],
    "24.11": ["23.02.1"],
    "26.05": ["24.11.5", "25.05.9", "26.05.5"],
    "26.11": ["25.05.9"],
}


class GateTest(unittest.TestCase):
    def machine(self, *arguments, **more):
        machine = Machine(*arguments, **more)
        self.addCleanup(machine.clear)
        return machine

    def test_the_sick_are_refused_and_why_is_told(self):
        for name, (say, more, prepare, reason) in SICK.items():
            with self.subTest(name):
                machine = self.machine(say=say, **more)
                if prepare:
                    prepare(machine)
                self.assertNotEqual(machine.boot(), 0)
                self.assertEqual([line for line in machine.calls("slurmd") if " -b " in line], [])
                asked = machine.asked()
                self.assertEqual(len(asked), 2, asked)
                self.assertRegex(asked[1], f"^unhealthy {reason.replace('[U', '.U')}$")

    def young(self, say, prepare, heal):
        """A machine that is up for 80 s when it is looked at."""
        machine = self.machine(say=say)
        machine.set_uptime(80)
        machine.write("bin/sleep", PAUSE, 0o755)
        machine.write("bin/date", "#!/bin/sh\n[ ! -e \"$HOME/clock-is-off\" ] || "
                      "[ \"$*\" != '-u +%s' ] || set -- -u +%s -d '1 hour ago'\n"
                      "exec /bin/date \"$@\"\n", 0o755)
        prepare(machine)
        if heal:
            machine.write("heal", "#!/bin/sh\n" + heal + "\n", 0o755)
        return machine

    def test_a_machine_that_has_just_booted_may_come_right(self):
        for name, (say, prepare, heal, words) in LATE.items():
            with self.subTest(name):
                machine = self.young(say, prepare, heal + '; rm "$HOME/heal"')
                self.assertEqual(machine.boot(), 0, machine.output)
                said = re.findall(f"not yet healthy: ({words})\n", machine.log())
                self.assertTrue(said)  # again when it changes, as a clock's distance may
                self.assertTrue(all(one != next_one for one, next_one in zip(said, said[1:])), said)
                self.assertEqual(machine.noted("pauses"), "sleep 5\n" * 5)
                self.assertEqual(machine.asked()[1:], ["ready"])

    def test_what_does_not_come_right_is_told_once_the_machine_has_settled(self):
        for name, (say, prepare, _, reason) in LATE.items():
            with self.subTest(name):
                machine = self.young(say, prepare, None)
                self.assertNotEqual(machine.boot(), 0)
                self.assertRegex(machine.asked()[1], f"^unhealthy {reason}$")
                self.assertEqual(machine.noted("pauses"), "sleep 5\n" * 44)

    def test_what_cannot_come_right_is_told_at_once(self):
        machine = self.young(["cpus 208"], lambda m: (m.note("gpus", "7"), m.note("nproc", "104")),
                             None)
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual(machine.asked()[1:], ["unhealthy gpus: 7 of 8; cpus: 104 of 208"])
        self.assertEqual(machine.noted("pauses"), "")

    def test_hooks_are_told_what_came_late(self):
        machine = self.young([], lambda m: m.note("gpus", "0"), 'echo 8 >"$HOME/gpus"')
        machine.write("etc/spillway/checks.d/10", "#!/bin/sh\necho \"$SPILLWAY_GPUS of "
                      "$SPILLWAY_GPU\"\n", 0o755)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("8 of NVIDIA H100 80GB HBM3\n", machine.log())

    def test_the_healthy_pass(self):
        machine = self.machine(say=[
            "gpu H100", "cpus 208", "memory_mib 1000", "disk_mib 1", "infiniband_ports 2",
            "infiniband_gbps 400", "slurm 24.11"])
        machine.note("ecc", "[N/A]\n" * 8)
        machine.note("nproc", "208\n")
        machine.note("dmesg", "".join(f"NVRM: Xid (PCI:0000:1b:00): {xid}, pid=1\n"
                                      for xid in (13, 31, 43, 45, 68)))
        machine.write("proc/meminfo", "MemTotal: 1024000 kB\n")
        add_ports(machine, UP, UP, ETHERNET_DOWN)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("ready", machine.asked())

    def test_what_is_not_asked_for_is_not_judged(self):
        machine = self.machine(say=["gpus 0"], gpus="0", release="gibberish")
        add_ports(machine, DOWN)
        self.assertEqual(machine.boot(), 0, machine.output)

    def test_releases_that_suit_each_other(self):
        for theirs, suitable in RELEASES.items():
            for ours in suitable:
                with self.subTest(f"slurmd {ours} slurmctld {theirs}"):
                    machine = self.machine(say=[f"slurm {theirs}"], release=f"slurm {ours}")
                    self.assertEqual(machine.boot(), 0, machine.output)

    def test_the_end_of_the_log_comes_along(self):
        machine = self.machine(gpus="7")
        machine.write("etc/spillway/before.d/10-talks", "#!/bin/sh\n"
                      "for i in $(seq 400); do echo \"line $i of 'many'\"; done\n"
                      "printf 'a \"quote\", a back\\\\slash, a \\a bell and \\303\\244\\n'\n",
                      0o755)
        self.assertNotEqual(machine.boot(), 0)
        lines = machine.told_log()
        self.assertGreater(len("\n".join(lines)), 3000)
        self.assertIn("line 400 of 'many'", lines)
        self.assertIn("a \"quote\", a back\\slash, a  bell and ", lines)
        self.assertTrue(lines[-1].endswith("failed: gpus: 7 of 8"), lines[-1])
        self.assertNotIn("line 1 of 'many'", lines)

    def test_hooks_run_in_order_with_what_they_need(self):
        machine = self.machine(say=["infiniband_ports 1"])
        add_ports(machine, UP)
        says = "#!/bin/sh\necho \"${0##*/}\" >>\"$HOME/hooks\"\n"
        for name in ("before.d/B", "before.d/a", "before.d/10", "checks.d/c", "after.d/z"):
            machine.write("etc/spillway/" + name, says, 0o755)
        machine.write("etc/spillway/before.d/README", says, 0o644)
        machine.write("etc/spillway/before.d/.hidden", says, 0o755)
        machine.write("etc/spillway/after.d/env",
                      "#!/bin/sh\nenv | grep ^SPILLWAY_ | sort >\"$HOME/environment\"\n", 0o755)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(machine.noted("hooks").split(), ["10", "B", "a", "c", "z"])
        self.assertEqual(machine.mode("environment"), 0o644, "made as any program's files are")
        memory = re.search(r'"memory_mib":(\d+)', machine.log()).group(1)
        self.assertEqual(machine.noted("environment").splitlines(), [
            "SPILLWAY_ADDRESS=127.77.0.5", "SPILLWAY_CLUSTER=hpc1",
            "SPILLWAY_GPU=NVIDIA H100 80GB HBM3",
            "SPILLWAY_GPUS=8", "SPILLWAY_INFINIBAND_GBPS=400", "SPILLWAY_INFINIBAND_PORTS=1",
            f"SPILLWAY_MEMORY_MIB={memory}", "SPILLWAY_NODE=h100-001",
            f"SPILLWAY_ROOT={machine.root}"])

    def test_a_hook_after_the_start_may_fail(self):
        machine = self.machine()
        machine.write("etc/spillway/after.d/10", "#!/bin/sh\necho no such thing\nexit 1\n", 0o755)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("after.d/10: no such thing", machine.log())
        self.assertEqual(machine.asked()[1:], ["ready"])

    def test_names_of_the_cluster_are_known(self):
        machine = self.machine(say=["host 10.90.0.1 head", "host 10.90.0.7 h100-001"])
        machine.write("etc/hosts", "127.0.0.1 localhost\n# spillway: begin\n10.90.0.9 old\n"
                      "# spillway: end\n::1 localhost\n")
        for _ in range(2):
            self.assertEqual(machine.boot(), 0, machine.output)
            self.assertEqual(machine.read("etc/hosts").decode(),
                             "127.0.0.1 localhost\n::1 localhost\n"
                             "# spillway: begin\n10.90.0.1 head\n10.90.0.7 h100-001\n# spillway: end\n")
            os.remove(machine.path("run/spillway/slurmd"))
        self.assertEqual(machine.mode("etc/hosts"), 0o644)

    def test_names_of_the_cluster_are_not_what_the_service_is_called_by(self):
        machine = self.machine(say=["host 10.90.0.1 head"])
        old = "# spillway: begin\n10.90.0.9 head\n# spillway: end\n"
        new = "# spillway: begin\n10.90.0.1 head\n# spillway: end\n"
        machine.write("etc/hosts", "127.0.0.1 localhost\n" + old)
        for lost in ((), ("finished",), ("finished", "slurmd"), ("slurmd",)):
            machine.remove(*("run/spillway/" + name for name in lost))
            self.assertEqual(machine.boot(), 0, machine.output)
            self.assertEqual(machine.noted("hosts-at-join"), "127.0.0.1 localhost\n")
            # Of a run that came to its end, user-data leaves the names alone.
            self.assertEqual(machine.noted("hosts-at-bootstrap"), "127.0.0.1 localhost\n" +
                             (new if lost == ("slurmd",) else ""))
            self.assertEqual(machine.noted("hosts-at-ready"), "127.0.0.1 localhost\n" + new)
            self.assertEqual(machine.read("etc/hosts").decode(), "127.0.0.1 localhost\n" + new)

    def test_a_folder_keeps_out_of_vpn_firewall_and_mounts(self):
        machine = self.machine(say=["tunnel 10.90.0.7/16",
                                    f"peer {'K' * 43}= head:51820 10.90.0.0/16",
                                    "mount nfs4 - head:/home /home"])
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("vpn: not in a directory", machine.log())
        self.assertIn("mounts: not in a directory", machine.log())


if __name__ == "__main__":
    bootstrap_machine.SERVICE = sys.argv.pop(1)
    unittest.main(verbosity=2)
