#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Networks and machines of the backend "namespace" (docs/simcloud.md); built into spillway-simcloud,
# which runs it. Whoever calls stands in "the internet". Nothing here has a name outside the processes
# that use it: a provider's router is a network namespace that spillway-simcloud holds open, a machine
# is the namespaces of its first process; so all of it is gone when these are.
#
#   check                        whether this host can do it; says on stderr what is missing
#   router NETNS NETWORK         connects a provider's router; NETWORK: of its public addresses, "100.77"
#   machine ROUTER ADDRESS GIB NAME FOLDER HIDDEN SHARED
#                                in a network namespace of its own: becomes the machine
#     ROUTER, NETNS   file of the router's network namespace
#     ADDRESS         the private one
#     GIB             size of its disk
#     FOLDER          has image/, which is laid over the host's files; gets root/ and init, the number
#                     of the machine's first process
#     HIDDEN          folder that must not be seen inside, wherever it is
#     SHARED          folder that is the host's inside, too; may be empty
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

private_network=10.0.2 # of every provider: machines of two providers have the same addresses
user_data=/var/lib/cloud/instance/scripts/part-001

missing() {
  printf 'machines in namespaces: %s\n' "$*" >&2
  exit 1
}

# --- What the host must have ------------------------------------------------

no_mount_point='the root directory must be a mount point (is this a chroot?)'

check() {
  [ "$(id -u)" -eq 0 ] || missing 'root is needed'
  for program in ip nft unshare nsenter mount pivot_root setsid; do
    command -v "$program" >/dev/null || missing "the program $program is needed"
  done
  unshare --net --mount --uts --ipc --pid --fork --propagation unchanged true 2>/dev/null ||
    missing 'the right to make namespaces is needed (CAP_SYS_ADMIN)'
  unshare --mount --propagation private true 2>/dev/null || missing "$no_mount_point"
  # What a machine does must stay inside: its networks, its routes, its forwarding.
  [ -z "$(ip route show default)" ] ||
    missing 'this network has a way out; a network namespace of its own is needed (unshare --net)'
  unshare --net --mount --propagation private sh "$0" check_inside
}

check_inside() {
  ip link add left type veth peer name right 2>/dev/null || missing 'the kernel lacks veth'
  ip link add lan type bridge 2>/dev/null || missing 'the kernel lacks bridges'
  translate 100.64 2>/dev/null || missing 'the kernel lacks nf_tables with prefix translation'
  mount -t tmpfs machine /mnt || missing 'tmpfs cannot be mounted'
  mkdir /mnt/root
  mount --bind /mnt/root /mnt/root
  mkdir /mnt/root/usr /mnt/root/old
  lay_over usr /mnt/root /mnt/layers 2>/dev/null || missing 'the kernel lacks overlayfs'
  pivot_root /mnt/root /mnt/root/old 2>/dev/null || missing "$no_mount_point"
}

# --- Networks ---------------------------------------------------------------

forward_packets() {
  echo 1 >/proc/sys/net/ipv4/ip_forward
}

