# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulated clouds that a private cluster can rent from: for each what it has, as its part of
spillway-simcloud's scenario, and how spillway.yaml names it. The cheapest comes first."""

import dataclasses

GPUS_PER_NODE = 8
_LOCATION = "3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35"


@dataclasses.dataclass(frozen=True)
class Cloud:
    """One cloud, as the admin of a cluster and the author of a scenario know it."""

    name: str
    path: str  # of its API, below the simulator's URL
    order_path: str  # what is POSTed to order, below that
    settings: str  # its lines of spillway.yaml besides key_file and base_url
    scenario: dict

    def refuse_order(self, times=1):
        """A fault for POST /sim/faults: the cloud has nothing left."""
        match = {"method": "POST", "path": self.path + self.order_path}
        return {"match": match, "do": "refuse_capacity", "times": times}


def _type(cents_per_hour, gpu, capacity, gpus=GPUS_PER_NODE):
    return {
        "price_cents_per_hour": cents_per_hour,
        "vcpus": 208,
        "memory_gib": 1800,
        "storage_gib": 22528,
        "gpus": gpus,
        "gpu_description": gpu,
        "capacity": capacity,
    }


def _pace(options):
    """How fast things go, wherever: nobody would wait for a real cloud's times."""
    return {
        "boot_seconds": list(options.boot_seconds),
        "terminate_seconds": list(options.terminate_seconds),
        "list_delay_seconds": 1,
    }


def _hyperstack(options):
    scenario = {
        "regions": ["CANADA-1"],
        "types": {
            "n3-H100x8": _type(1520, "H100-80G-PCIe", {"CANADA-1": 4}),
            "n3-H100-SXM5x8": _type(2560, "H100-80G-SXM5", {"CANADA-1": 4}),
            "n3-L40x8": _type(800, "L40", {"CANADA-1": 2}),
        },
        "ssh_keys": ["ops"],
        "environments": [{"name": "default-CANADA-1", "region": "CANADA-1"}],
        "floating_ip_seconds": [1, 1],
        "phase_seconds": [1, 1],
        **_pace(options),
    }
    settings = """    environment: default-CANADA-1
    ssh_key: ops
    image: "Ubuntu Server 24.04*CUDA*"
"""
    return Cloud("hyperstack", "/hyperstack/v1", "/core/virtual-machines", settings, scenario)


def _voltage_park(options):
    gpu = "h100-sxm5-80gb"
    scenario = {
        "regions": [_LOCATION],
        "types": {
            "ethernet": _type(1592, gpu, {_LOCATION: 4}),
            "infiniband": _type(1992, gpu, {_LOCATION: 8}),
            "vm-8x": _type(1514, gpu, {_LOCATION: options.virtual_machines}),
        },
        "ssh_keys": ["ops"],
        "billing_quantum_seconds": 60,
        "minimum_seconds": 60,
        **_pace(options),
    }
    settings = "    ssh_key: ops\n    minimum_charge: 1m\n"
    return Cloud("voltage-park", "/voltage-park/api/v1", "/bare-metal/", settings, scenario)


def _lambda(options):
    regions = list(options.regions)
    scenario = {
        "regions": regions,
        "types": {
            "gpu_8x_h100_sxm5": _type(
                options.price_cents_per_hour, "H100 (80 GB SXM5)", options.capacity
            ),
            # Cheaper, and of no use to the pool: something to exclude.
            "gpu_8x_a100_80gb_sxm4": _type(1432, "A100 (80 GB SXM4)", {regions[0]: 4}),
        },
        "ssh_keys": ["ops"],
        "launch_interval_seconds": 12,
        "request_interval_seconds": 1,
        "rate_scale": 0.1,
        **_pace(options),
    }
    settings = f"    ssh_key: ops\n    regions: [{', '.join(regions)}]\n"
    path = "/lambda/api/v1"
    return Cloud("lambda", path, "/instance-operations/launch", settings, scenario)


_CLOUDS = {"hyperstack": _hyperstack, "voltage-park": _voltage_park, "lambda": _lambda}
NAMES = tuple(_CLOUDS)


def clouds(options):
    """The clouds of these options, the cheapest first."""
    return [make(options) for name, make in _CLOUDS.items() if name in options.providers]
