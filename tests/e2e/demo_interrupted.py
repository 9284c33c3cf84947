# SPDX-License-Identifier: GPL-2.0-or-later
"""Ctrl-C while machines boot: the demo ends at once, and leaves no process and no folder."""

import os
import re
import signal
import subprocess
import sys
import threading

from cluster_processes import marked, sweep

DEMO = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "scripts", "demo")


def read_until(stream, pattern):
    """The lines up to and with the first that matches; all, when none does."""
    lines = []
    for line in stream:
        print(line, end="", flush=True)
        lines.append(line)
        if re.search(pattern, line):
            break
    return "".join(lines)


def main():
    demo = subprocess.Popen(
        [DEMO], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )
    guard = threading.Timer(400, demo.kill)
    guard.start()
    told = read_until(demo.stdout, r"machines ordered [1-3]/3")
    folder = re.search(r"starts in (\S+)", told).group(1)
    seen = marked(folder)
    # As a terminal does it: the signal goes to the whole foreground group.
    os.killpg(demo.pid, signal.SIGINT)
    told += demo.stdout.read()
    code = demo.wait()
    guard.cancel()

    left = marked(folder)
    problems = []
    if len(seen) < 6:
        problems.append(f"only {len(seen)} processes were seen before: too few to judge")
    if code != 128 + signal.SIGINT:
        problems.append(f"exit {code} instead of {128 + signal.SIGINT}:\n{told}")
    if left:
        problems.append(f"processes are left: {sorted(left)}")
        sweep(folder)
    if os.path.exists(folder):
        problems.append(f"{folder} is left")
    for problem in problems:
        print("demo_interrupted:", problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
