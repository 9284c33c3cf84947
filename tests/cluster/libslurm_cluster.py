#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""libslurm_cluster.py TEST: runs TEST against a private slurmctld, and once more after its end."""

import re
import subprocess
import sys

from private_cluster import PrivateCluster


def use_stock_slurm(cluster):
    """slurmctld alone: the stock select plugin, power programs that do nothing, a log that says
    what was not sent."""
    path = cluster.layout.path("slurm.conf")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub("(?m)^(PluginDir|SelectType|SlurmctldDebug)=.*\n", "", text)
    text += "SelectType=select/cons_tres\nSlurmctldDebug=debug3\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    for name in ("resume", "suspend", "resume-fail"):
        with open(cluster.layout.path("power", name), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 0\n")


def run_test(test, cluster, slurmctld):
    environment = {
        **cluster.environment,
        "SPILLWAY_SLURMCTLD": slurmctld,
        "SPILLWAY_SLURMCTLD_LOG": cluster.layout.path("log", "slurmctld.log"),
    }
    return subprocess.run([test], env=environment, check=False, timeout=240).returncode


def main():
    test = sys.argv[1]
    with PrivateCluster() as cluster:
        cluster.write_files()
        use_stock_slurm(cluster)
        cluster.start_munged()
        cluster.start_slurmctld()
        failed = run_test(test, cluster, "up")
        if failed:
            print(cluster.log_tails())
        cluster.daemons.stop("slurmctld", patience=30)
        return failed or run_test(test, cluster, "gone")


if __name__ == "__main__":
    sys.exit(main())
