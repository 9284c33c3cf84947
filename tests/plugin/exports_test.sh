#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# exports_test.sh PLUGIN MAP: what leaves the plugin must be what the map names, and no more; and
# what slurmctld needs of it must be there.
set -eu

plugin=${1:?usage: exports_test.sh PLUGIN MAP}
map=${2:?usage: exports_test.sh PLUGIN MAP}

fail() {
  echo "exports: $*" >&2
  exit 1
}

patterns=$(sed -n 's/^ *global: *//p' "$map" | tr -d ';')
[ -n "$patterns" ] || fail "$map names nothing global"
exported=$(nm -D --defined-only "$plugin" | awk '{print $3}')

is_allowed() {
  for pattern in $patterns; do
    # shellcheck disable=SC2254  # it is a pattern
    case "$1" in $pattern) return 0 ;; esac
  done
  return 1
}

set -f
for name in $exported; do
  is_allowed "$name" || fail "$name leaves the plugin, which $map does not allow"
done
for name in plugin_name plugin_type init select_p_job_test select_p_reconfigure; do
  echo "$exported" | grep -qx "$name" || fail "$name is missing"
done

# slurmctld must not wait for, or be ended by, libraries that it did not ask for.
needed=$(readelf -d "$plugin" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
echo "$needed" | grep -qx 'select_cons_tres.so' || fail "the stock plugin is not a needed library"
for library in $needed; do
  case "$library" in
    select_cons_tres.so | libstdc++.so.* | libgcc_s.so.* | libc.so.* | libm.so.*) ;;
    *) fail "needs $library" ;;
  esac
done
readelf -d "$plugin" | grep -q 'BIND_NOW' && fail "binds at load: client commands cannot load it"
echo "exports: $(echo "$exported" | wc -l) names, all as $map allows"
