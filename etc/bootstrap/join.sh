# --- Join -------------------------------------------------------------------

# lines_of KEY TEXT: what stands behind this key, one line each.
lines_of() {
  printf '%s\n' "$2" | sed -n "s/^$1 //p"
}

value_of() {
  lines_of "$1" "$joined" | tail -n 1
}

# number_of KEY: 0 when the reply has none; fails when it is no number.
number_of() {
  number=$(value_of "$1")
  case ${number:=0} in
    *[!0-9]*) return 1 ;;
  esac
  printf '%s\n' "$number"
}

# What the health gate compares with: nothing that is not understood may count as not asked for.
read_demands() {
  wanted_gpu=$(value_of gpu)
  wanted_gpus=$(number_of gpus) && wanted_cpus=$(number_of cpus) &&
    wanted_memory=$(number_of memory_mib) && wanted_disk=$(number_of disk_mib) &&
    wanted_ports=$(number_of infiniband_ports) && wanted_gbps=$(number_of infiniband_gbps) &&
    wanted_bandwidth=$(number_of bandwidth_gbps)
}

# The broker may not know that it refused this machine, which costs money until its deadline. It is
# told once, whatever it answers: who is refused may be refused that, too.
stop_refused() {
  say "stopped: the join service refused this machine: $refusal"
  call /v1/unhealthy "$(complaint "join refused: $refusal")" >/dev/null
  exit 1
}

# The reply is lines, a key and what belongs to it; those that may come more than once (slurmctld,
# host, mount, file) are read from $joined where they are needed.
join_cluster() {
  ask /v1/join "$facts" || stop_refused
  joined=$reply
  broker_clock=$(header_of_answer date)
  broker_heard=$(seconds_up)
  node=$(value_of node)
  cluster=$(value_of cluster)
  [ -n "$node" ] || fail 'join: the reply names no node'
  read_demands || fail 'join: the reply has a word where a number belongs'
  say "joined cluster $cluster as node $node"
}

