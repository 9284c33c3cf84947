# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine of its own for the bootstrap's tests: its root is an overlay over this host's. VPN,
firewall, packages and mounts are stand-ins. Needs root, and namespaces of the test's own."""

import ctypes
import os
import shutil
import subprocess
import sys

import bootstrap_machine
from bootstrap_machine import STAND_INS, Machine

# The interface exists when the file "interface" does; its peers are lines of "peers". Everybody
# shakes hands but those in "silent". Addresses of the interface are lines of "addresses".
NETWORK = {
    "wg": """
cd "$HOME"
case $1 in genkey | pubkey) exec /usr/bin/wg "$@" ;; esac
[ -e interface ] || { echo 'Unable to access interface: No such device' >&2; exit 1; }
touch peers silent
case "$1 ${3:-}" in
  'show ') ;;
  'show peers') cat peers ;;
  'show latest-handshakes')
    while read -r key; do
      if grep -qxF "$key" silent; then echo "$key 0"; else echo "$key 1795277410"; fi
    done <peers
    ;;
  set*)
    while [ "$1" != peer ]; do shift; done
    grep -vxF "$2" peers >peers.new
    [ "$3" = remove ] || echo "$2" >>peers.new
    /bin/mv peers.new peers
    ;;
esac
""",
    "ip": """
cd "$HOME"
touch addresses
case $* in
  'link add spillway0 type wireguard')
    [ ! -e no-module ] || { echo 'Error: Unknown device type.' >&2; exit 2; }
    : >interface
    ;;
  '-o addr show dev spillway0 scope global') sed 's/.*/2: spillway0 inet &/' addresses ;;
  '-o addr show scope global') cat all-addresses ;;
  '-o route show default') echo 'default via 10.0.2.1 dev eth0' ;;
  '-o route show exact 10.1.0.0/24') cat own-route 2>/dev/null ;;
  'address replace '*) grep -qxF "$3" addresses || echo "$3" >>addresses ;;
  'address delete '*)
    grep -vxF "$3" addresses >addresses.new
    /bin/mv addresses.new addresses
    ;;
esac
exit 0
""",
    "wireguard-go": bootstrap_machine.DAEMON + """
: >"$HOME/interface"
daemon wireguard-go /dev/null
""",
    "nft": """
[ ! -e "$HOME/no-nft" ] || { echo 'Error: Could not process rule' >&2; exit 1; }
cp "$2" "$HOME/rules"
cat "$2" >>"$HOME/all-rules"
""",
    "sleep": "exec /bin/sleep 0.01\n",
}

# A package is a file below "packages" with the program that it brings; its user comes with it.
SYSTEM = {
    "apt-get": """
case "$*" in
  *install*) ;;
  *) rm "$HOME/lists-locked" 2>/dev/null && exit 100; exit 0 ;;
esac
for word; do
  [ -d "$HOME/packages/$word" ] || continue
  (umask 022 && cp "$HOME/packages/$word"/* "$HOME/bin/")
  [ "$word" != munge ] || echo 'later:x:4242:4242::/:/bin/sh' >>/etc/passwd
  found=yes
done
[ "${found:-}" ] || { echo "E: Unable to locate package"; exit 100; }
""",
    "dpkg": "",
    "ldconfig": "",
    "mount": """
[ ! -e "$HOME/server-is-gone" ] || { echo 'mount.nfs4: Connection timed out' >&2; exit 32; }
for where; do :; done
exec /bin/mount -t tmpfs "$HOME" "$where"
""",
    "mount.nfs": "",
    "iperf3": """
if [ -e "$HOME/not-yet" ]; then
  rm "$HOME/not-yet"
  echo 'iperf3: error - unable to connect' >&2
  exit 1
fi
[ ! -e "$HOME/partner-is-gone" ] || { echo 'iperf3: error - no partner' >&2; exit 1; }
[ ! -e "$HOME/no-rate" ] || exit 0
cat <<'END'
[  5]   0.00-10.00  sec  5.4 GBytes  4.70 Gbits/sec                  receiver
[SUM]   0.00-10.00  sec  10.9 GBytes  9.41 Gbits/sec    0             sender
[SUM]   0.00-10.00  sec  10.9 GBytes  9.40 Gbits/sec                  receiver
END
""",
    "ib_write_bw": """
cat <<'END'
 #bytes     #iterations    BW peak[Gb/sec]    BW average[Gb/sec]   MsgRate[Mpps]
 65536      5000             392.11             391.80               0.747
END
""",
}


