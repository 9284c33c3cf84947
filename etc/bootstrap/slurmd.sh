# --- slurmd -----------------------------------------------------------------

# slurmd_path NAME: what slurmd's configuration says for this node, NAME in lower case; fails when
# there is none here. Without one of ours, slurmd links the one that it fetched to /run/slurm/conf.
slurmd_path() {
  conf=$root/etc/slurm/slurm.conf
  [ -r "$conf" ] || conf=$root/run/slurm/conf/slurm.conf
  [ -r "$conf" ] || return 1
  found=$(tr '[:upper:]' '[:lower:]' <"$conf" | grep -n "^[[:space:]]*$1[[:space:]]*=" |
    tail -n 1 | cut -d : -f 1)
  [ -n "$found" ] || return 0
  sed -n "${found}s/^[^=]*=[[:space:]]*\([^[:space:]#]*\).*/\1/p" "$conf" |
    sed "s/%n/$node/g; s/%h/$(uname -n | cut -d . -f 1)/g"
}

# Where this node's slurmd writes its process number; empty when its configuration is not here.
slurmd_pid_file() {
  file=$(slurmd_path slurmdpidfile) || return 0
  printf '%s\n' "${file:-/var/run/slurmd.pid}"
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

slurmd_failed() {
  rm -f "$run/slurmd"
  fail "slurmd did not start: $1"
}

# From 23.11 on slurmd leaves its starter before it reads its configuration (slurmd.c, 24.11): it may
# say 0 and die. Its pid file comes last, after it has asked all GPUs what they are.
await_slurmd() {
  pid_file=$(slurmd_pid_file)
  if [ -z "$pid_file" ] || await 60 lives "$pid_file"; then
    return 0
  fi
  words=$(tail -n 1 "$(slurmd_path slurmdlogfile)" 2>/dev/null)
  slurmd_failed "${words:-it wrote no pid file}"
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
  [ "$slurmd_status" -eq 0 ] || slurmd_failed "$(last_words "$work/slurmd" "$slurmd_status")"
  await_slurmd
  printf '%s started\n' "$node" >"$run/slurmd"
  say "slurmd started as $node"
}

