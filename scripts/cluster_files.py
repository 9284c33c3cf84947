# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of a private cluster, as text: what slurm.conf, gres.conf, spillway.yaml and the
scenario of the simulated cloud say. Nothing here touches the disk but the choice of ports and
devices."""

import dataclasses
import glob
import json
import os
import pwd
import random
import re
import socket
import stat
import subprocess

from cluster_clouds import GPUS_PER_NODE, clouds
from cluster_network import HEAD_ADDRESS

# A requeued job waits for so long before it is eligible again (Slurm's default: 120 s).
CRED_EXPIRE_S = 30


@dataclasses.dataclass
class Options:
    """What a story may want otherwise. Times are short, or nobody would wait for them."""

    local_nodes: int = 2
    cloud_nodes: int = 4  # names in the pool h100
    infiniband_nodes: int = 0  # names in a second pool, h100ib, behind Voltage Park's fabric
    burst_after: str = "10s"
    suspend_time_s: int = 10
    suspend_timeout_s: int = 10
    resume_timeout_s: int = 120
    resume_rate: int = 0  # nodes a minute; 0: all at once
    providers: tuple = ("lambda",)
    # Lambda's.
    regions: tuple = ("us-east-1", "us-south-2")
    capacity: dict = dataclasses.field(default_factory=lambda: {"us-east-1": 8, "us-south-2": 8})
    price_cents_per_hour: int = 2392
    virtual_machines: int = 0  # of eight GPUs, at Voltage Park
    boot_seconds: tuple = (4, 8)
    terminate_seconds: tuple = (2, 4)
    max_machines: int = 8
    boot_deadline: str = "2m"
    cooldown_first: str = "60s"
    more_slurm_conf: str = ""
    more_spillway_yaml: str = ""  # whole sections
    archive: str = ""  # Slurm for machines of this host's system, a tar file
    # Machines have namespaces of their own, and reach the cluster over simulated networks. For root.
    namespaces: bool = False
    # Where they find slurmctld and the local nodes; else at this host's public address.
    address_for_machines: str = ""


@dataclasses.dataclass(frozen=True)
class Pool:
    """Node names for machines of one shape."""

    name: str
    nodes: int
    infiniband: bool

    def names(self):
        return [f"{self.name}-{number:03d}" for number in range(1, self.nodes + 1)]

    def range(self):
        return f"{self.name}-[001-{self.nodes:03d}]"


@dataclasses.dataclass
class Layout:
    """Where everything is: one folder, free ports, the programs that were built."""

    folder: str
    build: str
    slurm_version: tuple
    ports: dict
    devices: list
    head_address: str  # at which rented machines reach this host
    user: str = dataclasses.field(default_factory=lambda: pwd.getpwuid(os.getuid()).pw_name)
    host: str = dataclasses.field(default_factory=lambda: socket.gethostname().split(".")[0])

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    @property
    def plugin_is_overlay(self):
        """Before 25.05 the plugin takes the stock plugin's name, in a folder that stands first."""
        return self.slurm_version < (25, 5)


def local_names(options):
    return [f"local-{number}" for number in range(1, options.local_nodes + 1)]


def pools(options):
    both = (Pool("h100", options.cloud_nodes, False), Pool("h100ib", options.infiniband_nodes, True))
    return [pool for pool in both if pool.nodes > 0]


def cloud_names(options):
    return [name for pool in pools(options) for name in pool.names()]


def cloud_range(options):
    return ",".join(pool.range() for pool in pools(options))


def make_layout(folder, build, options):
    names = ["slurmctld", "join", *local_names(options), *cloud_names(options)]
    return Layout(
        folder=folder,
        build=build,
        slurm_version=_slurm_version(),
        ports=dict(zip(names, _free_ports(len(names)))),
        devices=_character_devices(GPUS_PER_NODE),
        head_address=HEAD_ADDRESS if options.namespaces else "127.0.0.1",
    )


def _slurm_version():
    said = subprocess.run(
        ["slurmctld", "-V"], capture_output=True, text=True, check=True, env=system_environment()
    ).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found:
        raise RuntimeError(f"slurmctld -V said {said!r}: no version in it")
    return int(found.group(1)), int(found.group(2))


def system_environment():
    """Daemons live in sbin, which an ordinary user's PATH lacks on Debian."""
    folders = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SLURM")}
    return {**kept, "PATH": folders, "LC_ALL": "C.UTF-8"}


def _free_ports(count):
    """Ports below the range from which the kernel takes ephemeral ones, so that none is lost
    between this look and the daemon's bind."""
    found = []
    candidates = list(range(20000, 32000))
    random.shuffle(candidates)
    for port in candidates:
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports between 20000 and 32000")


