#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The real spillway-simcloud over loopback: machines run, end with all they started, and are billed.

Usage: simcloud_test.py PATH-OF-SPILLWAY-SIMCLOUD
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from datetime import datetime

PROGRAM = sys.argv.pop(1)
DEADLINE = 60  # seconds; for anything that is awaited
KEY = "key-4711"
LIBC_SIGNALS = 3 << 31  # 32 and 33 belong to the C library, which hands them on as they were

SCENARIO = {
    "api_keys": {"lambda": KEY},
    "lambda": {
        "regions": ["us-east-1"],
        "types": {"gpu_8x_h100_sxm5": {"price_cents_per_hour": 3192, "gpus": 8,
                                       "capacity": {"us-east-1": 4}}},
        "boot_seconds": [0.4, 0.4], "list_delay_seconds": 0, "terminate_seconds": [0.2, 0.2],
        "rate_scale": 0,
    },
    "machines": {"backend": "process"},
}

LOCATION = "11111111-2222-4333-8444-555555555555"
VOLTAGE_PARK = {
    "api_keys": {"voltage-park": KEY},
    "voltage-park": {
        "regions": [LOCATION],
        "types": {"infiniband": {"price_cents_per_hour": 1992, "capacity": {LOCATION: 2}}},
        "boot_seconds": [0.2, 0.2], "terminate_seconds": [0.2, 0.2],
    },
}

HYPERSTACK = {
    "api_keys": {"hyperstack": KEY},
    "hyperstack": {
        "environments": [{"name": "fleet", "region": "CANADA-1"}],
        "boot_seconds": [0.4, 0.4], "terminate_seconds": [0.2, 0.2],
        "floating_ip_seconds": [0.1, 0.1], "phase_seconds": [0.1, 0.1], "rate_scale": 0,
    },
}

# Leaves its environment, what it sees, and a daemon that no longer has a parent or session of it.
USER_DATA = """#!/bin/sh
env > environment
pwd > folder
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader > gpus
ls -l /proc/self/fd > descriptors
grep -E '^Sig(Blk|Ign)' /proc/self/status > signals
(setsid sh -c 'echo $$ > daemon.tmp; mv daemon.tmp daemon; trap "" TERM HUP INT
  while :; do sleep 1000; done' &)
echo "said on stdout"
touch done
"""


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("waited in vain: " + what)


