# --- slurmd -----------------------------------------------------------------

# Where this node's slurmd writes its process number; empty when its configuration is not here.
# Without one of ours, slurmd links the one that it fetched to /run/slurm/conf.
slurmd_pid_file() {
  conf=$root/etc/slurm/slurm.conf
  [ -r "$conf" ] || conf=$root/run/slurm/conf/slurm.conf
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

# The mark is in /run, so it does not outlive a boot. It bears the node's name before slurmd starts,
# so that a kill right after that does not start it twice; then, that it has started.
slurmd_runs() {
  [ -r "$run/slurmd" ] || return 1
  read -r node state <"$run/slurmd"
  pid_file=$(slurmd_pid_file)
  if [ -n "$pid_file" ]; then
    lives "$pid_file"
  else
    [ "$state" = started ]
  fi
}

# As Slurm's own unit has it: a control group of its own, and locked memory for InfiniBand.
launch_slurmd() {
  if has_systemd && has_program systemd-run; then
    systemd-run -q --unit=spillway-slurmd --collect -p Type=forking -p Delegate=yes \
      -p KillMode=process -p TasksMax=infinity -p LimitNOFILE=131072 -p LimitMEMLOCK=infinity \
      -p LimitSTACK=infinity "$@" && return 0
    journalctl -q -o cat -n 5 -u spillway-slurmd.service
    return 1
  fi
  (
    umask 022
    # shellcheck disable=SC3045  # dash and bash have -l
    ! owns_machine || ulimit -l unlimited 2>/dev/null
    "$@"
  )
}

start_slurmd() {
  own_folder "$root/var/spool/slurmd" 0755 root
  own_folder "$root/var/log/slurm" 0755 root
  controllers=$(lines_of slurmctld "$joined" | paste -s -d , -)
  if [ -r "$root/etc/slurm/slurm.conf" ]; then
    set -- -f "$root/etc/slurm/slurm.conf"
  elif [ -n "$controllers" ]; then
    set -- --conf-server "$controllers"
  else
    fail 'neither a slurm.conf was delivered nor slurmctld named'
  fi
  printf '%s\n' "$node" >"$run/slurmd"
  # -b: a node that Slurm has just powered up must have booted after the request.
  launch_slurmd slurmd -b -N "$node" "$@" >"$work/slurmd" 2>&1 </dev/null 9>&-
  slurmd_status=$?
  if [ "$slurmd_status" -ne 0 ]; then
    rm -f "$run/slurmd"
    fail "slurmd did not start: $(last_words "$work/slurmd" "$slurmd_status")"
  fi
  printf '%s started\n' "$node" >"$run/slurmd"
  say "slurmd started as $node"
}

