# --- The system -------------------------------------------------------------

# A machine in a directory belongs to its user: owners, packages and network are left alone there.
owns_machine() {
  [ -z "$root" ] && [ "$(id -u)" -eq 0 ]
}

has_systemd() {
  owns_machine && [ -d /run/systemd/system ]
}

has_program() {
  command -v "$1" >/dev/null 2>&1
}

# await SECONDS COMMAND...: until it succeeds, at most about so long.
await() {
  tries=$(($1 * 5))
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.2 9>&-
  done
}

# own_folder PATH MODE OWNER
own_folder() {
  (umask 022 && mkdir -p "$1" && chmod "$2" "$1") || fail "cannot make $1"
  ! owns_machine || chown "$3" "$1" || fail "cannot give $1 to $3"
}

# Does the process whose number is in this file live?
lives() {
  [ -r "$1" ] && read -r pid <"$1" && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

# A machine that has just booted updates itself: its locks are waited for. What was delivered before
# its package came is kept (force-confold). No service is asked about (NEEDRESTART_SUSPEND).
apt_get() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y \
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold \
    "$@" >>"$log" 2>&1 </dev/null 9>&-
}

# apt-get waits for dpkg's lock, but not for that of the lists.
update_packages() {
  [ -z "$packages_are_fresh" ] || return 0
  dpkg --configure -a >>"$log" 2>&1 </dev/null 9>&- # what a power cut left half done
  tries=30
  until apt_get update; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 10 9>&-
  done
  packages_are_fresh=yes
}
packages_are_fresh=''

# ensure_program NAME PACKAGE...
ensure_program() {
  ! has_program "$1" || return 0
  wanted_program=$1
  shift
  { owns_machine && has_program apt-get; } || fail "$wanted_program is not installed"
  say "installing packages: $*"
  update_packages || say 'apt-get update failed'
  { apt_get install --no-install-recommends "$@" && has_program "$wanted_program"; } ||
    fail "$wanted_program is not installed, and apt-get could not install $*"
}

