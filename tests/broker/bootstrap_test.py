#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The real user-data and bootstrap against the real join service (join_test_service), on a machine
that is a folder, with stand-ins for slurmd, munged and nvidia-smi."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SERVICE = sys.argv.pop(1)
PATIENCE = 120
TOKEN = "0123456789abcdef" * 4

# Each stand-in writes its name and arguments to $HOME/calls. slurmd and munged leave a process
# behind, as daemons do, and its number in their pid file.
STAND_INS = {
    "munged": """#!/bin/sh
echo "munged $*" >>"$HOME/calls"
[ -z "${MUNGED_FAILS:-}" ] || { echo 'munged: Error: no' >&2; exit 1; }
for word; do
  case $word in --pid-file=*) pid_file=${word#*=} ;; --stop) stop=1 ;; esac
done
if [ -n "${stop:-}" ]; then kill "$(cat "$HOME/run/munge/munged.pid")"; exit 0; fi
sleep 600 >/dev/null 2>&1 & echo $! | tee -a "$HOME/pids" >"$pid_file"
""",
    "slurmd": """#!/bin/sh
echo "slurmd $*" >>"$HOME/calls"
[ ! -e "$HOME/slurmd-fails" ] || { echo 'slurmd: fatal: no such node' >&2; exit 1; }
sleep 600 >/dev/null 2>&1 & echo $! | tee -a "$HOME/pids" >"$HOME/run/slurmd-h100-001.pid"
""",
    "nvidia-smi": """#!/bin/sh
echo "nvidia-smi $*" >>"$HOME/calls"
[ "$GPUS" != broken ] || { echo 'NVIDIA-SMI has failed: no driver'; exit 9; }
i=0
while [ $i -lt "$GPUS" ]; do
  echo 'NVIDIA H100 80GB HBM3, 81559 MiB'
  i=$((i + 1))
done
""",
}
# munge's key is binary: no text tool may stand in its way.
KEY = bytes(range(256)) * 4
CONF = b"SlurmdPidFile=@SPILLWAY_ROOT@/run/slurmd-%n.pid\nAuthInfo=socket=@SPILLWAY_ROOT@/run/m\n"


class Machine:
    """A folder to be a machine's root, its service, and what the desk was asked."""

    def __init__(self, *arguments, gpus="8"):
        self.folder = tempfile.mkdtemp(prefix="spillway-bootstrap-")
        self.root = os.path.join(self.folder, "root&|x")  # a name that sed may trip over
        self.gpus = gpus
        os.makedirs(os.path.join(self.root, "bin"))
        for name, text in STAND_INS.items():
            self.write("bin/" + name, text.encode(), 0o755)
        self.deliver("munge.key", KEY)
        self.deliver("slurm.conf", CONF)
        self.service = self.start_service(arguments)

    def start_service(self, arguments):
        command = [SERVICE, self.folder, *arguments]
        if "--no-files" in command:
            command.remove("--no-files")
        else:
            command += [f"{self.folder}/munge.key:/etc/munge/munge.key:0400:munge",
                        f"{self.folder}/slurm.conf:/etc/slurm/slurm.conf:0644:slurm"]
        service = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert service.stdout.readline() == "ready\n", "the service did not start"
        return service

    def deliver(self, name, content):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(content)

    def write(self, path, content, mode):
        with open(os.path.join(self.root, path), "wb") as file:
            file.write(content)
        os.chmod(os.path.join(self.root, path), mode)

    def read(self, path):
        try:
            with open(os.path.join(self.root, path), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def mode(self, path):
        return os.stat(os.path.join(self.root, path)).st_mode & 0o7777

    def environment(self, **more):
        return {"SPILLWAY_ROOT": self.root, "SPILLWAY_ADDRESS": "127.77.0.5", "HOME": self.root,
                "PATH": f"{self.root}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GPUS": self.gpus,
                "LANG": "C.UTF-8", **more}

    def boot(self, **more):
        """Runs the user-data to its end: its exit status."""
        done = subprocess.run([os.path.join(self.folder, "user-data")], cwd=self.root, check=False,
                              env=self.environment(**more), timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.output = done.stdout
        return done.returncode

    def calls(self, *names):
        """The lines of the stand-ins with these names, in their order."""
        lines = self.read("calls").decode().splitlines()
        return [line for line in lines if line.split()[0] in names]

    def log(self):
        return self.read("var/log/spillway-bootstrap.log").decode()

    def asked(self):
        """Ends the service: what its desk was asked, without the admissions."""
        if self.service.stdin and not self.service.stdin.closed:
            self.service.stdin.close()
            self.told = self.service.stdout.read().splitlines()
            self.service.stdout.close()
            self.service.wait(PATIENCE)
        return [line for line in self.told if line != "admit"]

    def clear(self):
        self.asked()
        for number in self.read("pids").split():
            try:
                os.kill(int(number), signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.folder)


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
        self.assertEqual(sorted(os.listdir(machine.root + "/run/spillway")), ["lock", "slurmd"])

    def test_token_and_key_are_left_nowhere_else(self):
        machine = self.machine()
        self.assertEqual(machine.boot(), 0, machine.output)
        for folder, _, names in os.walk(machine.root):
            for name in names:
                content = machine.read(os.path.join(folder, name))
                self.assertNotIn(TOKEN.encode(), content, name)
                if name != "munge.key":
                    self.assertNotIn(KEY[:64], content, name)
        self.assertNotIn(TOKEN, machine.output)

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
        user_data = subprocess.Popen([machine.folder + "/user-data"], cwd=machine.root,
                                     env=machine.environment(), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, text=True)
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
        self.assertFalse([line for line in machine.asked() if line.startswith("unhealthy")])

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
        machine = self.machine("--gpus", "0", gpus="3")
        self.assertEqual(machine.boot(), 0, machine.output)
        self.assertIn("ready", machine.asked())

    def test_slurmds_words_are_told_when_it_does_not_start(self):
        machine = self.machine()
        machine.write("slurmd-fails", b"", 0o600)
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual(machine.asked()[1:],
                         ["ready", "unhealthy slurmd did not start: slurmd: fatal: no such node"])
        os.remove(machine.root + "/slurmd-fails")

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
        # PATH without the host's own slurmd: links to all else.
        tools = os.path.join(machine.root, "tools")
        os.makedirs(tools)
        for folder in ("/bin", "/usr/bin"):
            for name in os.listdir(folder):
                if not os.path.lexists(os.path.join(tools, name)):
                    os.symlink(os.path.join(folder, name), os.path.join(tools, name))
        self.assertNotEqual(machine.boot(PATH=f"{machine.root}/bin:{tools}"), 0)
        self.assertEqual(machine.asked()[1:], ["unhealthy slurmd is not installed"])

    def test_two_runs_at_once_are_one(self):
        machine = self.machine()
        runs = [subprocess.Popen([machine.folder + "/user-data"], cwd=machine.root,
                                 env=machine.environment(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL) for _ in range(4)]
        self.assertEqual([run.wait(PATIENCE) for run in runs], [0, 0, 0, 0])
        self.assertEqual(len(machine.calls("slurmd")), 1)
        self.assertEqual(len(machine.calls("munged")), 1)

    @staticmethod
    def end_process(machine, pid_file):
        """Lets the pid file name a process that is gone for certain: one of ours, reaped. (The
        stand-in's own would be a zombie for as long as init pleases.)"""
        gone = subprocess.Popen(["true"])
        gone.wait()
        machine.write(pid_file, f"{gone.pid}\n".encode(), 0o644)


if __name__ == "__main__":
    unittest.main(verbosity=2)
