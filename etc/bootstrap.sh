#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a rented machine a node of the cluster: tells the broker what it is, learns its node name,
# installs what it is given, checks its hardware, starts slurmd. Built into spillwayd, fetched and
# evaluated by the machine's user-data (broker/user_data.cc), which sets three shell variables that
# are never exported:
#   url     of the join service
#   pin     of its key, as curl takes it
#   token   of the lease; meets neither arguments, environment nor files
# Honours from the environment:
#   SPILLWAY_ROOT      the machine's root when it lives in a directory; default: /
#   SPILLWAY_ADDRESS   the address it calls from and reports; default: all that `ip` shows
# A second run does again what is safe to do again, and starts nothing twice.

set -u
umask 077
: "${url:?}" "${pin:?}" "${token:?}"

longest_pause=30 # seconds between two attempts, unless the service asks for more
longest_wait=120 # seconds that the service may ask for

say() {
  line="$(date -u +%Y-%m-%dT%H:%M:%SZ) $*"
  printf '%s\n' "$line" >>"$log"
  printf '%s\n' "$line"
}

# Words that are safe inside a JSON string.
clean() {
  printf '%s' "$1" | LC_ALL=C tr -cd 'A-Za-z0-9 ._:;/()+,=-' | cut -c "1-${2:-120}"
}

# Tells the broker, so that the machine is replaced, and ends.
fail() {
  say "failed: $*"
  ask /v1/unhealthy "{\"what\":\"$(clean "$*" 400)\"}"
  exit 1
}

# --- Calls ------------------------------------------------------------------

# call PATH BODY: one POST; the answer's body on stdout, its headers in $work/headers. The token
# goes through curl's stdin (printf is built into the shell, so it is in nobody's arguments).
call() {
  : >"$work/headers"
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl -q -sS -k --pinnedpubkey "$pin" --connect-timeout 10 -m 60 \
      ${SPILLWAY_ADDRESS:+--interface "$SPILLWAY_ADDRESS"} \
      -D "$work/headers" -H 'Accept: text/plain' -H 'Content-Type: application/json' \
      --data-raw "$2" -K - "$url$1" 2>>"$log"
}

# The status of the last answer; empty when there was none.
status_of_answer() {
  sed -n 's|^HTTP/[0-9.]* \([0-9][0-9][0-9]\).*|\1|p' "$work/headers" | tail -n 1
}

# The seconds the last answer asked to wait; empty when it named none.
asked_pause() {
  tr -d '\r' <"$work/headers" |
    sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,5\}\)$/\1/p' | tail -n 1
}

# ask PATH BODY: calls until the service has decided. 0 and $reply when it agreed; 1 and $refusal
# when it refused for good.
ask() {
  pause=1
  while :; do
    reply=$(call "$1" "$2")
    status=$(status_of_answer)
    case $status in
      2??) return 0 ;;
      408 | 429) ;;
      4??)
        refusal="$status $(clean "$reply")"
        return 1
        ;;
    esac
    wanted=$(asked_pause)
    [ -n "$wanted" ] || wanted=$pause
    [ "$wanted" -le "$longest_wait" ] || wanted=$longest_wait
    say "$1: ${status:-no answer}: again in $wanted s"
    sleep "$wanted"
    pause=$((pause * 2))
    [ "$pause" -le "$longest_pause" ] || pause=$longest_pause
  done
}

# --- Facts ------------------------------------------------------------------

own_addresses() {
  if [ -n "${SPILLWAY_ADDRESS:-}" ]; then
    printf '%s\n' "$SPILLWAY_ADDRESS"
  else
    ip -o addr show scope global | awk '{ sub("/.*", "", $4); print $4 }' | head -n 16
  fi
}

# One line a GPU: "NVIDIA H100 80GB HBM3, 81559 MiB". nvidia-smi prints its errors to stdout.
list_gpus() {
  command -v nvidia-smi >/dev/null 2>&1 || return 0
  timeout 120 nvidia-smi --query-gpu=name,memory.total --format=csv,noheader >"$work/gpus" \
    2>>"$log" || return 0
  grep ' MiB$' "$work/gpus"
}

# One line for each active InfiniBand port: its rate in Gb/s.
infiniband_rates() {
  for port in "$root"/sys/class/infiniband/*/ports/*; do
    grep -q ACTIVE "$port/state" 2>/dev/null || continue
    grep -q InfiniBand "$port/link_layer" 2>/dev/null || continue
    sed -n 's/^\([0-9]*\).*/\1/p' "$port/rate"
  done
}

