# SPDX-License-Identifier: GPL-2.0-or-later
"""contract_test.py SIMCLOUD CONTRACT: the contract program against a simulated cloud, which it finds
kept, without an order unless it is told to rent, and not kept with a wrong key."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

KEY = "secret_contract_0123"
SCENARIO = {
    "api_keys": {"lambda": KEY},
    "lambda": {
        "regions": ["us-east-1"],
        "types": {
            "gpu_1x_a10": {
                "price_cents_per_hour": 75,
                "vcpus": 30,
                "memory_gib": 226,
                "storage_gib": 1400,
                "gpus": 1,
                "gpu_description": "A10 (24 GB PCIe)",
                "capacity": {"us-east-1": 1},
            }
        },
        "ssh_keys": ["ops"],
        "boot_seconds": [1, 1],
        "terminate_seconds": [1, 1],
        "list_delay_seconds": 0,
        "rate_scale": 0,
    },
    "machines": {"backend": "none", "node_gpus": 1},
    "seed": 1,
}
PATIENCE_S = 60


def write(path, text):
    with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(text)
    return path


def wait_ready(path, process):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return json.load(file)["url"]
        time.sleep(0.05)
    raise SystemExit("the simulated cloud did not come up")


def main():
    simcloud, contract = sys.argv[1:]
    # Under the sanitizers a failed assertion of a test aborts it; here failures are expected.
    environment = {key: value for key, value in os.environ.items() if key != "CMOCKA_TEST_ABORT"}
    with tempfile.TemporaryDirectory() as folder:
        ready = os.path.join(folder, "ready")
        os.mkdir(os.path.join(folder, "cloud"))
        scenario = write(os.path.join(folder, "scenario.json"), json.dumps(SCENARIO))
        command = [simcloud, "--listen", "127.0.0.1:0", "--folder", os.path.join(folder, "cloud")]
        cloud = subprocess.Popen([*command, "--scenario", scenario, "--ready-file", ready])
        try:
            url = wait_ready(ready, cloud)
            right = write(os.path.join(folder, "right"), KEY + "\n")
            wrong = write(os.path.join(folder, "wrong"), "another\n")

            def run(code, key, *more):
                words = [contract, "--provider", "lambda", "--ssh-key", "ops", "--key-file", key]
                words += ["--base-url", url + "/lambda/api/v1", *more]
                done = subprocess.run(words, env=environment, check=False)
                assert done.returncode == code, f"exit {done.returncode}, not {code}: {key} {more}"
                with urllib.request.urlopen(url + "/sim/machines") as answer:
                    return [machine["status"] for machine in json.load(answer)["machines"]]

            assert run(0, right) == [], "ordered without --rent"
            assert run(1, wrong, "--rent") == [], "ordered after a failure"
            assert run(2, os.path.join(folder, "none")) == []
            assert run(0, right, "--rent") == ["gone"]
        finally:
            cloud.terminate()
            cloud.wait()


main()
