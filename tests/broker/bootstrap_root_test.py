#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The real user-data and bootstrap on a machine of its own, in a network and mount namespace that
this test makes for itself. VPN, firewall, packages, services and mounts are stand-ins, but for one
test in which WireGuard and nftables are real."""

import os
import subprocess
import sys
import unittest

import bootstrap_machine
from bootstrap_machine import KEY
from bootstrap_own_machine import OwnMachine, enter_own_namespaces, mount

HEAD = "headheadheadheadheadheadheadheadheadheadhea="
OTHERS = ["oneoneoneoneoneoneoneoneoneoneoneoneoneoneo=",
          "twotwotwotwotwotwotwotwotwotwotwotwotwotwot="]
VPN = ["tunnel 10.90.0.7/16", f"peer {HEAD} 203.0.113.1:51820 10.90.0.0/16,10.1.0.0/24"]
PEERS = [f"peer {OTHERS[0]} 10.0.2.101:51820 10.90.0.8/32",
         f"peer {OTHERS[1]} 10.0.2.102:51820 10.90.0.9/32"]


class RootTest(unittest.TestCase):
    def machine(self, *arguments, **more):
        machine = OwnMachine(*arguments, **more)
        self.addCleanup(machine.clear)
        return machine

    def boots(self, machine, **more):
        self.assertEqual(machine.boot(**more), 0, machine.output)

    def is_refused(self, machine, reason):
        self.assertNotEqual(machine.boot(), 0)
        self.assertEqual([line for line in machine.calls("slurmd") if " -b " in line], [])
        self.assertRegex(machine.asked()[-1], f"^unhealthy {reason}$")

    def test_the_vpn_comes_up(self):
        machine = self.machine(say=VPN)
        self.boots(machine)
        self.assertIn(
            "wg set spillway0 private-key /var/lib/spillway/wireguard.key listen-port 51820"
            f" peer {HEAD} endpoint 203.0.113.1:51820 allowed-ips 10.90.0.0/16,10.1.0.0/24"
            " persistent-keepalive 25",
            machine.calls("wg"))
        network = machine.calls("ip")
        for call in ("ip link add spillway0 type wireguard",
                     "ip address replace 10.90.0.7/16 dev spillway0",
                     "ip link set spillway0 mtu 1420 up",
                     "ip route replace 10.1.0.0/24 dev spillway0"):
            self.assertIn(call, network)
        self.assertEqual(machine.calls("wireguard-go"), [])

    def test_an_earlier_state_of_the_vpn_is_replaced_in_place(self):
        machine = self.machine(say=VPN)
        machine.note("interface")
        machine.note("peers", "\n".join(OTHERS) + "\n")
        machine.note("addresses", "10.90.0.99/16\n")
        self.boots(machine)
        self.assertNotIn("ip link add spillway0 type wireguard", machine.calls("ip"))
        self.assertEqual(machine.noted("peers").split(), [HEAD])
        self.assertEqual(machine.noted("addresses").split(), ["10.90.0.7/16"])

    def test_a_kernel_without_wireguard_uses_wireguard_go(self):
        machine = self.machine(say=VPN)
        machine.note("no-module")
        machine.make_package("wireguard-go", "wireguard-go")
        machine.make_package("wireguard-tools", "wg")
        machine.note("lists-locked")
        self.boots(machine)
        self.assertEqual(machine.calls("wireguard-go"), ["wireguard-go -f spillway0"])
        self.assertEqual(machine.living("wireguard-go"), 1)
        updates = [line for line in machine.calls("apt-get") if line.endswith(" update")]
        self.assertEqual(len(updates), 2, "once for all packages, and again since it was locked")

    def test_a_head_that_does_not_answer_is_told(self):
        machine = self.machine(say=VPN)
        machine.note("silent", HEAD + "\n")
        self.is_refused(machine, "vpn: no answer from the head at 203.0.113.1:51820")

    def test_a_network_that_is_the_machines_own_is_told(self):
        machine = self.machine(say=VPN)
        machine.note("own-route", "10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.5\n")
        self.is_refused(machine, "vpn: network 10.1.0.0/24 is one of the machine's own")

    def test_the_main_interfaces_address_is_told_first(self):
        machine = self.machine()
        machine.note("all-addresses", "2: spillway0 inet 10.90.0.7/16 scope\n"
                     "3: docker0 inet 172.17.0.1/16 scope\n4: ib0 inet 10.8.0.5/24 scope\n"
                     "5: eth0 inet 10.0.2.100/24 scope\n5: eth0 inet6 2001:db8::5/64 scope\n")
        self.boots(machine, SPILLWAY_ADDRESS="")
        self.assertIn("addresses=10.0.2.100,2001:db8::5,10.8.0.5 ", machine.asked()[0])

    def test_without_a_vpn_network_and_firewall_are_left_alone(self):
        machine = self.machine()
        self.boots(machine)
        self.assertEqual(machine.calls("wireguard-go", "nft", "ip"), [])
        self.assertEqual([line for line in machine.calls("wg") if "genkey" not in line and
                          "pubkey" not in line], [])

    def test_the_firewall_lets_in_the_vpn_alone(self):
        machine = self.machine(say=VPN)
        self.boots(machine)
        self.assertEqual(machine.noted("rules").split("{", 2)[2], """
    type filter hook input priority 0; policy drop;
    iif "lo" accept
    ct state established,related accept
    iifname "spillway0" accept
    meta l4proto { icmp, ipv6-icmp } accept
    udp sport 67 udp dport 68 accept
    udp sport 547 udp dport 546 accept
    udp dport 51820 accept
  }
}
""")

    def test_a_firewall_that_does_not_stand_is_told(self):
        machine = self.machine(say=VPN)
        machine.note("no-nft")
        self.is_refused(machine, "firewall: Error: Could not process rule")

    def test_machines_of_the_lease_meet_where_they_can(self):
        machine = self.machine(say=VPN, say_ready=PEERS)
        machine.note("silent", OTHERS[1] + "\n")
        self.boots(machine)
        self.assertIn(f"wg set spillway0 peer {OTHERS[0]} endpoint 10.0.2.101:51820"
                      " allowed-ips 10.90.0.8/32 persistent-keepalive 25", machine.calls("wg"))
        self.assertEqual(machine.noted("peers").split(), [HEAD, OTHERS[0]])
        self.assertIn("direct: no answer from 10.0.2.102:51820: through the head", machine.log())
        self.assertIn("ip saddr 10.0.2.101 accept", machine.noted("rules"))
        self.assertNotIn("ip saddr 10.0.2.102 accept", machine.noted("all-rules"))
        first = machine.noted("all-rules").split("table inet spillway\ndelete")[1]
        self.assertNotIn("10.0.2.", first)

    def test_packages_bring_what_is_missing(self):
        machine = self.machine(f"{'/dev/null'}:/etc/later:0400:later")
        for package, program in (("slurmd", "slurmd"), ("slurm-client", "srun"),
                                 ("munge", "munged")):
            machine.make_package(package, program)
        self.boots(machine)
        installed = [line for line in machine.calls("apt-get") if " install " in line]
        self.assertEqual([line.split("--no-install-recommends ")[1] for line in installed],
                         ["slurmd slurm-client", "munge"])
        self.assertIn("-o DPkg::Lock::Timeout=600", installed[0])
        owner = os.stat(machine.path("etc/later"))
        self.assertEqual((owner.st_uid, owner.st_mode & 0o7777), (4242, 0o400))
        self.assertEqual(machine.read("etc/munge/munge.key"), KEY)

    def test_a_package_that_cannot_be_had_is_told(self):
        machine = self.machine()
        machine.make_package("elsewhere", "slurmd")
        self.is_refused(machine,
                        "slurmd is not installed, and apt-get could not install slurmd slurm-client")

    def test_services_of_a_system_with_systemd(self):
        machine = self.machine()
        os.makedirs(machine.path("run/systemd/system"))
        for name in ("systemctl", "systemd-run"):
            text = bootstrap_machine.TICK + "case $* in *is-active*) exit 3 ;; esac\n"
            if name == "systemd-run":
                text += 'while [ "$1" != slurmd ]; do shift; done\nexec "$@"\n'
            machine.write(f"machine/bin/{name}", text, 0o755)
        self.boots(machine)
        self.assertEqual([line for line in machine.calls("systemctl") if "slurmd" in line],
                         ["systemctl disable --now slurmd.service",
                          "systemctl mask slurmd.service"])
        self.assertIn("systemctl restart munge", machine.calls("systemctl"))
        self.assertEqual(machine.calls("munged"), [])
        unit, = machine.calls("systemd-run")
        for word in ("Type=forking", "Delegate=yes", "KillMode=process", "LimitMEMLOCK=infinity"):
            self.assertIn(word, unit)
        self.assertTrue(unit.endswith("slurmd -b -N h100-001 -f /etc/slurm/slurm.conf"))

    def test_file_systems_are_mounted_once(self):
        machine = self.machine(say=["mount nfs4 ro,hard head:/home /net/home/",
                                    "mount lustre - mds:/x /x"])
        machine.make_package("nfs-common", "mount.nfs")
        for _ in range(2):
            self.boots(machine)
            os.remove(machine.path("run/spillway/slurmd"))
        self.assertEqual(machine.calls("mount"), ["mount -t nfs4 -o ro,hard head:/home /net/home",
                                                  "mount -t lustre -o defaults mds:/x /x"])
        self.assertIn("mount: /net/home is there already", machine.log())

    def test_a_mount_that_fails_is_told(self):
        machine = self.machine(say=["mount nfs4 - head:/home /home"])
        machine.note("server-is-gone")
        self.is_refused(machine, "mount: /home: mount.nfs4: Connection timed out")

    def test_bandwidth_is_measured_by_the_lease(self):
        port = {"state": "4: ACTIVE", "link_layer": "InfiniBand", "rate": "400 Gb/sec"}
        cases = {
            "iperf3 over the direct way": (9, 0, "call", "iperf3 -f g -P 8 -t 10 -c 10.0.2.101"),
            "iperf3 serves": (9, 0, "serve", "iperf3 -s -1 -f g"),
            "infiniband": (390, 1, "call", "ib_write_bw -F --report_gbits -d mlx5_0 10.0.2.101"),
            "infiniband serves": (390, 1, "serve", "ib_write_bw -F --report_gbits -d mlx5_0"),
        }
        for name, (gbps, ports, role, call) in cases.items():
            with self.subTest(name):
                machine = self.machine(
                    say=[*VPN, f"bandwidth_gbps {gbps}", f"infiniband_ports {ports}"],
                    say_ready=[*PEERS, f"test {role} 10.90.0.8"])
                mount("-t", "tmpfs", "sys", machine.path("sys/class"))
                for file, text in port.items():
                    machine.write(f"sys/class/infiniband/mlx5_0/ports/1/{file}", text + "\n")
                if role == "call":
                    machine.note("not-yet")
                self.boots(machine)
                self.assertEqual(set(machine.calls("iperf3", "ib_write_bw")), {call})

    def test_bandwidth_that_is_too_small_is_told(self):
        machine = self.machine(say=[*VPN, "bandwidth_gbps 10"],
                               say_ready=[*PEERS, "test call 10.90.0.9"])
        machine.note("silent", OTHERS[1] + "\n")
        self.is_refused(machine, "bandwidth: 9 of 10 Gb/s with 10.90.0.9")
        self.assertEqual(machine.calls("iperf3"), ["iperf3 -f g -P 8 -t 10 -c 10.90.0.9"])

    def test_a_partner_that_is_gone_is_no_fault_of_this_machine(self):
        gone = "iperf3 with 10.90.0.9: iperf3: error - no partner"
        cases = {
            "nobody serves": ("call", "partner-is-gone", 60, gone),
            "nobody calls": ("serve", "partner-is-gone", 1, gone),
            "no rate is told": ("call", "no-rate", 1, "iperf3 as call told no rate"),
        }
        for name, (role, trouble, tries, words) in cases.items():
            with self.subTest(name):
                machine = self.machine(say=[*VPN, "bandwidth_gbps 10"],
                                       say_ready=[*PEERS, f"test {role} 10.90.0.9"])
                machine.note(trouble)
                self.boots(machine)
                self.assertEqual(len(machine.calls("iperf3")), tries)
                self.assertRegex(machine.log(), f"bandwidth: not measured( here)?: {words}\n")
                self.assertEqual(machine.asked()[1:], ["ready"])

    def test_without_a_tool_bandwidth_is_not_measured(self):
        machine = self.machine(say=[*VPN, "bandwidth_gbps 10"], say_ready=["test call 10.90.0.9"])
        machine.make_package("x", "iperf3")
        self.boots(machine)
        self.assertIn("bandwidth: not measured: neither ib_write_bw nor iperf3 is installed",
                      machine.log())

    def test_a_run_that_is_killed_anywhere_is_made_good_by_the_next(self):
        machine = self.machine(say=[*VPN, "host 10.90.0.1 head"], say_ready=PEERS)
        machine.make_bare_again()
        self.boots(machine)
        whole = machine.outcome()
        self.assertEqual(whole["daemons"], (1, 1))
        steps = machine.noted("calls").splitlines()
        for number, step in enumerate(steps, 1):
            # Each call is killed once. munged is not root here, and kills nothing: bootstrap_test
            # has that, and what else is alike in a folder.
            alike = step.startswith(("sleep", "mv", "chmod", "munged"))
            if alike or steps.index(step) != number - 1:
                continue
            with self.subTest(f"killed at call {number}: {step}"):
                machine.make_bare_again()
                self.assertEqual(machine.boot(KILL_AT=str(number)), -9, machine.output)
                self.boots(machine)
                self.assertEqual(machine.outcome(), whole)

    def test_the_vpn_key_is_seen_nowhere(self):
        machine = self.machine(say=VPN, say_ready=PEERS)
        self.boots(machine, WATCH="1")
        key = machine.read("var/lib/spillway/wireguard.key").strip()
        self.assertIn(HEAD.encode(), machine.read("machine/seen"))
        for text in (machine.read("machine/seen"), machine.noted("calls").encode(),
                     machine.log().encode(), machine.output.encode()):
            self.assertNotIn(key, text)
            self.assertNotIn(bootstrap_machine.TOKEN.encode(), text)


class RealNetworkTest(unittest.TestCase):
    """WireGuard in its own program, and nftables, for real: the head is another interface here."""

    def test_vpn_and_firewall_stand(self):
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("this host has no /dev/net/tun")
        own = subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout
        head = subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout
        head_key = public(head)
        machine = OwnMachine(say=["tunnel 10.90.0.7/16",
                                  f"peer {head_key} 127.0.0.1:51999 10.90.0.0/16"])
        self.addCleanup(machine.clear)
        for name in ("wg", "ip", "wireguard-go", "nft", "sleep"):
            os.remove(f"{machine.home}/bin/{name}")
        machine.write("var/lib/spillway/wireguard.key", own, 0o600)
        machine.deliver("head.key", head.encode())
        program = subprocess.Popen(["wireguard-go", "-f", "head0"], start_new_session=True,
                                   env={"WG_PROCESS_FOREGROUND": "1", "LOG_LEVEL": "error"})
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        while subprocess.run(["wg", "set", "head0", "listen-port", "51999", "private-key",
                              machine.folder + "/head.key", "peer", public(own), "allowed-ips",
                              "10.90.0.7/32"], check=False, stderr=subprocess.DEVNULL).returncode:
            self.assertIsNone(program.poll(), "wireguard-go does not run")
        subprocess.run(["ip", "link", "set", "head0", "up"], check=True)
        # Without its interface the machine's wireguard-go ends.
        self.addCleanup(subprocess.run, ["ip", "link", "delete", "spillway0"], check=False)
        self.assertEqual(machine.boot(), 0, machine.log())
        shown = subprocess.run(["ip", "-o", "address", "show", "dev", "spillway0"], check=True,
                               capture_output=True, text=True).stdout
        self.assertIn("10.90.0.7/16", shown)
        rules = subprocess.run(["nft", "list", "table", "inet", "spillway"], check=True,
                               capture_output=True, text=True).stdout
        self.assertIn("policy drop", rules)
        os.remove(machine.path("run/spillway/slurmd"))
        self.assertEqual(machine.boot(), 0, machine.log())
        again = subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True,
                               text=True)
        self.assertEqual(again.stdout.count("table inet spillway"), 1)
        self.assertEqual(again.stdout.count("iifname \"spillway0\" accept"), 1)


def public(private_key):
    return subprocess.run(["wg", "pubkey"], input=private_key, check=True, capture_output=True,
                          text=True).stdout.strip()


if __name__ == "__main__":
    bootstrap_machine.SERVICE = sys.argv.pop(1)
    enter_own_namespaces()
    unittest.main(verbosity=2)