class OwnMachine(Machine):
    """Its root is an overlay over this host's, mounted in the test's own namespace."""

    def make_root(self):
        layers = os.path.join(self.folder, "layers")
        root = os.path.join(self.folder, "root")
        os.makedirs(root)
        os.makedirs(layers)
        mount("-t", "tmpfs", "layers", layers)
        for name in ("upper", "work"):
            os.makedirs(os.path.join(layers, name))
        mount("-t", "overlay", "root", "-o",
              f"lowerdir=/,upperdir={layers}/upper,workdir={layers}/work", root)
        for name in ("dev", "sys", "proc"):
            mount("--rbind", "/" + name, os.path.join(root, name))
        for name in ("run", "tmp"):
            mount("-t", "tmpfs", name, os.path.join(root, name))
        for name in ("etc/munge", "etc/slurm", "etc/spillway", "var/lib/spillway"):
            shutil.rmtree(os.path.join(root, name), ignore_errors=True)
        os.makedirs(root + "/machine/packages")
        return root

    def make_home(self):
        return os.path.join(self.root, "machine")

    def stand_ins(self):
        return {**STAND_INS, **NETWORK, **SYSTEM}

    def command(self):
        shutil.copy(self.folder + "/user-data", self.home)
        return ["chroot", self.root, "sh", "-c",
                'echo $$ >"$HOME/group"; exec "$HOME/user-data"']

    def environment(self, **more):
        return {"SPILLWAY_ADDRESS": "127.77.0.5", "HOME": "/machine", "LANG": "C.UTF-8",
                "PATH": "/machine/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GPUS": self.gpus, **more}

    def set_uptime(self, seconds):
        pass  # its /proc is this host's

    def remove_root(self):
        subprocess.run(["umount", "-R", "-l", self.root], check=True)
        subprocess.run(["umount", "-l", os.path.join(self.folder, "layers")], check=True)

    def make_package(self, package, program):
        """The program is in a package, and nowhere else."""
        folder = os.path.join(self.home, "packages", package)
        os.makedirs(folder, exist_ok=True)
        if os.path.exists(f"{self.home}/bin/{program}"):
            shutil.move(f"{self.home}/bin/{program}", folder)
        for path in ("/usr/sbin/", "/usr/bin/"):
            if os.path.lexists(self.root + path + program):
                os.remove(self.root + path + program)

    def make_bare_again(self):
        """As a machine that was never booted."""
        self.end_daemons()
        self.remove("run/munge", "run/spillway", "run/slurmd-h100-001.pid", "etc/munge",
                    "etc/slurm", "etc/hosts", "var/lib/spillway", "var/log/spillway-bootstrap.log",
                    *("machine/" + name for name in (
                        "calls", "interface", "peers", "addresses", "rules", "all-rules")))
        self.open_books()

    def outcome(self):
        """What must be the same whatever happened on the way."""
        files = ("etc/munge/munge.key", "etc/slurm/slurm.conf", "etc/hosts", "machine/peers",
                 "machine/addresses", "machine/rules")
        return {**{name: self.read(name) for name in files},
                "daemons": (self.living("munged"), self.living("slurmd"))}


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def enter_own_namespaces():
    """Everything dies and vanishes with this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_namespaces = 0x00020000 | 0x40000000  # mount, network
    needed = ("wg", "wireguard-go", "ip", "nft", "chroot")
    missing = [name for name in needed if not shutil.which(name)]
    if os.getuid() != 0 or missing or libc.unshare(new_namespaces) != 0:
        print("skipped: needs root, namespaces, and", " ".join(missing) or "nothing else")
        sys.exit(77)
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "run", "/run")  # where wireguard-go listens, by the interface's name
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
