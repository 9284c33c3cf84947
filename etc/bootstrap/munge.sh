# --- munged -----------------------------------------------------------------

has_munge_service() {
  has_systemd && systemctl cat munge.service >/dev/null 2>&1
}

run_munged() {
  own_folder "$root/etc/munge" 0700 "$munge_owner"
  own_folder "$root/run/munge" 0755 "$munge_owner"
  own_folder "$root/var/log/munge" 0700 "$munge_owner"
  own_folder "$root/var/lib/munge" 0700 "$munge_owner"
  set -- --key-file="$root/etc/munge/munge.key" --socket="$root/run/munge/munge.socket.2" \
    --pid-file="$root/run/munge/munged.pid" --log-file="$root/var/log/munge/munged.log" \
    --seed-file="$root/var/lib/munge/munged.seed"
  if owns_machine; then
    runuser -u "$munge_owner" -- munged "$@" >>"$log" 2>&1 </dev/null 9>&-
  else
    # A directory's parents need not be as strict as munged wants a system's to be.
    munged "$@" --force >>"$log" 2>&1 </dev/null 9>&-
  fi
}

# start_munged: with the key that was delivered; one that runs with another is started anew.
start_munged() {
  [ -n "$munge_owner" ] || return 0
  is_new=$run/munge-key-is-new
  if has_munge_service; then
    if [ -e "$is_new" ] || ! systemctl -q is-active munge; then
      systemctl restart munge >>"$log" 2>&1 9>&- || fail 'munge.service did not start'
    fi
  elif lives "$root/run/munge/munged.pid" && [ ! -e "$is_new" ]; then
    say 'munged runs already'
    return 0
  else
    ! lives "$root/run/munge/munged.pid" ||
      munged --stop --socket="$root/run/munge/munge.socket.2" >>"$log" 2>&1
    run_munged || fail 'munged did not start'
  fi
  rm -f "$is_new"
  say 'munged started'
}

