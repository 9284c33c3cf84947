# --- The health gate --------------------------------------------------------

# Each check prints why this machine must not get a job, or nothing.

check_gpus() {
  [ "$wanted_gpus" -eq 0 ] || [ "$gpus" -eq "$wanted_gpus" ] ||
    printf 'gpus: %d of %d\n' "$gpus" "$wanted_gpus"
}

check_gpu_model() {
  [ -n "$wanted_gpu" ] || return 0
  awk -v wanted="$wanted_gpu" '
    !index(tolower($0), tolower(wanted)) {
      sub(/,[^,]*$/, "")
      print "gpus: " $0 " is no " wanted
      exit
    }' "$work/names"
}

check_ecc_query() {
  : >"$work/ecc"
  [ "$gpus" -eq 0 ] || ask_nvidia ecc.errors.uncorrected.volatile.total nounits >"$work/ecc" ||
    echo 'ecc: nvidia-smi does not tell'
}

# Of what the query found. "[N/A]" is a GPU without ECC.
check_ecc() {
  awk '
    $0 == "[N/A]" || $0 == "0" { next }
    /^[0-9]+$/ { print "ecc: gpu " (NR - 1) ": " $0 " uncorrected errors"; exit }
    { print "ecc: gpu " (NR - 1) ": not understood: " $0; exit }' "$work/ecc"
}

# "NVRM: Xid (PCI:0000:1b:00): 79, ...". What the driver's manual has as an application's error is
# no fault of the machine: 13, 31, 43, 45, 68 (docs.nvidia.com/deploy/xid-errors).
check_xid() {
  dmesg 2>>"$log" | sed -n 's/.*NVRM: Xid ([^)]*): *\([0-9]*\).*/\1/p' |
    awk '!/^(13|31|43|45|68)$/ { print "xid: " $0 " in the kernel log"; exit }'
}

check_infiniband() {
  [ "$wanted_ports" -gt 0 ] || return 0
  infiniband_ports >"$work/all_ports"
  awk -v ports="$wanted_ports" -v gbps="$wanted_gbps" '
    $3 == "ACTIVE" { active++ }
    $3 != "ACTIVE" && down == "" { down = $1 " port " $2 " is " $3 }
    $3 == "ACTIVE" && $4 < gbps && slow == "" {
      slow = $1 " port " $2 " at " $4 " of " gbps " Gb/s"
    }
    END {
      if (active < ports) print "infiniband: " active + 0 " of " ports " ports active"
      else if (down != "") print "infiniband: " down
      else if (slow != "") print "infiniband: " slow
    }' "$work/all_ports"
}

# at_least NAME FOUND WANTED UNIT
at_least() {
  [ "$2" -ge "$3" ] || printf '%s: %d of %d%s\n' "$1" "$2" "$3" "$4"
}

check_memory() {
  at_least memory "$(memory_mib)" "$wanted_memory" ' MiB'
}

check_cpus() {
  at_least cpus "$(nproc)" "$wanted_cpus" ''
}

check_disk() {
  [ "$wanted_disk" -gt 0 ] || return 0
  at_least disk "$(df -Pm "$root/" | awk 'NR == 2 { print $4 }')" "$wanted_disk" ' MiB free'
}

# seconds_of "Tue, 15 Nov 1994 08:12:31 GMT": since 1970, counted in years that begin in March.
# Prints nothing when that is no date.
seconds_of() {
  printf '%s\n' "$1" | awk '
    split($5, time, ":") == 3 {
      month = index("MarAprMayJunJulAugSepOctNovDecJanFeb", $3)
      if (!month || $4 < 1970) exit
      month = (month + 2) / 3 - 1
      year = month < 10 ? $4 : $4 - 1
      days = $2 + int((153 * month + 2) / 5) + 365 * year + int(year / 4) - int(year / 100) \
        + int(year / 400) - 719469
      printf "%d\n", days * 86400 + time[1] * 3600 + time[2] * 60 + time[3]
    }'
}

# munge refuses what is older than 300 s. The head's clock is what it was at the join, and the time
# since then, which no step of this machine's clock touches.
check_clock() {
  theirs=$(seconds_of "$broker_clock")
  if [ -z "$theirs" ]; then
    say "clock: the join service tells no time" >/dev/null
    return 0
  fi
  apart=$(($(date -u +%s) - theirs - $(seconds_up) + broker_heard))
  [ "${apart#-}" -le 60 ] || printf "clock: %d s from the head's\n" "$apart"
}

# All that is wrong, in $wrong; and in $may_pass, whether all of it may come right by itself: a driver
# still loads, InfiniBand's subnet manager has not come by, the clock was not yet set.
find_faults() {
  look_at_hardware
  wrong=''
  may_pass=yes
  for check in gpus gpu_model ecc_query ecc xid infiniband memory cpus disk clock; do
    reason=$("check_$check")
    [ -n "$reason" ] || continue
    wrong="${wrong:+$wrong; }$reason"
    case $check in
      gpus | gpu_model | ecc_query | infiniband | clock) ;;
      *) may_pass='' ;;
    esac
  done
  [ -n "$wrong" ]
}

settled_after=300 # seconds that a machine is up

has_settled() {
  uptime_of=$root
  [ -r "$root/proc/uptime" ] || uptime_of=''
  [ "$(seconds_up "$uptime_of")" -ge "$settled_after" ]
}

# All that is wrong is told at once, and at the end of a boot at the latest.
check_health() {
  said=''
  while find_faults; do
    if [ -z "$may_pass" ] || has_settled; then
      fail "$wrong"
    fi
    [ "$wrong" = "$said" ] || say "not yet healthy: $wrong"
    said=$wrong
    sleep 5 9>&-
  done
  run_hooks checks.d fail
  say 'healthy'
}

