# --- Names ------------------------------------------------------------------

# Replaces the lines between the two marks, or adds them at the end.
write_hosts() {
  names=$(lines_of host "$joined")
  hosts=$root/etc/hosts
  [ -n "$names" ] || return 0
  (umask 022 && mkdir -p "$root/etc") || fail "cannot make $root/etc"
  new=$root/etc/.hosts.spillway
  {
    [ ! -r "$hosts" ] || sed '/^# spillway: begin$/,/^# spillway: end$/d' "$hosts"
    printf '# spillway: begin\n%s\n# spillway: end\n' "$names"
  } >"$new" || fail "cannot write $new"
  { chmod 0644 "$new" && mv -f "$new" "$hosts"; } || fail "cannot write $hosts"
}

