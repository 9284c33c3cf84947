# --- Names ------------------------------------------------------------------

# put_names TEXT: instead of the lines between the two marks, or at the end; none when it is empty.
put_names() {
  hosts=$root/etc/hosts
  (umask 022 && mkdir -p "$root/etc") || fail "cannot make $root/etc"
  new=$root/etc/.hosts.spillway
  {
    [ ! -r "$hosts" ] || sed '/^# spillway: begin$/,/^# spillway: end$/d' "$hosts"
    [ -z "$1" ] || printf '# spillway: begin\n%s\n# spillway: end\n' "$1"
  } >"$new" || fail "cannot write $new"
  { chmod 0644 "$new" && mv -f "$new" "$hosts"; } || fail "cannot write $hosts"
}

# They may name the very host of the join service and of the VPN's endpoint, which must be reached
# from outside of the tunnel: an earlier run's go before anything is called.
forget_names() {
  ! grep -q '^# spillway: begin$' "$root/etc/hosts" 2>/dev/null || put_names ''
}

write_hosts() {
  names=$(lines_of host "$joined")
  [ -n "$names" ] || return 0
  put_names "$names"
}

