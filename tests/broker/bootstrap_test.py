#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The real user-data and bootstrap against the real join service (join_test_service), on a machine
that is a folder, with stand-ins for slurmd, munged and what asks the hardware."""

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import unittest

import bootstrap_machine
from bootstrap_machine import CONF, KEY, PATIENCE, TOKEN, Machine


class BootstrapTest(unittest.TestCase):
    def machine(self, *arguments, **more):
        machine = Machine(*arguments, **more)
        self.addCleanup(machine.clear)
        return machine

    def test_machine_becomes_a_node(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        root = machine.root
        munged, slurmd = machine.calls("munged", "slurmd")
        self.assertIn(f"--key-file={root}/etc/munge/munge.key", munged)
        self.assertIn(f"--socket={root}/run/munge/munge.socket.2", munged)
        self.assertEqual(slurmd, f"slurmd -b -N h100-001 -f {root}/etc/slurm/slurm.conf")
        self.assertEqual(machine.asked(), [
            "join 127.77.0.5 addresses=127.77.0.5 gpus=8 model=NVIDIA H100 80GB HBM3 ib=0x0",
            "ready"])

    def test_it_calls_by_the_address_that_its_cloud_shows(self):
        """By IPv4, but where the url has an IPv6 address; here that is put back by curl."""
        for host, wanted in {"127.0.0.1": True, "[::1]": False}.items():
            with self.subTest(host):
                machine = self.machine()
                user_data = os.path.join(machine.folder, "user-data")
                text = machine.read(user_data).decode()
                machine.write(user_data, text.replace("127.0.0.1", host), 0o700)
                machine.write("bin/curl", bootstrap_machine.TICK + """for word; do
  shift
  case $word in https://\\[*) word=https://127.0.0.1:${word##*]:} ;; esac
  set -- "$@" "$word"