collect_facts() {
  addresses=$(own_addresses | sed 's/.*/"&"/' | paste -s -d , -)
  gpus=$(list_gpus | wc -l)
  gpu_model=$(list_gpus | sed -n '1s/,[^,]*$//p')
  ports=$(infiniband_rates | wc -l)
  slowest_port=$(infiniband_rates | sort -n | head -n 1)
  memory_mib=$(awk '/^MemTotal:/ { printf "%d", $2 / 1024 }' /proc/meminfo)
  facts=$(printf '{"addresses":[%s],"hostname":"%s","gpus":%d,"gpu_model":"%s",' \
    "$addresses" "$(clean "$(uname -n)")" "$gpus" "$(clean "$gpu_model")")
  facts=$facts$(printf '"infiniband_ports":%d,"infiniband_gbps":%d,"memory_mib":%d,"cpus":%d,' \
    "$ports" "${slowest_port:-0}" "$memory_mib" "$(nproc)")
  facts="$facts\"os\":\"\",\"wireguard_key\":\"\"}"
  say "facts: $facts"
}

# --- Join -------------------------------------------------------------------

# The reply is lines: node, cluster, gpus, slurmctld (one each), file (one a file).
join_cluster() {
  if ! ask /v1/join "$facts"; then
    say "stopped: the join service refused this machine: $refusal"
    exit 1
  fi
  joined=$reply
  node=''
  cluster=''
  promised_gpus=0
  controllers=''
  while IFS=' ' read -r key value; do
    case $key in
      node) node=$value ;;
      cluster) cluster=$value ;;
      gpus) promised_gpus=$value ;;
      slurmctld) controllers=${controllers:+$controllers,}$value ;;
    esac
  done <<REPLY
$joined
REPLY
  [ -n "$node" ] || fail 'join: the reply names no node'
  say "joined cluster $cluster as node $node"
}

# --- Programs and files -----------------------------------------------------

# ensure_program NAME PACKAGE
ensure_program() {
  ! command -v "$1" >/dev/null 2>&1 || return 0
  if [ -n "$root" ] || [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    fail "$1 is not installed"
  fi
  say "installing package $2"
  DEBIAN_FRONTEND=noninteractive apt-get -q update >>"$log" 2>&1 </dev/null 9>&-
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$2" \
    >>"$log" 2>&1 </dev/null 9>&- ||
    fail "$1 is not installed, and apt-get could not install $2"
}

ensure_programs() {
  case $joined in
    *' /etc/munge/munge.key'*) ensure_program munged munge ;;
  esac
  ensure_program slurmd slurmd
}

# Owners are set on a machine of its own only: a machine in a directory belongs to its user.
sets_owners() {
  [ -z "$root" ] && [ "$(id -u)" -eq 0 ]
}

# own_folder PATH MODE OWNER
own_folder() {
  (umask 022 && mkdir -p "$1" && chmod "$2" "$1") || fail "cannot make $1"
  ! sets_owners || chown "$3" "$1" || fail "cannot give $1 to $3"
}

# install_file MODE OWNER BASE64 PATH: whole or not at all, never readable by more than it says.
install_file() {
  case $4 in
    *..* | [!/]* | '') fail "delivered file: bad path $4" ;;
  esac
  target=$root$4
  (umask 022 && mkdir -p "${target%/*}") || fail "cannot make ${target%/*}"
  fresh=$(mktemp "${target%/*}/.spillway.XXXXXX") || fail "cannot write into ${target%/*}"
  printf '%s' "${3#-}" | base64 -d >"$fresh" || fail "delivered file: $4 came damaged"
  case $4 in
    *.conf)
      prefix=$(printf '%s' "$root" | sed 's/[&|\\]/\\&/g')
      sed "s|@SPILLWAY_ROOT@|$prefix|g" "$fresh" >"$work/conf" || fail "cannot write $work/conf"
      cat "$work/conf" >"$fresh" || fail "cannot write $target"
      ;;
  esac
  ! sets_owners || chown "$2" "$fresh" || fail "cannot give $4 to $2"
  chmod "$1" "$fresh" || fail "cannot set the mode of $4"
  if [ "$4" = /etc/munge/munge.key ]; then
    munge_owner=$2
    cmp -s "$fresh" "$target" || munge_key_is_new=yes
  fi
  mv -f "$fresh" "$target" || fail "cannot write $target"
  fresh=''
  say "installed $4"
}

install_files() {
  munge_owner=''
  munge_key_is_new=''
  while IFS=' ' read -r key mode owner data path; do
    [ "$key" != file ] || install_file "$mode" "$owner" "$data" "$path"
  done <<REPLY
$joined
REPLY
}

# --- Daemons ----------------------------------------------------------------

