#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# finds_bad_includes.sh LAYERS_TEST: the layers test must accept good trees and refuse bad ones.
set -eu

layers_test=${1:?usage: finds_bad_includes.sh LAYERS_TEST}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# judge accepts|refuses FILE INCLUDE: a tree with one file that has one include.
judge() {
  rm -rf "${tree:?}"/*
  for room in lib core ledger explain cluster providers/lambda plugin sim/http resume suspend broker cli \
    tests/support; do
    mkdir -p "$tree/$room"
  done
  mkdir -p "$tree/$(dirname "$2")"
  printf '#include %s\n' "$3" >"$tree/$2"
  verdict=accepts
  "$layers_test" "$tree" >/dev/null 2>&1 || verdict=refuses
  if [ "$verdict" != "$1" ]; then
    echo "$2 with #include $3: the test $verdict it" >&2
    failures=$((failures + 1))
  fi
}

judge accepts lib/text.cc '"lib/text.h"'
judge accepts lib/http.cc '<curl/curl.h>'
judge accepts core/config.cc '"lib/yaml.h"'
judge accepts core/offer.cc '<algorithm>'
judge accepts plugin/reader.cc '"core/decisions.h"'
judge accepts providers/lambda/driver.cc '"providers/provider.h"'
judge accepts providers/lambda/driver.cc '"providers/lambda/request.h"'
judge accepts providers/lambda/driver.cc '"providers/paced_transport.h"'
judge accepts providers/registry.cc '"providers/lambda/driver.h"'
judge accepts sim/cloud.cc '"providers/provider.h"'
judge accepts sim/http/server.cc '"sim/cloud.h"'
judge accepts broker/loop.cc '"ledger/ledger.h"'
judge accepts broker/loop.cc '"explain/explanations.h"'
judge accepts cli/why.cc '"explain/explanations.h"'
judge accepts explain/explanations.cc '"lib/json.h"'
judge accepts broker/lane/run.cc '"broker/lane/run.h"'
judge accepts tests/support/cmocka.h '<cmocka.h>'

judge refuses lib/text.cc '"core/offer.h"'
judge refuses core/decide.cc '"lib/file.h"'
judge refuses core/decide.cc '"lib/http.h"'
judge refuses core/decide.cc '"ledger/ledger.h"'
judge refuses core/decide.cc '<sqlite3.h>'
judge refuses core/decide.cc '<sys/stat.h>'
judge refuses core/decide.cc '<thread>'
judge refuses plugin/reader.cc '"core/config.h"'
judge refuses plugin/reader.cc '"lib/http.h"'
judge refuses cluster/slurm.cc '"ledger/ledger.h"'
judge refuses core/decide.cc '"explain/explanations.h"'
judge refuses explain/explanations.cc '"ledger/ledger.h"'
judge refuses ledger/ledger.cc '"explain/explanations.h"'
judge refuses ledger/store.cc '"providers/provider.h"'
judge refuses providers/lambda/driver.cc '"providers/hyperstack/request.h"'
judge refuses providers/lambda/driver.cc '"cluster/slurm.h"'
judge refuses sim/cloud.cc '"providers/lambda/request.h"'
judge refuses sim/cloud.cc '"sim/http/server.h"'
judge refuses sim/http/server.cc '"core/offer.h"'
judge refuses sim/http/server.cc '"providers/provider.h"'
judge refuses broker/loop.cc '"cli/table.h"'
judge refuses cli/main.cc '"broker/join.h"'
judge refuses resume/main.cc '"suspend/main.h"'
judge refuses tests/core/offer_test.cc '<cmocka.h>'
judge refuses tests/empty.txt 'no-code-at-all'

[ "$failures" -eq 0 ]
