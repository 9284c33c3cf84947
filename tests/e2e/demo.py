# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/demo plays to its end: exit 0, each chapter told, a shortage at the cheapest offer is a
detour, the bill is equal to the invoice, nothing is left behind.

    demo.py all|hyperstack|voltage-park|lambda
"""

import os
import re
import subprocess
import sys

from cluster_processes import marked

DEMO = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "scripts", "demo")
CHAPTERS = (
    r"\$ sbatch simulate\.sh",
    r"\$ sbatch train\.sh",
    r"\$ spillway offers\n",
    r"job \d+ may burst\n +- gpu: burst after 10 s of waiting",
    r"machines ordered 3/3",
    r"h100-00\d trained on GPUs 0,1,2,3,4,5,6,7",
    r"local-[12] simulated on GPUs",
    r"no machine is left",
    r"\$ spillway bill",
    r"simulated cloud's invoice: \d+\.\d\d \$, equal",
    r"What next",
)
# What is chosen and refused first, and where the gang's machines are in the end.
DETOURS = {
    "all": ("hyperstack CANADA-1 n3-H100x8", "voltage-park [0-9a-f-]+ bare-metal"),
    "hyperstack": ("hyperstack CANADA-1 n3-H100x8", "hyperstack CANADA-1 n3-H100-SXM5x8"),
    "voltage-park": (
        "voltage-park [0-9a-f-]+ bare-metal",
        "voltage-park [0-9a-f-]+ bare-metal infiniband",
    ),
    "lambda": ("lambda us-east-1 gpu_8x_h100_sxm5", "lambda us-south-2 gpu_8x_h100_sxm5"),
}


def chapters(provider):
    first, then = DETOURS[provider]
    return (
        *CHAPTERS,
        f"cheapest that fits:\\s+{first},",
        r"was refused machines",
        f"h100-001 +{then} ",
        f"h100-002 +{then} ",
    )


def main():
    provider = sys.argv[1]
    done = subprocess.run(
        [DEMO, "--provider", provider], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=540, check=False,
    )
    print(done.stdout)
    problems = [f"no line like {line}" for line in chapters(provider) if not re.search(line, done.stdout)]
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
