# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine for the bootstrap's tests: a folder, the real join service (join_test_service), and
stand-ins for what the bootstrap calls."""

import os
import shutil
import signal
import subprocess
import tempfile

PATIENCE = 120
TOKEN = "0123456789abcdef" * 4
# munge's key is binary: no text tool may stand in its way.
KEY = bytes(range(256)) * 4
CONF = b"SlurmdPidFile=@SPILLWAY_ROOT@/run/slurmd-%n.pid\nAuthInfo=socket=@SPILLWAY_ROOT@/run/m\n"

# Each stand-in writes its name and arguments to $HOME/calls. With KILL_AT=N the N-th of them ends
# the whole run, as a power cut would; daemons live on, as they would after a kill.
TICK = """#!/bin/sh
HOME=${0%/bin/*} # who runs as another user has another one
printf '%s\n' "${0##*/} $*" >>"$HOME/calls"
if [ -n "${WATCH:-}" ]; then
  tr '\\0' '\\n' </proc/self/environ >>"$HOME/seen"
  cat /proc/[0-9]*/cmdline 2>/dev/null >>"$HOME/seen"
fi
if [ "$(wc -l <"$HOME/calls")" -eq "${KILL_AT:-0}" ]; then
  kill -9 "-$(cat "$HOME/group")"
  exit 9
fi
"""
# A process that stays, in a session of its own; its number goes to the file named.
DAEMON = """daemon() {
  /usr/bin/setsid /bin/sleep 600 >/dev/null 2>&1 9>&- &
  # Until it has left the group, a kill of that would meet it, too.
  until [ "$(/usr/bin/cut -d " " -f 5 "/proc/$!/stat")" = "$!" ]; do /bin/sleep 0.01; done
  echo $! | tee -a "$HOME/$1.pids" >"$2"
  [ "${KILL_AFTER:-}" != "$1" ] || kill -9 "-$(cat "$HOME/group")"
}
"""
STAND_INS = {
    "munged": DAEMON + """
[ -z "${MUNGED_FAILS:-}" ] || { echo 'munged: Error: no' >&2; exit 1; }
for word; do
  case $word in --pid-file=*) pid_file=${word#*=} ;; --stop) stop=1 ;; esac
done
if [ -n "${stop:-}" ]; then kill -9 "$(tail -n 1 "$HOME/munged.pids")"; exit 0; fi
daemon munged "$pid_file"
""",
    "slurmd": DAEMON + """
if [ "$1" = -V ]; then cat "$HOME/release"; exit 0; fi
[ ! -e "$HOME/slurmd-fails" ] || { echo 'slurmd: fatal: no such node' >&2; exit 1; }
if [ -e "$HOME/slurmd-dies" ]; then # once it has left its starter
  cat "$HOME/slurmd-dies" >>"${SPILLWAY_ROOT:-}/var/log/slurm/slurmd-h100-001.log"
  exit 0
fi
daemon slurmd "${SPILLWAY_ROOT:-}/run/slurmd-h100-001.pid"
""",
    "nvidia-smi": """
[ "$GPUS" != broken ] || { echo 'NVIDIA-SMI has failed: no driver'; exit 9; }
GPUS=$(cat "$HOME/gpus" 2>/dev/null || echo "$GPUS")
case $1 in
  --query-gpu=name,memory.total) line="$(cat "$HOME/model" 2>/dev/null || echo 'NVIDIA H100 80GB HBM3'), 81559 MiB" ;;
  --query-gpu=ecc.errors.uncorrected.volatile.total)
    if [ -e "$HOME/ecc" ]; then exec cat "$HOME/ecc"; fi
    [ ! -e "$HOME/gpu-is-lost" ] || { echo 'Unable to determine the device handle'; exit 15; }
    line=0
    ;;
esac
i=0
while [ $i -lt "$GPUS" ]; do
  echo "$line"
  i=$((i + 1))
done
""",
    # What the service says, and what it does not say yet.
    "curl": """
for word; do
  case $before in -D) headers=$word ;; -o) file=$word ;; esac
  before=$word
done
cp "${SPILLWAY_ROOT:-}/etc/hosts" "$HOME/hosts-at-${word##*/}" 2>/dev/null
case $word in
  */v1/archive*)
    head -c "$(cat "$HOME/archive-cut" 2>/dev/null || echo 1000000)" "$HOME/archive" >"$file"
    rm -f "$HOME/archive-cut"
    echo 'HTTP/1.1 200 OK' >"$headers"
    exit 0
    ;;
  */v1/join)
    if [ -e "$HOME/cut-short" ]; then
      rm "$HOME/cut-short"
      /usr/bin/curl "$@" | head -c 30
      exit 18
    fi
    ;;
esac
/usr/bin/curl "$@"
status=$?
case $word in
  */v1/join)
    cat "$HOME/say" 2>/dev/null
    printf 'Date: %s\\r\\n' "$(cat "$HOME/date" 2>/dev/null ||
      LC_ALL=C /bin/date -u '+%a, %d %b %Y %T GMT')" >>"$headers"
    ;;
