# --- File systems -----------------------------------------------------------

is_mounted() {
  awk -v where="$1" '$2 == where { found = 1 } END { exit !found }' /proc/self/mounts
}

# mount_one TYPE OPTIONS WHAT WHERE
mount_one() {
  where=$4
  [ "$where" = / ] || where=${where%/}
  if is_mounted "$where"; then
    say "mount: $where is there already"
    return 0
  fi
  case $1 in
    nfs | nfs4) ensure_program mount.nfs nfs-common ;;
  esac
  (umask 022 && mkdir -p "$where") || fail "mount: cannot make $where"
  options=$2
  [ "$options" != - ] || options=defaults
  timeout 180 mount -t "$1" -o "$options" "$3" "$where" >"$work/mount" 2>&1 </dev/null 9>&-
  mount_status=$?
  cat "$work/mount" >>"$log"
  [ "$mount_status" -eq 0 ] || fail "mount: $where: $(last_words "$work/mount" "$mount_status")"
  say "mounted $3 at $where"
}

mount_all() {
  mounts=$(lines_of mount "$joined")
  if [ -n "$mounts" ] && ! owns_machine; then
    say 'mounts: not in a directory'
    return 0
  fi
  while IFS=' ' read -r type options what where; do
    [ -z "$type" ] || mount_one "$type" "$options" "$what" "$where"
  done <<MOUNTS
$mounts
MOUNTS
}

