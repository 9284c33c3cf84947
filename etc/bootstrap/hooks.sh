# --- The admin's own programs -----------------------------------------------

# run_hook PROGRAM: what it prints goes to $work/hook and to the log.
run_hook() {
  say "running $1"
  (
    umask 022
    exec timeout -k 10 300 env SPILLWAY_ROOT="$root" SPILLWAY_NODE="$node" \
      SPILLWAY_CLUSTER="$cluster" SPILLWAY_GPUS="$gpus" SPILLWAY_GPU="$gpu_model" \
      SPILLWAY_MEMORY_MIB="$memory" SPILLWAY_INFINIBAND_PORTS="$active_ports" \
      SPILLWAY_INFINIBAND_GBPS="$slowest_port" "$1"
  ) >"$work/hook" 2>&1 </dev/null 9>&-
  hook_status=$?
  cat "$work/hook" >>"$log"
  return "$hook_status"
}

# run_hooks FOLDER ON_FAILURE: the executables of $root/etc/spillway/FOLDER in C order of their
# names; ON_FAILURE is called with what one said that failed.
run_hooks() {
  while IFS= read -r hook; do
    program=$root/etc/spillway/$1/$hook
    { [ -n "$hook" ] && [ -f "$program" ] && [ -x "$program" ]; } || continue
    run_hook "$program" || "$2" "$1/$hook: $(last_words "$work/hook" "$hook_status")"
  done <<HOOKS
$(LC_ALL=C ls "$root/etc/spillway/$1" 2>/dev/null)
HOOKS
}

