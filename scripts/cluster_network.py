# SPDX-License-Identifier: GPL-2.0-or-later
"""The network of a private cluster whose machines have namespaces: a network namespace without a
name, "the internet" to the simulated clouds. It is there as long as something runs in it."""

import ctypes
import os
import subprocess

HEAD_ADDRESS = "203.0.113.1"  # of the cluster's own host, the public one
HEAD_IN_VPN = "10.90.0.1"
_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_SIM_HTTP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sim", "http")

_CONNECT = f"ip link set lo up && ip address add {HEAD_ADDRESS}/32 dev lo"
# wireguard-go has its sockets in /run, by the interface's name alone.
_MOUNT = """set -e
mount --make-rprivate /
mkdir -p /run/wireguard
mount -t tmpfs -o mode=0755 wireguard /run/wireguard
"""


class NotPossible(RuntimeError):
    """This host, or whoever runs this, cannot have machines in namespaces; says what is missing."""


def in_a_vpn():
    """Options of a cluster whose machines join a VPN, and know slurmctld by its address there."""
    vpn = f"""vpn:
  endpoint: "{HEAD_ADDRESS}:51820"
  network: 10.90.0.0/16
"""
    return {
        "namespaces": True,
        "address_for_machines": HEAD_IN_VPN,
        "more_spillway_yaml": vpn,
    }


def leave_host():
    """This thread, and what it starts from now on, leaves the host's network for a new one; and has
    mounts of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET | _CLONE_NEWNS) != 0:
        raise NotPossible(f"machines in namespaces: {os.strerror(ctypes.get_errno())}")
    _run(["sh", "-c", _CONNECT])
    _run(["sh", os.path.join(_SIM_HTTP, "namespaces.sh"), "check"])
    _run(["sh", "-c", _MOUNT])


def _run(command):
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise NotPossible(said.stderr.strip())