def is_running(pid):
    """A zombie does not run."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Simcloud:
    def __init__(self, scenario=None):
        self.folder = tempfile.mkdtemp(prefix="simcloud-")
        scenario_file = os.path.join(self.folder, "scenario.json")
        with open(scenario_file, "w", encoding="utf-8") as file:
            json.dump(scenario or SCENARIO, file)
        ready = os.path.join(self.folder, "ready")
        with open(os.path.join(self.folder, "output"), "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [PROGRAM, "--listen", "127.0.0.1:0", "--folder", self.folder,
                 "--scenario", scenario_file, "--ready-file", ready],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_for("ready file", lambda: os.path.exists(ready) or self.process.poll() is not None)
        with open(ready, encoding="utf-8") as file:
            self.url = json.load(file)["url"]

    def call(self, method, path, body=None, timeout=DEADLINE):
        """(status, JSON or text, headers)"""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method,
                                         headers={"Authorization": "Bearer " + KEY, "api_key": KEY,
                                                  "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                status, text, headers = answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            status, text, headers = error.code, error.read().decode(), error.headers
        try:
            return status, json.loads(text), headers
        except ValueError:
            return status, text, headers

    def cloud(self, method, path, body=None, **options):
        return self.call(method, "/lambda/api/v1" + path, body, **options)

    def launch(self, user_data=USER_DATA):
        status, answer, _ = self.cloud("POST", "/instance-operations/launch", {
            "region_name": "us-east-1", "instance_type_name": "gpu_8x_h100_sxm5",
            "ssh_key_names": ["ops"], "name": "test", "user_data": user_data})
        assert status == 200, answer
        return answer["data"]["instance_ids"][0]

    def instance(self, machine):
        status, answer, _ = self.cloud("GET", "/instances/" + machine)
        return answer["data"] if status == 200 else None

    def terminate(self, *machines):
        status, answer, _ = self.cloud("POST", "/instance-operations/terminate",
                                       {"instance_ids": list(machines)})
        assert status == 200, answer

    def path(self, machine, *parts):
        return os.path.join(self.folder, "machines", machine, *parts)

    def read(self, machine, *parts):
        with open(self.path(machine, *parts), encoding="utf-8") as file:
            return file.read()

    def await_user_data(self, machine):
        wait_for("user-data has run", lambda: os.path.exists(self.path(machine, "root", "done")))
        wait_for("daemon runs", lambda: os.path.exists(self.path(machine, "root", "daemon")))
        return int(self.read(machine, "root", "daemon"))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE)
        shutil.rmtree(self.folder)


class SimcloudTest(unittest.TestCase):
    def setUp(self):
        self.sim = Simcloud()
        self.addCleanup(self.sim.stop)

    def test_user_data_runs_as_promised(self):
        sim = self.sim
        machine = sim.launch()
        sim.await_user_data(machine)
        root = sim.path(machine, "root")
        address = sim.instance(machine)["ip"]
        environment = dict(line.split("=", 1)
                           for line in sim.read(machine, "root", "environment").splitlines())
        for of_the_shell in ("PWD", "_", "SHLVL", "OLDPWD"):
            environment.pop(of_the_shell, None)
        self.assertEqual(environment, {
            "SPILLWAY_ROOT": root, "SPILLWAY_ADDRESS": address, "HOME": root,
            "PATH": root + "/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8"})
        self.assertRegex(address, r"^127\.77\.\d+\.\d+$")
        self.assertEqual(sim.read(machine, "root", "folder").strip(), root)
        self.assertEqual(sim.read(machine, "root", "gpus"),
                         "NVIDIA H100 80GB HBM3, 81559 MiB\n" * 8)
        self.assertIn("said on stdout", sim.read(machine, "log"))
        self.assertEqual(sim.read(machine, "user-data"), USER_DATA)
        self.assertEqual(os.stat(sim.path(machine, "user-data")).st_mode & 0o777, 0o600)
        for line in sim.read(machine, "root", "signals").splitlines():
            self.assertEqual(int(line.split()[1], 16) & ~LIBC_SIGNALS, 0, line)
        self.assertNotIn("socket:", sim.read(machine, "root", "descriptors"))
        self.assertNotIn("pipe:", sim.read(machine, "root", "descriptors"))

    def test_machines_have_addresses_of_their_own(self):
        machines = [self.sim.launch(), self.sim.launch()]
        addresses = {wait_for("address", lambda m=machine: self.sim.instance(m).get("ip"))
                     for machine in machines}
        self.assertEqual(len(addresses), 2)

    def test_terminate_ends_all_processes_of_that_machine_alone(self):
        sim = self.sim
        ending, staying = sim.launch(), sim.launch()
        ending_daemon, staying_daemon = sim.await_user_data(ending), sim.await_user_data(staying)
        self.assertTrue(is_running(ending_daemon))
        sim.terminate(ending)
        wait_for("daemon ended", lambda: not is_running(ending_daemon))
        wait_for("machine gone", lambda: sim.instance(ending) is None)
        self.assertTrue(is_running(staying_daemon))

    def test_invoice_agrees_to_the_micro_dollar(self):
        sim = self.sim
        machine, never = sim.launch(), sim.launch()
        sim.terminate(never)
        wait_for("active", lambda: sim.instance(machine)["status"] == "active")
        healthy = sim.instance(machine)["first_healthy"]
        wait_for("a billed second is over", lambda: sim.call("GET", "/sim/invoice")[1]["total_microusd"])
        sim.terminate(machine)
        invoice = sim.call("GET", "/sim/invoice")[1]
        lines = {line["id"]: line for line in invoice["lines"]}
        self.assertEqual(lines[never]["cost_microusd"], 0)
        self.assertIsNone(lines[never]["billed_from"])
        line = lines[machine]
        self.assertEqual(line["billed_from"], healthy)
        seconds = (datetime.fromisoformat(line["billed_to"].replace("Z", "+00:00"))
                   - datetime.fromisoformat(line["billed_from"].replace("Z", "+00:00"))).seconds
        minutes = -(-seconds // 60)
        self.assertGreaterEqual(minutes, 1)
        self.assertEqual(line["cost_microusd"], minutes * 532_000)
        self.assertEqual(invoice["total_microusd"], line["cost_microusd"])

    def test_user_data_that_is_no_script_is_not_run(self):
        machine = self.sim.launch("#cloud-config\nruncmd: [touch ran]\n")
        wait_for("booted", lambda: os.path.exists(self.sim.path(machine, "log")))
        self.assertFalse(os.path.exists(self.sim.path(machine, "root", "var", "lib", "cloud",
                                                      "instance", "scripts", "part-001")))

    def test_machine_that_dies_loses_its_processes(self):
        sim = self.sim
        machine = sim.launch()
        daemon = sim.await_user_data(machine)
        status, _, _ = sim.call("POST", "/sim/faults",
                                [{"match": {"machine": machine}, "do": "dies"}])
        self.assertEqual(status, 200)
        wait_for("unhealthy", lambda: sim.instance(machine)["status"] == "unhealthy")
        wait_for("daemon ended", lambda: not is_running(daemon))

    def test_machine_answers_as_its_hardware_is(self):
        sim = self.sim
        rule = {"match": {"machine": "next"}, "do": "hardware", "gpus": 7, "ecc_errors": 2, "xid": 79,
                "clock_seconds": 300}
        self.assertEqual(sim.call("POST", "/sim/faults", [rule])[0], 200)
        machine = sim.launch("""#!/bin/sh
            nvidia-smi --query-gpu=name,memory.total --format=csv,noheader > gpus
            nvidia-smi --query-gpu=ecc.errors.uncorrected.volatile.total \\
              --format=csv,noheader,nounits > errors
            dmesg > kernel
            echo $(($(date -u +%s) - $(/bin/date +%s))) > ahead
            date -d @0 -u +%Y > epoch
            touch done""")
        wait_for("user-data has run", lambda: os.path.exists(sim.path(machine, "root", "done")))
        self.assertEqual(sim.read(machine, "root", "gpus"), "NVIDIA H100 80GB HBM3, 81559 MiB\n" * 7)
        self.assertEqual(sim.read(machine, "root", "errors").split(), ["2"] + ["0"] * 6)
        self.assertIn("NVRM: Xid (PCI:0000:3b:00): 79,", sim.read(machine, "root", "kernel"))
        self.assertIn(int(sim.read(machine, "root", "ahead")), range(290, 310))
        self.assertEqual(sim.read(machine, "root", "epoch"), "1970\n")

    def fault(self, what, path, **more):
        rule = {"match": {"path": "/lambda/api/v1" + path}, "do": what, **more}
        self.assertEqual(self.sim.call("POST", "/sim/faults", [rule])[0], 200)

    def test_time_out_holds_the_connection_until_the_client_leaves(self):
        for what, machines in (("timeout_before", 0), ("timeout_after", 1)):
            self.fault(what, "/instance-operations/launch")
            with self.assertRaises((TimeoutError, urllib.error.URLError)):
                self.sim.cloud("POST", "/instance-operations/launch", {
                    "region_name": "us-east-1", "instance_type_name": "gpu_8x_h100_sxm5",
                    "ssh_key_names": ["ops"]}, timeout=0.5)
            self.assertEqual(len(self.sim.cloud("GET", "/instances")[1]["data"]), machines)

    def test_cut_answer_is_shorter_than_told(self):
        self.fault("cut", "/regions")
        with self.assertRaises(http.client.IncompleteRead):
            self.sim.cloud("GET", "/regions")

    def test_html_and_rate_limit_come_over_the_wire(self):
        self.fault("html", "/regions")
        status, text, headers = self.sim.cloud("GET", "/regions")
        self.assertEqual((status, headers["Content-Type"]), (502, "text/html"))
        self.assertIn("<html>", text)
        self.fault("rate_limit", "/regions", retry_after=2)
        status, text, headers = self.sim.cloud("GET", "/regions")
        self.assertEqual((status, headers["Retry-After"]), (429, "2"))
        self.assertIsInstance(text, str)

    def test_each_method_and_the_query_arrive(self):
        self.assertEqual(self.sim.cloud("DELETE", "/ssh-keys/none")[0], 404)
        self.assertEqual(self.sim.cloud("PUT", "/regions", {})[0], 404)
        self.sim.launch()
        self.assertEqual(self.sim.cloud("GET", "/instances?cluster_id=c")[1]["data"], [])
        methods = [entry["method"] for entry in self.sim.call("GET", "/sim/requests")[1]["requests"]]
        self.assertEqual(methods, ["DELETE", "PUT", "POST", "GET"])

    def test_sigterm_ends_every_process_in_time(self):
        sim = self.sim
        daemons = [sim.await_user_data(machine) for machine in (sim.launch(), sim.launch())]
        idle = http.client.HTTPConnection(sim.url.removeprefix("http://"))
        idle.request("GET", "/sim/machines")
        idle.getresponse().read()  # the connection stays open
        sim.process.send_signal(signal.SIGTERM)
        self.assertEqual(sim.process.wait(DEADLINE), 0)
        self.assertFalse([pid for pid in daemons if is_running(pid)])
        idle.close()

    def test_killed_simcloud_leaves_no_process(self):
        sim = self.sim
        daemon = sim.await_user_data(sim.launch())
        sim.process.kill()
        sim.process.wait(DEADLINE)
        wait_for("daemon ended", lambda: not is_running(daemon))


class VoltageParkTest(unittest.TestCase):
    def setUp(self):
        self.sim = Simcloud(VOLTAGE_PARK)
        self.addCleanup(self.sim.stop)

    def park(self, method, path, body=None):
        return self.sim.call(method, "/voltage-park/api/v1" + path, body)

    def test_nodes_of_a_rental_run_their_cloud_init(self):
        sim = self.sim
        status, answer, _ = self.park("POST", "/bare-metal/", {
            "location_id": LOCATION, "gpu_count": 16, "name": "pool", "network_type": "infiniband",
            "cloudinit_script": {
                "write_files": [{"path": "/opt/test/user-data.sh", "content": USER_DATA,
                                 "permissions": "0700"}],
                "runcmd": ["sh /opt/test/user-data.sh"]}})
        self.assertEqual(status, 201, answer)
        nodes = [node["id"] for node in sim.call("GET", "/sim/machines")[1]["machines"]]
        self.assertEqual(len(nodes), 2)
        daemons = [sim.await_user_data(node) for node in nodes]
        for node in nodes:
            self.assertEqual(sim.read(node, "root", "opt", "test", "user-data.sh"), USER_DATA)
            self.assertEqual(os.stat(sim.path(node, "root", "opt", "test", "user-data.sh")).st_mode
                             & 0o777, 0o700)
            self.assertEqual(sim.read(node, "root", "gpus"),
                             "NVIDIA H100 80GB HBM3, 81559 MiB\n" * 8)
            self.assertIn("SPILLWAY_ROOT=" + sim.path(node, "root"),
                          sim.read(node, "root", "environment"))
        rental = "/bare-metal/" + answer["rental_id"]
        addresses = [node["public_ip"] for node in self.park("GET", rental)[1]["node_networking"]]
        self.assertEqual(self.park("PATCH", rental + "/remove-nodes",
                                   {"public_ips": addresses[:1]})[:2], (200, ""))
        wait_for("daemon ended", lambda: not is_running(daemons[0]))
        self.assertTrue(is_running(daemons[1]))
        self.assertEqual(self.park("DELETE", rental)[:2], (204, ""))
        wait_for("rental gone", lambda: self.park("GET", rental)[0] == 404)
        wait_for("daemon ended", lambda: not is_running(daemons[1]))

    def test_redirect_comes_over_the_wire(self):
        status, text, headers = self.park("POST", "/bare-metal?x=%20", {})
        self.assertEqual((status, text), (307, ""))
        self.assertEqual(headers["Location"],
                         self.sim.url + "/voltage-park/api/v1/bare-metal/?x=%20")
        self.assertEqual(self.park("GET", "/bare-metal/locations/")[0], 200)  # followed


class HyperstackTest(unittest.TestCase):
    def setUp(self):
        self.sim = Simcloud(HYPERSTACK)
        self.addCleanup(self.sim.stop)

    def stack(self, method, path, body=None):
        return self.sim.call(method, "/hyperstack/v1/core/virtual-machines" + path, body)

    def await_status(self, machine, status):
        path = f"/{machine}"
        wait_for(status, lambda: self.stack("GET", path)[1]["instance"]["status"] == status)
        return self.stack("GET", path)[1]["instance"]

    def test_machines_run_their_user_data_until_they_are_stopped_or_deleted(self):
        sim = self.sim
        status, answer, _ = self.stack("POST", "", {
            "name": "pool", "environment_name": "fleet", "flavor_name": "n3-H100x8",
            "image_name": "Ubuntu Server 24.04 LTS (Noble Numbat)", "key_name": "ops", "count": 2,
            "user_data": USER_DATA, "assign_floating_ip": True})
        self.assertEqual(status, 200, answer)
        machines = [str(instance["id"]) for instance in answer["instances"]]
        daemons = [sim.await_user_data(machine) for machine in machines]
        shown = self.await_status(machines[0], "ACTIVE")
        self.assertIn("SPILLWAY_ADDRESS=" + shown["fixed_ip"],
                      sim.read(machines[0], "root", "environment"))
        self.assertEqual(sim.read(machines[0], "root", "gpus"),
                         "NVIDIA H100 80GB HBM3, 81559 MiB\n" * 8)
        wait_for("public address", lambda: self.stack("GET", "/" + machines[0])[1]["instance"]
                 ["floating_ip"] == shown["fixed_ip"])
        self.assertEqual(self.stack("GET", f"/{machines[0]}/stop")[0], 200)
        wait_for("daemon ended", lambda: not is_running(daemons[0]))
        self.await_status(machines[0], "SHUTOFF")
        self.assertTrue(is_running(daemons[1]))
        for machine in machines:
            self.assertEqual(self.stack("DELETE", "/" + machine)[0], 200)
        wait_for("machines gone", lambda: self.stack("GET", "")[1]["count"] == 0)
        wait_for("daemon ended", lambda: not is_running(daemons[1]))


class CommandLineTest(unittest.TestCase):
    def refused(self, scenario, listen="127.0.0.1:0"):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "scenario.json")
            with open(file, "w", encoding="utf-8") as out:
                out.write(scenario)
            done = subprocess.run([PROGRAM, "--listen", listen, "--folder", folder,
                                   "--scenario", file], capture_output=True, text=True,
                                  timeout=DEADLINE, check=False)
            self.assertNotEqual(done.returncode, 0)
            return done.stderr

    def test_bad_scenario_is_refused(self):
        self.assertIn("unknown key \"lamda\"", self.refused('{"lamda": {}}'))

    def test_other_addresses_than_loopback_are_refused(self):
        for listen in ("0.0.0.0:0", "127.0.0.1", "127.0.0.1:x", ":80"):
            self.assertIn("--listen", self.refused("{}", listen))


if __name__ == "__main__":
    unittest.main(verbosity=2)