def _character_devices(count):
    """Stand-ins for GPUs. slurmd only looks whether the file is a character device, and Slurm
    22.05 wants the devices of one node to be distinct. They are never opened."""
    names = sorted(glob.glob("/dev/tty[0-9]*")) + sorted(glob.glob("/dev/*"))
    devices = []
    for name in dict.fromkeys(names):
        try:
            is_device = stat.S_ISCHR(os.stat(name).st_mode)
        except OSError:
            continue
        if is_device and re.fullmatch(r"/dev/[a-z0-9]+", name):
            devices.append(name)
    if len(devices) < count:
        raise RuntimeError(f"/dev has {len(devices)} character devices; {count} are needed")
    return devices[:count]


def _plugin_lines(layout):
    system_folder = _system_plugin_folder()
    select = "select/cons_tres" if layout.plugin_is_overlay else "select/spillway"
    return f"""PluginDir={layout.build}/plugin/slurm:{system_folder}
SelectType={select}
"""


def _system_plugin_folder():
    for pattern in ("/usr/lib/*/slurm-wlm", "/usr/lib/*/slurm", "/usr/lib64/slurm"):
        for folder in glob.glob(pattern):
            if os.path.exists(os.path.join(folder, "select_cons_tres.so")):
                return folder
    raise RuntimeError("Slurm's plugin folder was not found (select_cons_tres.so)")


def _common_slurm_conf(layout, options, head_address):
    """What slurmctld, the local nodes and the rented machines agree on, but for this address."""
    # 22.05 hides powered-down cloud nodes from sinfo without it.
    private_data = "PrivateData=cloud\n" if layout.slurm_version < (23, 2) else ""
    nodes = "".join(
        f"NodeName={name} NodeHostname={layout.host} NodeAddr={head_address} "
        f"Port={layout.ports[name]} CPUs=1 RealMemory=256 Gres=gpu:h100:{GPUS_PER_NODE}\n"
        for name in local_names(options)
    ) + "".join(
        f"NodeName={name} Port={layout.ports[name]} CPUs=1 RealMemory=256 "
        f"Gres=gpu:h100:{GPUS_PER_NODE} State=CLOUD Weight=10"
        f"{' Feature=ib' if pool.infiniband else ''}\n"
        for pool in pools(options)
        for name in pool.names()
    )
    return f"""ClusterName=demo
SlurmctldHost={layout.host}({head_address})
SlurmctldPort={layout.ports['slurmctld']}
SlurmUser={layout.user}
SlurmdUser={layout.user}
AuthType=auth/munge
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectTypeParameters=CR_CPU
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=500000,bf_interval=3,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
DebugFlags=NO_CONF_HASH
JobRequeue=1
KillWait=2
MinJobAge=3600
{private_data}{nodes}PartitionName=gpu Nodes=local-[1-{options.local_nodes}],{cloud_range(options)} \
Default=YES State=UP MaxTime=INFINITE
"""


def slurm_conf(layout, options):
    return f"""{_common_slurm_conf(layout, options, layout.head_address)}\
AuthInfo=socket={layout.path('munge.socket')},cred_expire={CRED_EXPIRE_S}
{_plugin_lines(layout)}StateSaveLocation={layout.path('state')}
SlurmdSpoolDir={layout.path('spool', '%n')}
SlurmctldPidFile={layout.path('run', 'slurmctld.pid')}
SlurmdPidFile={layout.path('run', '%n.pid')}
SlurmctldLogFile={layout.path('log', 'slurmctld.log')}
SlurmdLogFile={layout.path('log', '%n.log')}
SlurmctldDebug=verbose
ResumeProgram={layout.path('power', 'spillway-resume')}
SuspendProgram={layout.path('power', 'spillway-suspend')}
ResumeFailProgram={layout.path('power', 'spillway-resume-fail')}
ResumeRate={options.resume_rate}
SuspendRate=0
ResumeTimeout={options.resume_timeout_s}
SuspendTimeout={options.suspend_timeout_s}
SuspendTime={options.suspend_time_s}
SuspendExcNodes=local-[1-{options.local_nodes}]
{options.more_slurm_conf}"""


def machine_slurm_conf(layout, options):
    """Delivered to rented machines. They need no plugin of ours, and may live under a prefix; then
    paths are short."""
    places = ("/spool", "/slurmd.pid", "/slurmd.log")
    if options.namespaces:
        places = ("/var/spool/slurmd", "/run/slurmd.pid", "/var/log/slurm/slurmd.log")
    spool, pid_file, log_file = places
    head_address = options.address_for_machines or layout.head_address
    return f"""{_common_slurm_conf(layout, options, head_address)}\
AuthInfo=socket=@SPILLWAY_ROOT@/run/munge/munge.socket.2,cred_expire={CRED_EXPIRE_S}
SelectType=select/cons_tres
SlurmdSpoolDir=@SPILLWAY_ROOT@{spool}
SlurmdPidFile=@SPILLWAY_ROOT@{pid_file}
SlurmdLogFile=@SPILLWAY_ROOT@{log_file}
"""


