# --- Slurm ------------------------------------------------------------------

# fetch_archive CHECKSUM BYTES FILE
fetch_archive() {
  insist /v1/archive download "/v1/archive?os=$(os_name)" "$3" ||
    fail "archive: the join service refused it: $refusal"
  [ "$(wc -c <"$3")" -eq "$2" ] && [ "$(sha256sum <"$3" | cut -d ' ' -f 1)" = "$1" ]
}

# Unpacked once: the mark bears the checksum. Folders that are there keep their modes and owners,
# and those that are links stay links (/lib, /sbin).
unpack_archive() {
  IFS=' ' read -r sum bytes <<ARCHIVE
$1
ARCHIVE
  kept=$root/var/lib/spillway
  if [ "$(cat "$kept/archive" 2>/dev/null)" = "$sum" ]; then
    return 0
  fi
  say "fetching Slurm's archive of $bytes bytes"
  rm -f "$kept/archive.new"
  tries=3
  until fetch_archive "$sum" "$bytes" "$kept/archive.new"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail 'archive: is not the one whose checksum was told'
    say 'archive: came damaged: again'
  done
  (umask 022 && tar -x --no-overwrite-dir --keep-directory-symlink -f "$kept/archive.new" \
    -C "$root/" >>"$log" 2>&1 </dev/null 9>&-) || fail "archive: tar: $(tail -n 1 "$log")"
  ! owns_machine || ldconfig >>"$log" 2>&1
  sync
  printf '%s\n' "$sum" >"$kept/archive" || fail "cannot write $kept/archive"
  rm -f "$kept/archive.new"
}

# Its package starts slurmd before it is configured, and would again at the next boot.
keep_slurmd_service_away() {
  has_systemd || return 0
  systemctl disable --now slurmd.service >>"$log" 2>&1
  systemctl mask slurmd.service >>"$log" 2>&1
}

# release_number YY.MM: Slurm's releases counted, 22.05 is 0; fails when it is none.
release_number() {
  case $1 in
    20.11) echo -2 ;;
    21.08) echo -1 ;;
    22.05) echo 0 ;;
    23.02) echo 1 ;;
    23.11) echo 2 ;;
    2[4-9].05 | [3-9][0-9].05) echo $((2 * ${1%.*} - 45)) ;;
    2[4-9].11 | [3-9][0-9].11) echo $((2 * ${1%.*} - 44)) ;;
    *) return 1 ;;
  esac
}

# slurmd may not be newer than slurmctld, and two releases older; from 24.11 on, three (Slurm's
# upgrade guide).
check_release() {
  theirs=$(value_of slurm)
  [ -n "$theirs" ] || return 0
  said=$(slurmd -V 2>>"$log")
  ours=$(printf '%s\n' "$said" | sed -n 's/^[^ ]* \([0-9][0-9]\.[0-9][0-9]\).*/\1/p')
  our_number=$(release_number "$ours") ||
    fail "slurmd: its release is not understood: ${said:-it says none}"
  their_number=$(release_number "$theirs") ||
    fail "slurmd: slurmctld's release is not understood: $theirs"
  reach=2
  [ "$their_number" -lt 4 ] || reach=3
  [ "$our_number" -le "$their_number" ] ||
    fail "slurmd: its release $ours is newer than slurmctld's $theirs: deliver an archive"
  [ "$our_number" -ge $((their_number - reach)) ] ||
    fail "slurmd: its release $ours is too old for slurmctld's $theirs: deliver an archive"
}

ensure_slurm() {
  keep_slurmd_service_away
  archive=$(value_of archive)
  if [ -n "$archive" ]; then
    unpack_archive "$archive"
    has_program slurmd || fail 'archive: no slurmd is in the path after it was unpacked'
  fi
  ensure_program slurmd slurmd slurm-client
  [ -z "$munge_owner" ] || ensure_program munged munge
  settle_owners
  check_release
}