esac
exit $status
""",
    "nproc": 'cat "$HOME/nproc" 2>/dev/null || exec /usr/bin/nproc "$@"\n',
    "dmesg": 'cat "$HOME/dmesg" 2>/dev/null\n',
    # Steps that change what outlives the run; they do what they always do.
    "mv": 'exec /bin/mv "$@"\n',
    "chmod": 'exec /bin/chmod "$@"\n',
    "sync": "",  # a busy disk takes its time, and no power is cut here
}


class Machine:
    """A folder to be a machine's root, its service, and what the desk was asked."""

    def __init__(self, *arguments, gpus="8", release="slurm-wlm 24.11.5", say=(), say_ready=()):
        self.folder = tempfile.mkdtemp(prefix="spillway-bootstrap-")
        self.gpus = gpus
        self.root = self.make_root()
        self.home = self.make_home()
        os.makedirs(os.path.join(self.home, "bin"), exist_ok=True)
        for name, text in self.stand_ins().items():
            self.write(self.home + "/bin/" + name, (TICK + text).encode(), 0o755)
        self.write(self.home + "/release", release.encode() + b"\n", 0o644)
        self.open_books()
        self.set_uptime(4000)
        self.deliver("munge.key", KEY)
        self.deliver("slurm.conf", CONF)
        said = [word for line in say for word in ("--say", line)]
        said += [word for line in say_ready for word in ("--say-ready", line)]
        self.service = self.start_service([*arguments, *said])

    # What a machine of another kind does otherwise.

    def make_root(self):
        return os.path.join(self.folder, "root&|x")  # a name that sed may trip over

    def make_home(self):
        return self.root

    def stand_ins(self):
        return STAND_INS

    def environment(self, **more):
        return {"SPILLWAY_ROOT": self.root, "SPILLWAY_ADDRESS": "127.77.0.5", "HOME": self.root,
                "PATH": f"{self.root}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GPUS": self.gpus,
                "LANG": "C.UTF-8", **more}

    def command(self):
        return ["sh", "-c", f'echo $$ >"$HOME/group"; exec {self.folder}/user-data']

    def set_uptime(self, seconds):
        self.write("proc/uptime", f"{seconds}.25 {seconds}.50\n")

    # ---

    def start_service(self, arguments):
        command = [SERVICE, self.folder, *arguments]
        if "--no-files" in command:
            command.remove("--no-files")
        else:
            command += [f"{self.folder}/munge.key:/etc/munge/munge.key:0400:munge",
                        f"{self.folder}/slurm.conf:/etc/slurm/slurm.conf:0644:root"]
        service = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)
        assert service.stdout.readline() == "ready\n", "the service did not start"
        return service

    def deliver(self, name, content):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(content)

    def path(self, path):
        """Where on this host: a path of the machine, or one that is on this host already."""
        return path if path.startswith(self.folder) else os.path.join(self.root, path)

    def write(self, path, content, mode=0o644):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(self.path(path), mode)

    def read(self, path):
        try:
            with open(self.path(path), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def note(self, name, text=""):
        """A file that tells the stand-ins how to behave."""
        self.write(os.path.join(self.home, name), text)

    def noted(self, name):
        return self.read(os.path.join(self.home, name)).decode()

    def mode(self, path):
        return os.stat(self.path(path)).st_mode & 0o7777

    def start(self, **more):
        return subprocess.Popen(self.command(), cwd=self.folder, env=self.environment(**more),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def boot(self, **more):
        """Runs the user-data to its end: its exit status."""
        run = self.start(**more)
        try:
            self.output = run.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired as expired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            raise AssertionError(f"no end: {self.log()[-2000:]}") from expired
        return run.returncode

    def calls(self, *names):
        """The lines of the stand-ins with these names, in their order."""
        lines = self.noted("calls").splitlines()
        return [line for line in lines if line.split()[0] in names]

    def living(self, daemon):
        """How many processes live that this stand-in left behind."""
        return sum(is_alive(int(pid)) for pid in self.noted(daemon + ".pids").split())

    def log(self):
        return self.read("var/log/spillway-bootstrap.log").decode()

    def asked(self):
        """What the desk was asked, without the admissions and a machine's log. Ends the service."""
        return [line for line in self.heard() if not line.startswith(("admit", "log "))]

    def told_log(self):
        """What the broker has of the machine's log. Ends the service."""
        return [line[len("log "):] for line in self.heard() if line.startswith("log ")]

    def heard(self):
        if self.service.stdin and not self.service.stdin.closed:
            self.service.stdin.close()
            self.told = self.service.stdout.read().splitlines()
            self.service.stdout.close()
            self.service.wait(PATIENCE)
        return self.told

    def open_books(self):
        """What stand-ins write, whoever runs them."""
        os.chmod(self.home, 0o777)
        for name in ("calls", "seen", "munged.pids"):
            self.write(os.path.join(self.home, name), b"", 0o666)

    def remove(self, *paths):
        for path in map(self.path, paths):
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.remove(path)

    def end_daemons(self):
        for name in os.listdir(self.home):
            if name.endswith(".pids"):
                for pid in self.noted(name).split():
                    if is_alive(int(pid)):
                        os.kill(int(pid), signal.SIGKILL)
                os.remove(os.path.join(self.home, name))

    def become_bare(self):
        """What earlier runs left is gone, as on a machine that was never booted."""
        self.end_daemons()
        self.remove("etc", "var", "run", "calls", "seen")
        self.open_books()

    def state(self):
        """All that outlives a run, but for what tells of the run itself."""
        state = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                short = path[len(self.root) + 1:]
                tells = not short.endswith((".log", ".pid"))
                if tells and short.startswith(("etc/", "var/", "run/")):
                    content = b"" if name == "wireguard.key" else self.read(path)
                    state[short] = (self.mode(path), content)
        return state

    def clear(self):
        self.asked()
        self.end_daemons()
        self.remove_root()
        shutil.rmtree(self.folder)

    def remove_root(self):
        pass


def is_alive(pid):
    """A zombie, which only waits for its parent to look, is dead."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(") ", 1)[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


SERVICE = ""
