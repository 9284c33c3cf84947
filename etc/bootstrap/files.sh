# --- Files ------------------------------------------------------------------

late_owners='' # lines "OWNER PATH": the package that brings the user is not here yet

# put_in_place FRESH TARGET: whole or not at all.
put_in_place() {
  if [ "$2" = "$root/etc/munge/munge.key" ] && ! cmp -s "$1" "$2"; then
    : >"$run/munge-key-is-new" || return 1 # outlives a kill between here and munged's start
  fi
  mv -f "$1" "$2"
}

# give_to OWNER PATH FINAL_PATH
give_to() {
  owns_machine || return 0
  if id -u "$1" >/dev/null 2>&1; then
    chown "$1" "$2"
  else
    late_owners="$late_owners$1 $3
"
  fi
}

# in_this_root FILE: a machine in a directory has its configuration say so.
in_this_root() {
  prefix=$(printf '%s' "$root" | sed 's/[&|\\]/\\&/g')
  sed "s|@SPILLWAY_ROOT@|$prefix|g" "$1" >"$work/conf" && cat "$work/conf" >"$1"
}

# install_file MODE OWNER BASE64 PATH: never readable by more than it says.
install_file() {
  case $4 in
    *..* | [!/]* | '') fail "delivered file: bad path $4" ;;
  esac
  target=$root$4
  (umask 022 && mkdir -p "${target%/*}") || fail "cannot make ${target%/*}"
  # One name for all and every run: nothing that a kill left behind stays behind.
  fresh=${target%/*}/.spillway.new
  { rm -f "$fresh" && : >"$fresh"; } || fail "cannot write into ${target%/*}"
  printf '%s' "${3#-}" | base64 -d >"$fresh" || fail "delivered file: $4 came damaged"
  case $4 in
    *.conf) in_this_root "$fresh" || fail "cannot write $target" ;;
  esac
  give_to "$2" "$fresh" "$target" || fail "cannot give $4 to $2"
  chmod "$1" "$fresh" || fail "cannot set the mode of $4"
  put_in_place "$fresh" "$target" || fail "cannot write $target"
  [ "$4" != /etc/munge/munge.key ] || munge_owner=$2
  say "installed $4"
}

install_files() {
  munge_owner=''
  while IFS=' ' read -r mode owner data path; do
    [ -z "$mode" ] || install_file "$mode" "$owner" "$data" "$path"
  done <<FILES
$(lines_of file "$joined")
FILES
  fresh=''
}

# Once programs are there, their users are.
settle_owners() {
  while IFS=' ' read -r owner path; do
    [ -z "$owner" ] || chown "$owner" "$path" || fail "cannot give $path to $owner"
  done <<OWNERS
$late_owners
OWNERS
}

