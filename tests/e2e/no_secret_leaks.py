# SPDX-License-Identifier: GPL-2.0-or-later
"""After a whole run, machines, VPN and all, every key and token is looked for: in logs, in the
ledger, in what the commands print, in the arguments and the environment of every process that ran,
and in files that others could read. It is in none of them."""

import base64
import os
import stat
import sys
import threading

import cluster_files as files
from cluster_network import NotPossible, in_a_vpn
from scenario import Scenario, check, play

# Of a machine's root: the rest is the host's.
MACHINE_FOLDERS = ("etc", "home", "root", "run", "tmp", "var/lib/cloud", "var/lib/spillway", "var/log")
# What must hold no secret, whoever may read it.
PUBLIC = ("/log/", "/ledger.db", ".log", ".out", "/decisions", "/explanations.json", "/spool/")


class Watch(threading.Thread):
    """Collects the arguments and the environment of every process that it sees."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen = {}  # text -> pid
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            for name in os.listdir("/proc"):
                if name.isdigit():
                    self.look(name)

    def look(self, pid):
        for what in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{what}", "rb") as file:
                    self.seen.setdefault(file.read(), f"{what} of {pid}")
            except OSError:
                pass


def read(path):
    with open(path, "rb") as file:
        return file.read()


def private_part(pem):
    """Lines of the key, not of the certificate."""
    key = pem.split(b"-----END PRIVATE KEY-----")[0]
    return [line for line in key.splitlines() if len(line) > 30]


def find_secrets(cluster):
    """What is looked for: name -> bytes."""
    path = cluster.layout.path
    found = {f"{name}'s key": read(path(f"{name}.key")).strip() for name in cluster.options.providers}
    munge = read(path("munge.key"))
    found["munge's key"] = munge
    found["munge's key in base64"] = base64.b64encode(munge)
    found["the key of tokens"] = read(path("ledger.db.key")).strip()
    for number, line in enumerate(private_part(read(path("ledger.db.join.pem")))):
        found[f"the join service's key, line {number}"] = line
    found["the head's WireGuard key"] = read(path("ledger.db.wireguard.key")).strip()
    for machine in cluster.machines():
        user_data = read(path("cloud", "machines", machine["id"], "user-data"))
        (token,) = [line for line in user_data.splitlines() if line.startswith(b"token=")]
        found[f"the token of {machine['id']}"] = token.removeprefix(b"token=").strip(b"'")
        key = cluster.machine_root(machine) + "/var/lib/spillway/wireguard.key"
        found[f"the WireGuard key of {machine['id']}"] = read(key).strip()
    for name, secret in found.items():
        check(len(secret) >= 32, f"{name} is {len(secret)} bytes: nothing to look for")
    return found


def files_below(folder):
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(where, name))]
        for name in names:
            path = os.path.join(where, name)
            facts = os.lstat(path)
            if stat.S_ISREG(facts.st_mode):
                yield path, facts


def search_files(folder, secrets):
    """Where a secret is that should not be there; and how many private files hold one."""
    kept, leaks = 0, []
    for path, facts in files_below(folder):
        try:
            text = read(path)
        except OSError:
            continue
        names = [name for name, secret in secrets.items() if secret in text]
        if not names:
            continue
        is_public = any(word in path for word in PUBLIC) and not path.endswith((".key", ".pem", ".conf"))
        if is_public or facts.st_mode & 0o077:
            leaks.append(f"{path} (mode {facts.st_mode & 0o777:o}): {', '.join(names)}")
        else:
            kept += 1
    return kept, leaks


def search_output(cluster, secrets):
    printed = {
        "spillway events": cluster.spillway("events", "--json"),
        "spillway status": cluster.spillway("status", "--json"),
        "spillway bill": cluster.spillway("bill", "--json"),
        "spillway check": cluster.run(
            [cluster.layout.program("spillway"), "--config", cluster.layout.path("spillway.yaml"),
             "doctor"], check=False).stdout,
        "scontrol show node": cluster.run(["scontrol", "show", "node"]).stdout,
        "scontrol show job": cluster.run(["scontrol", "show", "job"]).stdout,
    }
    return [
        f"{name}: {secret_name}"
        for name, text in printed.items()
        for secret_name, secret in secrets.items()
        if secret in text.encode()
    ]


def story(scenario: Scenario):
    cluster = scenario.cluster
    watch = Watch()
    watch.start()
    held = scenario.fill_local_nodes()
    scenario.faults({"match": {"machine": "next"}, "do": "hardware", "gpus": 7})
    job = scenario.hold()
    cluster.wait_job(job, "RUNNING", 240)
    secrets = find_secrets(cluster)
    scenario.say(f"looking for {len(secrets)} secrets")
    leaks = []
    for machine in cluster.machines():
        root = cluster.machine_root(machine)
        for folder in MACHINE_FOLDERS:
            leaks += search_files(os.path.join(root, folder), secrets)[1]
    scenario.release([job, *held])
    cluster.wait_job(job, "COMPLETED")
    scenario.wait_no_machine()
    leaks += search_output(cluster, secrets)
    watch.over.set()
    watch.join()
    kept, in_files = search_files(cluster.folder, secrets)
    # If it found nothing where they are kept, it would find nothing anywhere.
    check(kept >= len(cluster.options.providers) + 4, f"secrets were seen in {kept} private files")
    leaks += in_files
    leaks += [
        f"{where}: {name}"
        for text, where in watch.seen.items()
        for name, secret in secrets.items()
        if secret in text
    ]
    check(len(watch.seen) > 50, f"only {len(watch.seen)} arguments and environments were seen")
    check(not leaks, "secrets where others could see them:\n" + "\n".join(leaks))
    scenario.say(f"nowhere in {len(watch.seen)} arguments and environments, logs, ledger, output")
    scenario.broker_lives()


try:
    play(story, files.Options(**in_a_vpn(), local_nodes=1, burst_after="2s"))
except NotPossible as reason:
    print(f"skipped: {reason}")
    sys.exit(77)
