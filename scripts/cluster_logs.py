# SPDX-License-Identifier: GPL-2.0-or-later
"""What the logs of a private cluster say, its machines' too."""

import os

# Lines of Slurm, and of the broker's questions that were answered.
_CHATTER = (
    "Gres Name=",
    "PMIx",
    "pmix",
    "plugin loaded",
    "attempt number",
    "NOTE: Trying backup",
    "No such file or directory: ",
    "-> HTTP 200",
    "Unauthorized credential for client",
)


def machine_root(folder):
    """Where the files are of a machine with this folder; one with namespaces must run."""
    try:
        with open(os.path.join(folder, "init"), encoding="utf-8") as file:
            return f"/proc/{file.read().strip()}/root"
    except FileNotFoundError:
        return os.path.join(folder, "root")


def machine_folders(cloud_folder):
    """Those in which logs of machines are."""
    machines = os.path.join(cloud_folder, "machines")
    found = []
    for name in sorted(os.listdir(machines)) if os.path.isdir(machines) else []:
        folder = os.path.join(machines, name)
        root = machine_root(folder)
        folders = (folder, root, os.path.join(root, "var/log/slurm"))
        found += [each for each in folders if os.path.isdir(each)]
    return found


def tails(folders, lines):
    """The ends of all logs in these folders."""
    text = []
    for folder in folders:
        names = set(os.listdir(folder))
        for name in sorted(names):
            # A daemon with a log of its own says the same on its output.
            is_double = name.endswith(".out") and name.replace(".out", ".log") in names
            if name == "log" or (name.endswith((".log", ".out")) and not is_double):
                path = os.path.join(folder, name)
                text.append(f"---- {path}\n{_tail(path, lines)}")
    return "\n".join(text)


def _tail(path, lines):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            told = [line for line in file if not any(word in line for word in _CHATTER)]
            return "".join(told[-lines:])
    except OSError as error:
        return str(error)
