# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/demo plays to its end: exit 0, each chapter told, the bill equal to the invoice, nothing
left behind."""

import os
import re
import subprocess
import sys

from cluster_processes import marked

DEMO = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "scripts", "demo")
CHAPTERS = (
    r"\$ sbatch simulate\.sh",
    r"\$ sbatch train\.sh",
    r"\$ spillway offers\n(?s:.*)lambda +us-east-1 +gpu_8x_h100_sxm5",
    r"job \d+ may burst\n +- waiting \d+ s",
    r"cheapest that fits: lambda",
    r"machines ordered 3/3",
    r"h100-00\d trained on GPUs 0,1,2,3,4,5,6,7",
    r"local-[12] simulated on GPUs",
    r"no machine is left",
    r"\$ spillway bill",
    r"simulated cloud's invoice: \d+\.\d\d \$, equal",
    r"What next",
)


def main():
    done = subprocess.run(
        [DEMO], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=540, check=False,
    )
    print(done.stdout)
    problems = [f"no line like {line}" for line in CHAPTERS if not re.search(line, done.stdout)]
    if done.returncode != 0:
        problems.append(f"exit {done.returncode}")
    if "\033" in done.stdout or "\r" in done.stdout:
        problems.append("terminal codes in a plain stream")
    folder = re.search(r"starts in (\S+)", done.stdout)
    if not folder:
        problems.append("the folder was not named")
    elif os.path.exists(folder.group(1)) or marked(folder.group(1)):
        problems.append(f"{folder.group(1)} or its processes are left")
    for problem in problems:
        print("demo:", problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
