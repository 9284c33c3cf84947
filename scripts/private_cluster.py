#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Slurm cluster with Spillway and a simulated cloud, in one folder, for the demo and the
tests: munged, slurmctld with the plugin, local slurmds, spillway-simcloud, spillwayd. Needs no
root, listens on loopback only, and leaves nothing behind.

    scripts/private_cluster.py start [--namespaces] [FOLDER]
                                                make one and leave it running
    scripts/private_cluster.py stop FOLDER      end it and remove its folder

With --namespaces (as root) it is in a network of its own, and its machines have namespaces.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import cluster_files as files
import cluster_logs as logs
import cluster_network
import cluster_processes as processes
from cluster_processes import TimedOut, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# UNIX sockets have 108 bytes for their path, and slurmstepd's stands deep in a machine's folder.
_LONGEST_FOLDER = 24


class CommandFailed(Exception):
    """A command of the cluster ended badly."""


def default_build():
    return os.environ.get("SPILLWAY_BUILD_DIR") or os.path.join(ROOT, "build")


class PrivateCluster:
    """Use it as a context: `with PrivateCluster() as cluster: cluster.start()`."""

    def __init__(self, options=None, folder=None, build=None, keep=False):
        self.options = options or files.Options()
        if self.options.namespaces:
            cluster_network.leave_host()
        self.folder = folder or tempfile.mkdtemp(prefix="spill-", dir="/tmp")
        if len(self.folder) > _LONGEST_FOLDER:
            raise ValueError(f"{self.folder}: longer than {_LONGEST_FOLDER} characters")
        self.keep = keep
        try:
            self.layout = files.make_layout(self.folder, build or default_build(), self.options)
        except BaseException:
            self.remove()
            raise
        self.environment = {
            **files.system_environment(),
            "SLURM_CONF": self.layout.path("slurm.conf"),
            "SLURM_TIME_FORMAT": "%s",
        }
        self.daemons = processes.Processes(self.folder, self.environment, bound=not keep)
        self.cloud_url = ""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if not self.keep or kind is not None:
            self.stop()
            self.remove()

    # ---- files

    def _write(self, name, text, mode=0o644):
        path = self.layout.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # An earlier one may be read-only, to all but root.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)

    def write_files(self):
        layout, options = self.layout, self.options
        for name in ("log", "run", "state", "spool", "cloud", "work"):
            os.makedirs(layout.path(name), exist_ok=True)
        munge_key = secrets.token_bytes(128)
        keys = {name: "secret_" + secrets.token_hex(16) for name in options.providers}
        self._write("munge.key", munge_key, 0o400)
        for name, key in keys.items():
            self._write(f"{name}.key", key + "\n", 0o600)
        self._write("scenario.json", files.scenario_json(layout, options, keys), 0o600)
        self._write("slurm.conf", files.slurm_conf(layout, options))
        self._write("gres.conf", files.gres_conf(layout, options))
        self._write("cgroup.conf", files.cgroup_conf(layout))
        self._write("machine/munge.key", munge_key, 0o400)
        self._write("machine/slurm.conf", files.machine_slurm_conf(layout, options))
        self._write("machine/gres.conf", files.gres_conf(layout, options))
        self._write("machine/cgroup.conf", files.cgroup_conf(layout))
        self._write("power/spillway-resume", files.power_script(layout, "spillway-resume"), 0o755)
        self._write("power/spillway-suspend", files.power_script(layout, "spillway-suspend"), 0o755)
        fail = files.power_script(layout, "spillway-suspend", "--resume-fail")
        self._write("power/spillway-resume-fail", fail, 0o755)
        self._write("environment", files.environment_file(layout, options))
        self._write("cluster.json", json.dumps({"folder": self.folder, "build": layout.build}))

    # ---- daemons

    def start(self):
        self.write_files()
        self.start_munged()
        self.start_simcloud()
        self.start_slurmctld()
        for name in files.local_names(self.options):
            self.start_slurmd(name)
        self.start_broker()
        names = files.local_names(self.options)
        wait_for(
            "the local nodes to be idle",
            lambda: all(self.node(name)["State"].startswith("IDLE") for name in names),
            timeout=90,
        )

    def start_munged(self):
        path = self.layout.path
        options = {
            "key-file": path("munge.key"),
            "socket": path("munge.socket"),
            "pid-file": path("run", "munged.pid"),
            "log-file": path("log", "munged.log"),
            "seed-file": path("run", "munged.seed"),
        }
        words = [f"--{key}={value}" for key, value in options.items()]
        self.daemons.start("munged", ["munged", "--foreground", "--force", *words])
        self._wait_alive("munged", "munged's socket", lambda: os.path.exists(path("munge.socket")))

    def start_simcloud(self, listen="127.0.0.1:0"):
        ready = self.layout.path("cloud.json")
        if os.path.exists(ready):
            os.unlink(ready)
        words = ["--listen", listen, "--folder", self.layout.path("cloud")]
        words += ["--scenario", self.layout.path("scenario.json"), "--ready-file", ready]
        self.daemons.start("simcloud", [self.layout.program("spillway-simcloud"), *words])
        self._wait_alive("simcloud", "the simulated cloud", lambda: os.path.exists(ready))
        with open(ready, encoding="utf-8") as file:
            self.cloud_url = json.load(file)["url"]
        text = files.spillway_yaml(self.layout, self.options, self.cloud_url)
        self._write("spillway.yaml", text)

    def start_slurmctld(self):
        # PATH and decisions file come from its environment, as an admin's unit would give them.
        decisions = self.layout.path("decisions")
        self.daemons.start("slurmctld", ["slurmctld", "-D"], SPILLWAY_DECISIONS=decisions)
        self._wait_alive("slurmctld", "slurmctld to answer", self.slurmctld_answers)

    def slurmctld_answers(self):
        ping = self.run(["scontrol", "ping"], check=False).stdout
        return " UP" in ping

    def start_slurmd(self, name):
        self.daemons.start(name, ["slurmd", "-D", "-N", name])

    def start_broker(self):
        before = time.time_ns()
        words = ["--config", self.layout.path("spillway.yaml"), "--stderr", "--log-level", "debug"]
        self.daemons.start("spillwayd", [self.layout.program("spillwayd"), *words])

        def is_up():
            try:
                return os.stat(self.layout.path("decisions")).st_mtime_ns >= before
            except FileNotFoundError:
                return False

        self._wait_alive("spillwayd", "spillwayd to write its decisions", is_up)

    def kill_broker(self):
        self.daemons.stop("spillwayd", signal.SIGKILL)

    def kill_simcloud(self):
        """With all its machines, and all that it knew of them."""
        self.daemons.stop("simcloud", signal.SIGKILL)

    def revive_simcloud(self):
        """Where the broker knows it to be."""
        self.start_simcloud(listen=self.cloud_url.removeprefix("http://"))

    def kill_slurmctld(self):
        self.daemons.stop("slurmctld", signal.SIGKILL)

    def restart_slurmctld(self):
        self.daemons.stop("slurmctld", patience=30)
        self.start_slurmctld()

    def _wait_alive(self, name, what, probe):
        wait_for(what, lambda: self.daemons.check(name) and probe(), timeout=60)

    def stop(self):
        """Ends everything that this cluster started, whatever state it is in. Machines first: a
        job's processes there are the simulated cloud's."""
        for name in ("spillwayd", "simcloud", "slurmctld"):
            self.daemons.stop(name)
        for name in list(self.daemons.running):
            self.daemons.stop(name, patience=3)
        processes.sweep(self.folder)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- Slurm's commands, and ours

    def run(self, command, check=True, timeout=30):
        """Runs a command inside the cluster."""
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.layout.path("work"),
            env=self.daemons.environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if check and done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise CommandFailed(f"{' '.join(command)}: exit {done.returncode}: {said}")
        return done

    def spillway(self, *words):
        command = [self.layout.program("spillway"), "--config", self.layout.path("spillway.yaml")]
        return self.run([*command, *words]).stdout

    def follow(self, *words):
        """The lines of a spillway command that goes on, as they come; ends with the cluster."""
        command = [self.layout.program("spillway"), "--config", self.layout.path("spillway.yaml")]
        process = subprocess.Popen(
            [*command, *words],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self.daemons.environment,
            start_new_session=True,
        )
        self.daemons.running[f"spillway {words[0]}"] = process
        yield from process.stdout

    def sbatch(self, *words):
        """Submits; returns the job's number."""
        return int(self.run(["sbatch", "--parsable", *words]).stdout.split(";")[0])

    def jobs(self):
        """All jobs that slurmctld knows: number -> state, reason, nodes, name."""
        said = self.run(["squeue", "-h", "-a", "-t", "all", "-o", "%A|%T|%r|%N|%j"], check=False)
        found = {}
        for line in said.stdout.splitlines():
            number, state, reason, nodes, name = line.split("|", 4)
            found[int(number)] = {"state": state, "reason": reason, "nodes": nodes, "name": name}
        return found

    def job_state(self, number):
        return self.jobs().get(number, {}).get("state", "")

    def node(self, name):
        """One node's record as `scontrol show node` prints it; empty values when there is none."""
        said = self.run(["scontrol", "show", "node", name, "-o"], check=False).stdout
        record = {"State": "", "Reason": ""}
        for word in said.split(" Reason=")[0].split():
            key, _, value = word.partition("=")
            record[key] = value
        if " Reason=" in said:
            record["Reason"] = said.split(" Reason=")[1].strip()
        return record

    def wait_job(self, number, state, timeout=150):
        """Waits until the job is in that state; a job that failed is not waited for."""

        def probe():
            now = self.job_state(number)
            if now in ("FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL") and now != state:
                raise RuntimeError(f"job {number} is {now}, not {state}")
            return now == state

        wait_for(f"job {number} to be {state}", probe, timeout, look=lambda: self.jobs()[number])

    # ---- the simulated cloud's admin side

    def cloud(self, path, body=None):
        """GET, or POST with a JSON body; returns the answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.cloud_url + path, data=data)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def machines(self):
        """The machines that exist, as the cloud's own books have them."""
        found = self.cloud("/sim/machines")["machines"]
        return [machine for machine in found if machine["status"] != "gone"]

    def machine_root(self, machine):
        """Where the files are of one of machines(); one with namespaces must run."""
        return logs.machine_root(self.layout.path("cloud", "machines", machine["id"]))

    def invoice(self):
        return self.cloud("/sim/invoice")

    def requests(self):
        return self.cloud("/sim/requests")["requests"]

    def launches(self):
        """The create calls that reached the cloud, whatever it answered."""
        return [request for request in self.requests() if "launch" in request]

    # ---- for people

    def log_tails(self, lines=100):
        """The ends of all logs, without what never tells anything, for a failure's report."""
        machines = logs.machine_folders(self.layout.path("cloud"))
        return logs.tails([self.layout.path("log"), *machines], lines)


def stop_kept(folder):
    """Ends a cluster that was left running, and removes its folder."""
    if not os.path.exists(os.path.join(folder, "cluster.json")):
        raise SystemExit(f"{folder}: no private cluster (it has no cluster.json)")
    folder = os.path.realpath(folder)
    # In this order the machines are ended by their cloud, not orphaned.
    processes.sweep(folder)
    shutil.rmtree(folder)


def main():
    words = sys.argv[1:]
    options = files.Options(namespaces="--namespaces" in words[:2])
    if options.namespaces:
        words.remove("--namespaces")
    if words[:1] == ["start"] and len(words) <= 2:
        folder = words[1] if len(words) == 2 else None
        if folder:
            os.makedirs(folder, mode=0o700)
        with PrivateCluster(options, folder=folder, keep=True) as cluster:
            cluster.start()
            print(cluster.folder)
    elif words[:1] == ["stop"] and len(words) == 2:
        stop_kept(words[1])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except (TimedOut, CommandFailed, RuntimeError, urllib.error.URLError) as failure:
        raise SystemExit(f"private_cluster: {failure}") from None