# Does the process whose number is in this file live?
lives() {
  [ -r "$1" ] && read -r pid <"$1" && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

has_munge_service() {
  [ -z "$root" ] && [ -d /run/systemd/system ] && systemctl cat munge.service >/dev/null 2>&1
}

run_munged() {
  own_folder "$root/run/munge" 0755 "$munge_owner"
  own_folder "$root/var/log/munge" 0700 "$munge_owner"
  own_folder "$root/var/lib/munge" 0700 "$munge_owner"
  set -- --key-file="$root/etc/munge/munge.key" --socket="$root/run/munge/munge.socket.2" \
    --pid-file="$root/run/munge/munged.pid" --log-file="$root/var/log/munge/munged.log" \
    --seed-file="$root/var/lib/munge/munged.seed"
  if sets_owners; then
    runuser -u "$munge_owner" -- munged "$@" >>"$log" 2>&1 </dev/null 9>&-
  else
    # A directory's parents need not be as strict as munged wants a system's to be.
    munged "$@" --force >>"$log" 2>&1 </dev/null 9>&-
  fi
}

start_munged() {
  [ -n "$munge_owner" ] || return 0
  if has_munge_service; then
    if [ -n "$munge_key_is_new" ] || ! systemctl -q is-active munge; then
      systemctl restart munge >>"$log" 2>&1 || fail 'munge.service did not start'
    fi
  elif lives "$root/run/munge/munged.pid" && [ -z "$munge_key_is_new" ]; then
    say 'munged runs already'
    return 0
  else
    ! lives "$root/run/munge/munged.pid" ||
      munged --stop --socket="$root/run/munge/munge.socket.2" >>"$log" 2>&1
    run_munged || fail 'munged did not start'
  fi
  say 'munged started'
}

health_gate() {
  found=$(list_gpus | wc -l)
  [ "$found" -eq "$promised_gpus" ] || [ "$promised_gpus" -eq 0 ] ||
    fail "gpus: $((found)) of $promised_gpus"
}

# Where this node's slurmd writes its process number; empty when its configuration is not here.
slurmd_pid_file() {
  conf=$root/etc/slurm/slurm.conf
  [ -r "$conf" ] || return 0
  file=$(tr '[:upper:]' '[:lower:]' <"$conf" | grep -n '^[[:space:]]*slurmdpidfile[[:space:]]*=' |
    tail -n 1 | cut -d : -f 1)
  if [ -z "$file" ]; then
    printf '/var/run/slurmd.pid\n'
    return 0
  fi
  sed -n "${file}s/^[^=]*=[[:space:]]*\([^[:space:]#]*\).*/\1/p" "$conf" |
    sed "s/%n/$node/g; s/%h/$(uname -n | cut -d . -f 1)/g"
}

# The marker is in /run, so it does not outlive a boot. It names slurmd's pid file, or nothing.
slurmd_runs() {
  [ -r "$run/slurmd" ] || return 1
  read -r pid_file <"$run/slurmd"
  [ -z "$pid_file" ] || lives "$pid_file"
}

start_slurmd() {
  own_folder "$root/var/spool/slurmd" 0755 root
  own_folder "$root/var/log/slurm" 0755 root
  if [ -r "$root/etc/slurm/slurm.conf" ]; then
    set -- -f "$root/etc/slurm/slurm.conf"
  elif [ -n "$controllers" ]; then
    set -- --conf-server "$controllers"
  else
    fail 'neither a slurm.conf was delivered nor slurmctld named'
  fi
  # -b: a node that Slurm has just powered up must have booted after the request.
  slurmd -b -N "$node" "$@" >"$work/slurmd" 2>&1 </dev/null 9>&- ||
    fail "slurmd did not start: $(tail -n 1 "$work/slurmd")"
  slurmd_pid_file >"$run/slurmd"
  say "slurmd started as $node"
}

# ----------------------------------------------------------------------------

prepare() {
  root=${SPILLWAY_ROOT:-}
  root=${root%/}
  run=$root/run/spillway
  log=$root/var/log/spillway-bootstrap.log
  (umask 022 && mkdir -p "$root/var/log" "$root/run") || exit 1
  mkdir -p "$run" || exit 1
  exec 9>"$run/lock"
  if command -v flock >/dev/null 2>&1 && ! flock -n 9; then
    say 'another run is under way'
    exit 0
  fi
  work=$(mktemp -d "$run/work.XXXXXX") || exit 1
  fresh=''
  trap 'rm -rf "$work" ${fresh:+"$fresh"}' EXIT
}

# In a function, so that a text cut short does nothing at all.
main() {
  prepare
  if slurmd_runs; then
    say 'slurmd runs already'
    exit 0
  fi
  collect_facts
  join_cluster
  ensure_programs
  install_files
  start_munged
  health_gate
  ask /v1/ready '{}' || fail "the join service does not take this machine: $refusal"
  start_slurmd
}

main