router() {
  number=${2#100.}
  inside="nsenter --net=$1"
  # Of a simulator that was here before: the kernel takes its time.
  ip link delete "cloud$number" 2>/dev/null || :
  $inside ip link add wan type veth peer name "cloud$number" netns $$
  # Of the link alone: who calls from here calls with an address of its own.
  ip addr add "169.254.$number.1/30" dev "cloud$number" scope link
  ip link set "cloud$number" up
  ip route add "$2.0.0/24" via "169.254.$number.2"
  forward_packets
  $inside sh "$0" router_inside "$2"
}

router_inside() {
  number=${1#100.}
  ip link set lo up
  ip addr add "169.254.$number.2/30" dev wan
  ip link set wan up
  ip route add default via "169.254.$number.1"
  ip link add lan type bridge
  ip addr add "$private_network.1/24" dev lan
  ip link set lan up
  # What turns round here goes through this router, both ways.
  for interface in all lan; do
    echo 0 >"/proc/sys/net/ipv4/conf/$interface/send_redirects"
  done
  # Else a bridge routes by itself what is translated, and nothing back where it came from.
  bridge_filter=/proc/sys/net/bridge/bridge-nf-call-iptables
  [ ! -e "$bridge_filter" ] || echo 0 >"$bridge_filter"
  forward_packets
  translate "$1"
}

# Each private address has a public one, and nothing else comes in. A machine that calls a neighbour
# or itself by the public address is seen there with its own.
translate() {
  nft -f - <<END
table ip cloud {
  chain arriving {
    type nat hook prerouting priority dstnat
    dnat ip prefix to ip daddr map { $1.0.0/24 : $private_network.0/24 }
  }
  chain leaving {
    type nat hook postrouting priority srcnat
    oifname "wan" snat ip prefix to ip saddr map { $private_network.0/24 : $1.0.0/24 }
    oifname "lan" ct status dnat snat ip prefix to ip saddr map { $private_network.0/24 : $1.0.0/24 }
  }
  chain crossing {
    type filter hook forward priority filter
    iifname "wan" ct status dnat accept
    iifname "wan" ct state new drop
  }
}
END
}

# --- A machine --------------------------------------------------------------

machine() {
  port=m${2##*.}
  nsenter --net="$1" ip link add "$port" type veth peer name eth0 netns $$
  nsenter --net="$1" ip link set "$port" master lan up
  ip link set lo up
  ip addr add "$2/24" dev eth0
  ip link set eth0 up
  ip route add default via "$private_network.1"
  shift 2
  exec unshare --mount --propagation private --uts --ipc --pid --fork --kill-child \
    sh "$0" boot "$@"
}

# The first process of the machine.
boot() {
  gib=$1 name=$2 folder=$3 hidden=$4 shared=$5
  read -r init _ </proc/self/stat # as the host's /proc counts
  umask 022
  hostname "$name"
  mkdir -p "$folder/root"
  mount -t tmpfs -o "size=${gib}G,mode=0755" machine "$folder/root"
  new=$folder/root/tree
  layers=$folder/root/layers
  mkdir "$new"
  mount --bind "$new" "$new"
  make_root
  make_devices
  make_sys
  mount -t proc proc "$new/proc"
  cp -R "$folder/image/." "$new/"
  forget_host
  if [ -n "$shared" ]; then
    mkdir -p "$new$shared"
    mount --bind "$shared" "$new$shared"
  fi
  cd "$new"
  pivot_root . mnt
  printf '%s\n' "$init" >"/mnt$folder/init.new"
  mv "/mnt$folder/init.new" "/mnt$folder/init"
  umount -l /mnt
  run_user_data
}

# lay_over TREE ROOT LAYERS: the host's files, and what is written there is the machine's own.
lay_over() {
  mkdir -p "$3/$1/upper" "$3/$1/work" "$2/$1"
  mount -t overlay -o "lowerdir=/$1,upperdir=$3/$1/upper,workdir=$3/$1/work" machine "$2/$1"
}

# Programs, libraries and settings are the host's; what else it has is not to be seen.
make_root() {
  for tree in bin sbin lib lib32 lib64 libx32 usr etc opt var/lib/dpkg var/lib/apt/lists var/lib/rpm; do
    if [ -L "/$tree" ]; then
      cp -P "/$tree" "$new/$tree"
    elif [ -d "/$tree" ]; then
      lay_over "$tree" "$new" "$layers"
    fi
  done
  for folder_of_image in boot dev home media mnt proc run/lock srv sys var/cache/apt/archives/partial \
    var/lib/dpkg var/lib/misc var/log/apt var/mail var/opt var/spool; do
    mkdir -p "$new/$folder_of_image"
  done
  mkdir -m 0700 "$new/root"
  mkdir -m 1777 "$new/tmp" "$new/var/tmp"
  ln -s /run "$new/var/run"
  ln -s /run/lock "$new/var/lock"
}

# The host's character devices, of which gres.conf may name any; not its disks, not its memory.
make_devices() {
  mount -t tmpfs -o mode=0755 devices "$new/dev"
  for device in /dev/*; do
    case $device in
      /dev/kmsg | /dev/mem | /dev/port | /dev/ptmx) ;;
      *) [ ! -c "$device" ] || [ -L "$device" ] || cp -a "$device" "$new/dev/" ;;
    esac
  done
  mkdir "$new/dev/pts" "$new/dev/net"
  mkdir -m 1777 "$new/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$new/dev/pts"
  ln -s pts/ptmx "$new/dev/ptmx"
  ln -s /proc/self/fd "$new/dev/fd"
  ln -s /proc/self/fd/0 "$new/dev/stdin"
  ln -s /proc/self/fd/1 "$new/dev/stdout"
  ln -s /proc/self/fd/2 "$new/dev/stderr"
  [ ! -c /dev/net/tun ] || cp -a /dev/net/tun "$new/dev/net/"
}

# The machine's own /sys, in whose class/ things can be put and left out.
make_sys() {
  mount -t sysfs sysfs "$new/sys"
  mkdir "$new/run/class"
  mount --bind "$new/sys/class" "$new/run/class"
  mount -t tmpfs -o mode=0755 class "$new/sys/class"
  for class in "$new"/run/class/*; do
    [ "${class##*/}" != infiniband ] || continue
    mkdir "$new/sys/class/${class##*/}"
    mount --bind "$class" "$new/sys/class/${class##*/}"
  done
  umount "$new/run/class"
  rmdir "$new/run/class"
}

# The host's identity and secrets, in what of it is seen.
forget_host() {
  [ ! -d "$new$hidden" ] || mount -t tmpfs -o mode=0700 hidden "$new$hidden"
  (
    cd "$new/etc"
    for file in shadow gshadow; do
      [ -f "$file" ] || continue
      sed 's/^\([^:]*\):[^:]*:/\1:*:/' "$file" >"$file.new"
      chmod 0600 "$file.new"
      mv "$file.new" "$file"
    done
    rm -rf munge slurm slurm-llnl spillway wireguard machine-id resolv.conf hostname
    find . -xdev ! -type l ! -perm -o=r ! -name shadow ! -name gshadow -prune -exec rm -rf {} +
    : >resolv.conf
    printf '%s\n' "$name" >hostname
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >hosts
  )
}

# As cloud-init runs it, on the first boot. Who loses its parent is reaped by the shell that waits.
run_user_data() {
  cd /
  for variable in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    unset "$variable"
  done
  export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  [ ! -x "$user_data" ] || setsid "$user_data" &
  exec sh -c 'sleep infinity & while :; do wait; done'
}

command=$1
shift
"$command" "$@"