def gres_conf(layout, options):
    lines = ["AutoDetect=off"]
    for name in [*local_names(options), *cloud_names(options)]:
        lines += [f"NodeName={name} Name=gpu Type=h100 File={file}" for file in layout.devices]
    return "\n".join(lines) + "\n"


def cgroup_conf(layout):
    """No cgroups. Before 23.11 that cannot be said, and slurmd does not start where none are mounted
    unless it is told which kind not to use."""
    plugin = "disabled" if layout.slurm_version >= (23, 11) else "cgroup/v1"
    return f"CgroupPlugin={plugin}\n"


def _deliveries(layout, options):
    munge_user = "munge" if options.namespaces else layout.user
    files = [("machine/munge.key", "/etc/munge/munge.key", "0400", munge_user)]
    files += [
        (f"machine/{name}", f"/etc/slurm/{name}", "0644", layout.user)
        for name in ("slurm.conf", "gres.conf", "cgroup.conf")
    ]
    return ",\n    ".join(
        f'{{from: {layout.path(source)}, to: {to}, mode: "{mode}", owner: {owner}}}'
        for source, to, mode, owner in files
    )


def _providers(layout, options, cloud_url):
    return "".join(
        f"""  {cloud.name}:
    key_file: {layout.path(cloud.name + '.key')}
    base_url: "{cloud_url}{cloud.path}"
{cloud.settings}"""
        for cloud in clouds(options)
    )


def _pools(options):
    shape = f"gpu: h100, gpus: {GPUS_PER_NODE}, cpus: 1, memory: 256MiB"
    anything = ", ".join(f"{{provider: {cloud.name}}}" for cloud in clouds(options))
    return "".join(
        f"""  {pool.name}:
    nodes: {pool.range()}
    shape: {{{shape}{', infiniband: true' if pool.infiniband else ''}}}
    offers: [{'{provider: voltage-park, network: infiniband}' if pool.infiniband else anything}]
"""
        for pool in pools(options)
    )


def _archives(options):
    with open("/etc/os-release", encoding="utf-8") as file:
        facts = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    name, version = (facts.get(key, "").strip('"') for key in ("ID", "VERSION_ID"))
    return f"  archives: {{{name}-{version}: {options.archive}}}\n"


def spillway_yaml(layout, options, cloud_url):
    port = layout.ports["join"]
    return f"""cluster: demo
ledger: {layout.path('ledger.db')}
decisions: {layout.path('decisions')}
join:
  listen: {layout.head_address}:{port}
  url: "https://{layout.head_address}:{port}"
{_archives(options) if options.archive else ''}  deliver: [
    {_deliveries(layout, options)}]
providers:
{_providers(layout, options, cloud_url)}pools:
{_pools(options)}policy:
  partitions:
    gpu: {{after: {options.burst_after}}}
  limits: {{machines: {options.max_machines}}}
timing:
  offers_every: 2s
  machines_every: 1s
  slurm_every: 1s
  boot_deadline: {options.boot_deadline}
  cooldown_first: {options.cooldown_first}
  idle: {options.suspend_time_s}s
{options.more_spillway_yaml}"""


def scenario_json(layout, options, keys):
    """`keys`: name of the cloud -> the account's key."""
    scenario = {
        "api_keys": keys,
        **{cloud.name: cloud.scenario for cloud in clouds(options)},
        "machines": {
            "backend": "namespace" if options.namespaces else "process",
            "node_gpus": GPUS_PER_NODE,
            # Jobs' folder, as it would be on a file system of the site.
            "shared_folder": layout.path("work"),
        },
        "seed": 1,
    }
    return json.dumps(scenario, indent=2) + "\n"


def power_script(layout, program, *arguments):
    """Slurm's power-save options take a path and nothing else."""
    words = [layout.program(program), *arguments, "--config", layout.path("spillway.yaml")]
    return f'#!/bin/sh\nexec {" ".join(words)} "$@"\n'


def environment_file(layout, options):
    how = "inside" if options.namespaces else "command"
    pid_file = layout.path("run", "munged.pid")
    enter = f"""# The cluster's own network: commands of Slurm go as  inside sinfo
inside() {{ nsenter --target "$(cat {pid_file})" --net --mount --wd="$PWD" "$@"; }}
"""
    return f"""# Use it with:  . {layout.path('environment')}
export SLURM_CONF={layout.path('slurm.conf')}
export PATH={os.path.join(layout.build, 'bin')}:$PATH
{enter if options.namespaces else ''}spillway() {{ {how} spillway --config {layout.path('spillway.yaml')} "$@"; }}
"""
