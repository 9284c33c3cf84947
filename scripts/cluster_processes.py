# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes of a private cluster: started with a mark in their environment, so that none can be
lost, and ended by that mark, so that no other is ever touched."""

import ctypes
import os
import signal
import subprocess
import time

MARK = "SPILLWAY_PRIVATE_CLUSTER"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class TimedOut(Exception):
    """Something awaited did not come."""


def wait_for(what, probe, timeout=60, every=0.2, look=None):
    """Returns the first true value of probe(). When there is none within `timeout` seconds, tells
    what was awaited, and what look() sees."""
    deadline = time.monotonic() + timeout
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            seen = f"; now: {look()}" if look else ""
            raise TimedOut(f"waited {timeout} s for {what}{seen}")
        time.sleep(every)


class Processes:
    """The daemons of one cluster, by name. `bound` ones end when this process dies."""

    def __init__(self, folder, environment, bound):
        self.folder = folder
        self.environment = {**environment, MARK: folder}
        self.bound = bound
        self.running = {}

    def start(self, name, command, **environment):
        with open(os.path.join(self.folder, "log", f"{name}.out"), "ab") as log:
            self.running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**self.environment, **environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if self.bound else None,
            )
        return self.running[name]

    def check(self, name):
        """Raises when the process has ended; else returns True."""
        code = self.running[name].poll()
        if code is not None:
            raise RuntimeError(f"{name} ended with {code}; see log/{name}.out in {self.folder}")
        return True

    def stop(self, name, number=signal.SIGTERM, patience=10):
        """Ends one daemon and waits for it; by force when it does not heed."""
        process = self.running.pop(name, None)
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def marked(folder):
    """The pids whose environment bears the folder's mark, and all their descendants."""
    mark = f"{MARK}={folder}".encode()
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    found = {pid for pid in pids if mark in _read(f"/proc/{pid}/environ").split(b"\0")}
    parents = {pid: _parent(pid) for pid in pids}
    while True:
        more = {pid for pid in pids if parents[pid] in found} - found
        if not more:
            return {pid for pid in found if pid != os.getpid() and not _is_zombie(pid)}
        found |= more


def _stat_fields(pid):
    # The name in the second field may hold blanks and parentheses.
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def _parent(pid):
    fields = _stat_fields(pid)
    return int(fields[1]) if len(fields) > 1 else 0


def _is_zombie(pid):
    fields = _stat_fields(pid)
    return not fields or fields[0] == b"Z"


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def sweep(folder, patience=5):
    """Ends what still bears the mark, by SIGTERM, then by SIGKILL, until nothing does."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + patience
        left = marked(folder)
        signal_all(left, number)
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = marked(folder)
            if number == signal.SIGKILL:
                signal_all(left, number)
        if not left:
            return
    raise RuntimeError(f"processes of {folder} do not end: {sorted(left)}")
