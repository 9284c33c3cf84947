#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# layers_test.sh ROOT: reads every #include of the rooms and refuses what the table in
# ARCHITECTURE.md does not allow. Tests may include anything.
set -eu

root=${1:?usage: layers_test.sh ROOT}
cd "$root"
rooms="lib core ledger explain cluster providers plugin sim resume suspend broker cli"

# may_include PLACE HEADER: PLACE is a room, or a folder inside one that has rules of its own.
may_include() {
  case "$1 $2" in
    "lib lib/"*) ;;
    "core core/"*) ;;
    "core lib/result.h" | "core lib/money.h" | "core lib/time.h") ;;
    "core lib/text.h" | "core lib/yaml.h") ;;
    "plugin plugin/"*) ;;
    "plugin core/decisions.h" | "plugin core/hostlist.h") ;;
    "plugin lib/result.h" | "plugin lib/text.h" | "plugin lib/file.h") ;;
    "providers providers/"* | "cluster cluster/"* | "ledger ledger/"*) ;;
    "providers core/"* | "cluster core/"* | "ledger core/"*) ;;
    "providers lib/"* | "cluster lib/"* | "ledger lib/"*) ;;
    "explain explain/"* | "explain core/"* | "explain lib/"*) ;;
    "driver providers/"*/*) return 1 ;;
    "driver providers/"* | "driver core/"* | "driver lib/"*) ;;
    "sim sim/http/"*) return 1 ;;
    "sim sim/"* | "sim core/"* | "sim lib/"* | "sim providers/provider.h") ;;
    "sim/http sim/"* | "sim/http lib/"*) ;;
    "program resume/"* | "program suspend/"* | "program broker/"* | "program cli/"*) return 1 ;;
    "program plugin/"* | "program sim/http/"* | "program tests/"*) return 1 ;;
    "program "*) ;;
    *) return 1 ;;
  esac
}

# The place whose rules hold for FILE.
place_of() {
  case "$1" in
    providers/*/*) echo driver ;;
    sim/http/*) echo sim/http ;;
    resume/* | suspend/* | broker/* | cli/*) echo program ;;
    *) echo "${1%%/*}" ;;
  esac
}

# Quoted includes: room against room. A file may always include its own folder.
check_own() {
  [ "${1%/*}" = "${2%/*}" ] || may_include "$(place_of "$1")" "$2"
}

# Angle includes: what is pure touches neither the system nor a third party's types; the test
# framework has one door.
check_foreign() {
  case "$1 $2" in
    core/*.h" "*.h | core/*.cc" "*.h | core/*" "*/*) return 1 ;;
    core/*" thread" | core/*" mutex" | core/*" future" | core/*" condition_variable") return 1 ;;
    core/*" fstream" | core/*" iostream" | core/*" filesystem") return 1 ;;
    tests/support/cmocka.h" cmocka.h") ;;
    *" cmocka.h") return 1 ;;
  esac
}

list_includes() {
  # shellcheck disable=SC2086  # the rooms are words
  find $rooms tests -type f \( -name '*.h' -o -name '*.cc' -o -name '*.c' \) -exec \
    grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null {} + || true
}

failures=$(
  list_includes | sed -E 's/^([^:]+):([0-9]+):[^<"]*([<"])([^>"]+)[>"].*/\1 \2 \3 \4/' |
    while read -r file line kind header; do
      case "$file $kind" in
        tests/*'"') ;;
        *'"')
          check_own "$file" "$header" ||
            echo "$file:$line: $(place_of "$file") may not include \"$header\""
          ;;
        *) check_foreign "$file" "$header" || echo "$file:$line: <$header> has no place here" ;;
      esac
    done
)
checked=$(list_includes | wc -l)
if [ "$checked" -eq 0 ]; then
  echo "layers: no include found under $root" >&2
  exit 1
fi
if [ -n "$failures" ]; then
  echo "$failures" >&2
  echo "layers: see the table of rooms in ARCHITECTURE.md" >&2
  exit 1
fi
echo "layers: $checked includes, all as the table allows"
