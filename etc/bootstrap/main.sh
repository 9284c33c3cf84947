# ----------------------------------------------------------------------------

prepare() {
  root=${SPILLWAY_ROOT:-}
  root=${root%/}
  run=$root/run/spillway
  log=$root/var/log/spillway-bootstrap.log
  (umask 022 && mkdir -p "$root/var/log" "$root/run") || exit 1
  mkdir -p "$run" || exit 1
  exec 9>"$run/lock"
  if has_program flock && ! flock -n 9; then
    say 'another run is under way'
    exit 0
  fi
  ! owns_machine || PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  rm -rf "$run"/work.*
  work=$(mktemp -d "$run/work.XXXXXX") || exit 1
  fresh=''
  trap 'rm -rf "$work" ${fresh:+"$fresh"}' EXIT
}

make_ready() {
  start_vpn
  set_firewall
  install_files
  write_hosts
  run_hooks before.d fail
  ensure_slurm
  mount_all
  start_munged
  check_health
}

# In a function, so that a text cut short does nothing at all.
main() {
  prepare
  if slurmd_runs && [ -e "$run/finished" ]; then
    say 'slurmd runs already'
    exit 0
  fi
  forget_names
  ensure_vpn_key
  collect_facts
  join_cluster
  if slurmd_runs; then
    say 'slurmd runs already'
    write_hosts
  else
    make_ready
    ask /v1/ready '{}' || fail "the join service does not take this machine: $refusal"
    meet_peers "$reply"
    test_pair "$reply"
    start_slurmd
  fi
  run_hooks after.d say
  : >"$run/finished"
}

main