done
exec /usr/bin/curl "$@"
""", 0o755)
                self.assertEqual(machine.boot(), 0, machine.output)
                calls = machine.calls("curl")  # the first is user-data's
                self.assertEqual([" -4 " in call for call in calls[1:]], [wanted] * 2, calls)

    def test_files_arrive_whole_and_private(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(machine.read("etc/munge/munge.key"), KEY)
        self.assertEqual(machine.mode("etc/munge/munge.key"), 0o400)
        self.assertEqual(machine.read("etc/slurm/slurm.conf"),
                         CONF.replace(b"@SPILLWAY_ROOT@", machine.root.encode()))
        self.assertEqual(machine.mode("etc/slurm/slurm.conf"), 0o644)
        self.assertEqual(machine.mode("etc/slurm"), 0o755)
        self.assertEqual(machine.mode("var/log/spillway-bootstrap.log"), 0o600)
        self.assertEqual(os.listdir(machine.root + "/etc/munge"), ["munge.key"])
        self.assertEqual(sorted(os.listdir(machine.root + "/run/spillway")),
                         ["finished", "lock", "slurmd"])

    def test_secrets_are_left_nowhere_else(self):
        """The file "seen" has the environment and all arguments at each call of a stand-in."""
        machine = self.machine()
        self.assertEqual(machine.boot(WATCH="1"), 0, machine.output)
        own_key = machine.read("var/lib/spillway/wireguard.key").strip()
        self.assertEqual(len(own_key), 44)
        self.assertIn(b"SPILLWAY_ROOT", machine.read("seen"))
        secrets = {TOKEN.encode(): None, own_key: "wireguard.key", KEY[:64]: "munge.key"}
        for folder, _, names in os.walk(machine.root):
            for name in names:
                content = machine.read(os.path.join(folder, name))
                for secret, home in secrets.items():
                    if name != home:
                        self.assertNotIn(secret, content, name)
        self.assertNotIn(TOKEN, machine.output)
        self.assertNotIn(own_key.decode(), machine.output)

    def test_the_vpn_key_is_kept_and_told_alike_by_both_tools(self):
        machine = self.machine()
        told = []
        for without in ("wg", "", "wg"):
            tools = self.tools(machine, without)
            self.assertEqual(machine.boot(PATH=f"{machine.root}/bin:{tools}"), 0, machine.output)
            told.append(re.findall('"wireguard_key":"([^"]*)"', machine.log())[-1])
            os.remove(machine.path("run/spillway/finished"))
        self.assertRegex(told[0], "^[A-Za-z0-9+/]{43}=$")
        self.assertEqual(told, [told[0]] * 3)
        self.assertEqual(machine.mode("var/lib/spillway/wireguard.key"), 0o600)
        self.assertEqual(machine.mode("var/lib/spillway"), 0o700)

    def test_a_machine_that_can_make_no_vpn_key_says_so(self):
        machine = self.machine()
        tools = self.tools(machine, "wg", "openssl")
        self.assertEqual(machine.boot(PATH=f"{machine.root}/bin:{tools}"), 0, machine.output)
        self.assertIn('"wireguard_key":""', machine.log())
        self.assertEqual(os.listdir(machine.path("var/lib/spillway")), [])

    def test_a_run_that_is_killed_anywhere_is_made_good_by_the_next(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        whole = machine.state()
        steps = machine.noted("calls").splitlines()
        self.assertGreater(len(steps), 20)
        for number, step in enumerate(steps, 1):
            with self.subTest(f"killed at call {number}: {step.split()[0]}"):
                machine.become_bare()
                self.assertEqual(machine.boot(KILL_AT=str(number)), -9, machine.output)
                self.assertEqual(machine.boot(), 0, machine.output)
                self.assertEqual(machine.state(), whole)
                self.assertEqual((machine.living("munged"), machine.living("slurmd")), (1, 1))

    def test_a_run_that_is_killed_after_a_daemon_started_starts_no_second(self):
        machine = self.machine()
        for daemon in ("munged", "slurmd"):
            with self.subTest(daemon):
                machine.become_bare()
                self.assertEqual(machine.boot(KILL_AFTER=daemon), -9, machine.output)
                self.assertEqual(machine.living(daemon), 1)
                self.assertEqual(machine.boot(), 0, machine.output)
                self.assertEqual((machine.living("munged"), machine.living("slurmd")), (1, 1))
        self.assertEqual(len([line for line in machine.calls("slurmd") if " -b " in line]), 1)

    def test_after_a_kill_the_hooks_that_follow_slurmd_run_still(self):
        machine = self.machine()
        hook = "#!/bin/sh\necho ran >>\"$HOME/hooks\"\n"
        machine.write("etc/spillway/after.d/10", hook, 0o755)
        self.assertEqual(machine.boot(KILL_AFTER="slurmd"), -9)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(machine.noted("hooks"), "ran\n")

    def test_an_answer_that_comes_in_part_is_none(self):
        machine = self.machine()
        machine.note("cut-short")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("/v1/join: no answer: again in 1 s", machine.log())
        self.assertEqual(machine.read("etc/munge/munge.key"), KEY)

    def test_slurm_comes_from_an_archive(self):
        machine = self.machine()
        archive = self.archive(machine, b"#!/bin/sh\nexit 0\n")
        machine.note("say", f"archive {hashlib.sha256(archive).hexdigest()} {len(archive)}\n")
        machine.note("archive-cut", "100")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("archive: came damaged: again", machine.log())
        self.assertEqual(machine.mode("usr/sbin/srun"), 0o755)
        self.assertEqual(machine.mode("usr/sbin"), 0o750, "folders keep what they were")
        asked = len(machine.calls("curl"))
        os.remove(machine.path("run/spillway/finished"))
        os.remove(machine.path("run/spillway/slurmd"))
        self.assertEqual(machine.boot(), 0, machine.output)
        archives = [line for line in machine.calls("curl") if "/v1/archive?os=" in line]
        self.assertEqual(len(archives), 2, "it is unpacked once")
        self.assertGreater(len(machine.calls("curl")), asked)
        self.assertEqual(sorted(os.listdir(machine.path("var/lib/spillway"))),
                         ["archive", "wireguard.key"])

    def test_an_archive_that_is_not_the_one_is_refused(self):
        machine = self.machine()
        archive = self.archive(machine, b"#!/bin/sh\nexit 0\n")
        machine.note("say", f"archive {'0' * 64} {len(archive)}\n")
        self.assertNotEqual(machine.boot(), 0)
        self.assertFalse(os.path.exists(machine.path("usr/sbin/srun")))
        self.assertEqual(machine.asked()[1:],
                         ["unhealthy archive: is not the one whose checksum was told"])

    def test_a_second_run_starts_nothing_twice(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(len(machine.calls("munged")), 1)
        self.assertEqual(len(machine.calls("slurmd")), 1)
        self.assertEqual([line.split()[0] for line in machine.asked()], ["join", "ready"])

    def test_a_second_run_starts_what_has_died(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        self.end_process(machine, "run/slurmd-h100-001.pid")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(len(machine.calls("munged")), 1)
        self.assertEqual(len(machine.calls("slurmd")), 2)

    def test_a_new_key_starts_munged_anew(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        self.end_process(machine, "run/slurmd-h100-001.pid")
        machine.deliver("munge.key", KEY[::-1])
        self.assertEqual(machine.boot(), 0, machine.output)
        first, stop, second = machine.calls("munged")
        self.assertIn("--stop", stop)
        self.assertEqual(first, second)
        self.assertEqual(machine.read("etc/munge/munge.key"), KEY[::-1])

    def test_it_asks_again_until_the_broker_knows_it(self):
        machine = self.machine("--not-known", "2")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual([line.split()[0] for line in machine.asked()],
                         ["join", "join", "join", "ready"])
        self.assertEqual(machine.log().count("/v1/join: 503: again in 1 s"), 2)

    def test_it_waits_for_files_that_are_not_there_yet(self):
        machine = self.machine()
        os.rename(machine.folder + "/munge.key", machine.folder + "/later")
        user_data = machine.start()
        for line in user_data.stdout:
            if "/v1/join: 503: again" in line:
                os.rename(machine.folder + "/later", machine.folder + "/munge.key")
        self.assertEqual(user_data.wait(PATIENCE), 0)
        user_data.stdout.close()
        self.assertEqual(machine.read("etc/munge/munge.key"), KEY)

    def test_it_stops_when_refused(self):
        machine = self.machine("--refuse")
        self.assertNotEqual(machine.boot(), 0)
        self.assertIn("the join service refused this machine: 403 lease is over", machine.log())
        self.assertEqual(machine.calls("munged", "slurmd"), [])
        self.assertEqual(machine.read("etc/munge/munge.key"), b"")
        self.assertEqual([line for line in machine.asked() if line.startswith("unhealthy")],
                         ["unhealthy join refused: 403 lease is over"])
        self.assertIn("refused this machine: 403 lease is over", machine.told_log()[-1])

    def test_too_few_gpus_are_told_and_slurmd_stays_away(self):
        machine = self.machine(gpus="7")
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual(machine.calls("slurmd"), [])
        self.assertEqual(machine.asked()[1:], ["unhealthy gpus: 7 of 8"])
        self.assertIn("failed: gpus: 7 of 8", machine.log())

    def test_a_broken_driver_is_no_gpu(self):
        machine = self.machine(gpus="broken")
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual(machine.asked()[1:], ["unhealthy gpus: 0 of 8"])

    def test_gpus_are_not_judged_when_none_are_promised(self):
        machine = self.machine(say=["gpus 0"], gpus="3")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("ready", machine.asked())

    def test_slurmds_words_are_told_when_it_does_not_start(self):
        machine = self.machine()
        machine.note("slurmd-fails")
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual(machine.asked()[1:],
                         ["ready", "unhealthy slurmd did not start: slurmd: fatal: no such node"])

    def test_a_slurmd_that_dies_behind_its_starter_is_told(self):
        cases = {
            "it says why": (b"SlurmdLogFile=@SPILLWAY_ROOT@/var/log/slurm/slurmd-%n.log\n",
                            "debug: looking\n[09:01] fatal: no cgroups\n",
                            "[09:01] fatal: no cgroups"),
            "it says nothing": (b"", "", "it wrote no pid file"),
        }
        for name, (log_file, words, reason) in cases.items():
            with self.subTest(name):
                machine = self.machine()
                machine.deliver("slurm.conf", CONF + log_file)
                machine.write("bin/sleep", "#!/bin/sh\nexec /bin/sleep 0.01\n", 0o755)
                machine.note("slurmd-dies", words)
                self.assertNotEqual(machine.boot(), 0)
                self.assertEqual(machine.asked()[1:],
                                 ["ready", f"unhealthy slurmd did not start: {reason}"])
                self.assertFalse(os.path.exists(machine.path("run/spillway/slurmd")))

    def test_munged_that_does_not_start_is_told(self):
        machine = self.machine()
        self.assertNotEqual(machine.boot(MUNGED_FAILS="1"), 0)
        self.assertEqual(machine.asked()[1:], ["unhealthy munged did not start"])
        self.assertIn("munged: Error: no", machine.log())
        self.assertEqual(machine.calls("slurmd"), [])

    def test_a_machine_not_taken_does_not_start_slurmd(self):
        machine = self.machine("--refuse-ready")
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual(machine.calls("slurmd"), [])

    def test_without_files_slurmd_asks_the_controller(self):
        machine = self.machine("--no-files")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(machine.calls("munged", "slurmd"),
                         ["slurmd -b -N h100-001 --conf-server head:6817"])
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertEqual(len(machine.calls("slurmd")), 1)

    def test_infiniband_counts_active_ports_and_the_slowest(self):
        machine = self.machine()
        for port, facts in {"mlx5_0/ports/1": ("4: ACTIVE", "InfiniBand", "400 Gb/sec (4X NDR)"),
                            "mlx5_1/ports/1": ("4: ACTIVE", "InfiniBand", "200 Gb/sec (4X HDR)"),
                            "mlx5_2/ports/1": ("1: DOWN", "InfiniBand", "10 Gb/sec (4X SDR)"),
                            "mlx5_3/ports/1": ("4: ACTIVE", "Ethernet", "100 Gb/sec (4X EDR)"),
                            }.items():
            folder = "sys/class/infiniband/" + port
            os.makedirs(os.path.join(machine.root, folder))
            for name, text in zip(("state", "link_layer", "rate"), facts):
                machine.write(f"{folder}/{name}", (text + "\n").encode(), 0o644)
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("ib=2x200", machine.asked()[0])

    def test_a_machine_without_slurmd_says_so(self):
        machine = self.machine()
        os.remove(machine.root + "/bin/slurmd")
        tools = self.tools(machine, "slurmd")
        self.assertNotEqual(machine.boot(PATH=f"{machine.root}/bin:{tools}"), 0)
        self.assertEqual(machine.asked()[1:], ["unhealthy slurmd is not installed"])

    def test_two_runs_at_once_are_one(self):
        machine = self.machine()
        runs = [machine.start() for _ in range(4)]
        for run in runs:
            output = run.communicate(timeout=PATIENCE)[0]
            self.assertEqual(run.returncode, 0, output)
        self.assertEqual(len(machine.calls("slurmd")), 1)
        self.assertEqual(len(machine.calls("munged")), 1)

    @staticmethod
    def tools(machine, *without):
        """A folder with links to the host's programs but for some."""
        tools = os.path.join(machine.folder, "tools-without-" + "-".join(without))
        os.makedirs(tools, exist_ok=True)
        for folder in ("/bin", "/usr/bin"):
            for name in os.listdir(folder):
                if name not in without and not os.path.lexists(os.path.join(tools, name)):
                    os.symlink(os.path.join(folder, name), os.path.join(tools, name))
        return tools

    @staticmethod
    def archive(machine, content):
        """A tar archive with usr/sbin/srun, where usr/sbin is there already."""
        machine.write("usr/sbin/other", b"")
        os.chmod(machine.path("usr/sbin"), 0o750)
        text = io.BytesIO()
        with tarfile.open(fileobj=text, mode="w:gz") as archive:
            for name, kind, size in (("./usr/sbin", tarfile.DIRTYPE, 0),
                                     ("./usr/sbin/srun", tarfile.REGTYPE, len(content))):
                entry = tarfile.TarInfo(name)
                entry.type, entry.size, entry.mode = kind, size, 0o755
                archive.addfile(entry, io.BytesIO(content))
        machine.note("archive")
        machine.write(os.path.join(machine.home, "archive"), text.getvalue())
        return text.getvalue()

    @staticmethod
    def end_process(machine, pid_file):
        """Lets the pid file name a process that is gone for certain: one of ours, reaped. (The
        stand-in's own would be a zombie for as long as init pleases.)"""
        gone = subprocess.Popen(["true"])
        gone.wait()
        machine.write(pid_file, f"{gone.pid}\n".encode(), 0o644)


if __name__ == "__main__":
    bootstrap_machine.SERVICE = sys.argv.pop(1)
    unittest.main(verbosity=2)
