#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# program_test.sh SPILLWAY EXAMPLE: the program's arguments, exit codes and streams, without a
# provider, a ledger or a Slurm.
set -eu

spillway=${1:?usage: program_test.sh SPILLWAY EXAMPLE}
example=${2:?usage: program_test.sh SPILLWAY EXAMPLE}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

# expect CODE STREAM PATTERN ARGUMENT...: the exit code, and a line of stdout (1) or stderr (2).
expect() {
  code=$1 stream=$2 pattern=$3
  shift 3
  got=0
  "$spillway" "$@" >"$folder/1" 2>"$folder/2" </dev/null || got=$?
  if [ "$got" -ne "$code" ]; then
    echo "spillway $*: exit code $got instead of $code"
    cat "$folder/1" "$folder/2"
    failures=$((failures + 1))
  elif ! grep -q -e "$pattern" "$folder/$stream"; then
    echo "spillway $*: no line like '$pattern' on stream $stream:"
    cat "$folder/$stream"
    failures=$((failures + 1))
  fi
}

sed -e "s|/var/spool/spillway|$folder|" -e "s|/etc/spillway/keys|$folder|" "$example" \
  >"$folder/good.yaml"
sed -e 's|^cluster:.*|cluster: HPC|' "$example" >"$folder/bad.yaml"
cat >"$folder/slurm.conf" <<END
ClusterName=hpc1
END

expect 0 1 '^spillway [0-9]' --version
expect 0 1 'spillway check .*fit' --help
expect 0 1 'Exit codes: 0 ok' --help
expect 0 1 '--gpu' offers --help
expect 2 2 'subcommand' # none at all
expect 2 2 'no command bogus: there are status' bogus
expect 2 2 'did you mean status' statsu
expect 2 2 'bogus' status --bogus
expect 2 2 'last' events --last 0
expect 2 2 'no-such' --config "$folder/no-such.yaml" status
expect 2 2 'bad.yaml:[0-9]*: cluster: found "HPC"' --config "$folder/bad.yaml" status
expect 2 1 'failure  config  .*bad.yaml:[0-9]*: cluster' --config "$folder/bad.yaml" check
expect 2 2 'nobody is not configured' offers --provider nobody --config "$folder/good.yaml"
expect 2 2 '--nodes' offers --nodes 0 --config "$folder/good.yaml"
expect 1 1 '"failures"' offers --infiniband --nodes 4 --json --config "$folder/good.yaml"
sed -e 's|^# catalog:.*|catalog: /no/catalog.yaml|' "$folder/good.yaml" >"$folder/catalog.yaml"
expect 2 2 'catalog: /no/catalog.yaml' offers --config "$folder/catalog.yaml"
expect 2 2 '--since: found "soon"' bill --since soon --config "$folder/good.yaml"
expect 1 2 'ledger.db.*spillwayd makes the ledger' status --config "$folder/good.yaml"
expect 1 2 'ledger.db.*spillwayd makes the ledger' events --config "$folder/good.yaml"
expect 1 2 'ledger.db.*spillwayd makes the ledger' bill --json --config "$folder/good.yaml"
expect 1 1 'lambda.*no answer: .*lambda' offers --config "$folder/good.yaml"
expect 1 1 '"failures"' offers --json --config "$folder/good.yaml"
expect 0 1 '^NodeName=h100-\[001-064\]' slurm-conf --config "$folder/good.yaml"
expect 0 1 '^ResumeProgram=/x/spillway-resume' slurm-conf --program-folder /x \
  --config "$folder/good.yaml"
expect 1 1 '^failure  slurm' check --slurm-conf "$folder/slurm.conf" --config "$folder/good.yaml"
expect 1 1 '^failure  slurm .*--slurm-conf' check --slurm-conf "$folder/none" \
  --config "$folder/good.yaml"
expect 1 1 '"level": "failure"' check --json --slurm-conf "$folder/slurm.conf" \
  --config "$folder/good.yaml"

expect 1 1 '^failure  slurm .*--slurm-conf' doctor --slurm-conf "$folder/none" \
  --config "$folder/good.yaml"
expect 1 1 '^failure  broker .*spillwayd makes the ledger' doctor --slurm-conf "$folder/none" \
  --config "$folder/good.yaml"
expect 1 1 '^failure  lambda .*not asked' check --online --slurm-conf "$folder/none" \
  --config "$folder/good.yaml"
expect 2 1 'failure  config  .*bad.yaml:[0-9]*: cluster' --config "$folder/bad.yaml" doctor

expect 2 2 '--live' doctor --rent-one --config "$folder/good.yaml"
expect 2 2 '--rent-one' doctor --live lambda --yes --config "$folder/good.yaml"
expect 2 2 'nobody is not configured' doctor --live nobody --config "$folder/good.yaml"
expect 2 2 'say --yes' doctor --live lambda --rent-one --config "$folder/good.yaml"
expect 1 1 '^failure  lambda .*lambda: no such file' doctor --live lambda --config "$folder/good.yaml"

# A configuration that fits but for a warning.
echo secret_key >"$folder/lambda"
chmod 600 "$folder/lambda"
sed -e 's|^    - {from.*||' -e 's|^  deliver:||' "$folder/good.yaml" >"$folder/warned.yaml"
{
  cat "$folder/slurm.conf"
  "$spillway" slurm-conf --slurm-version 24.11 --config "$folder/good.yaml"
  echo 'PartitionName=gpu Nodes=h100-[001-064]'
} >"$folder/whole.conf"
expect 3 1 '^0 failures, 1 warning' check --slurm-version 24.11 --slurm-conf "$folder/whole.conf" \
  --config "$folder/warned.yaml"

# Nothing that is not a terminal gets colours.
"$spillway" check --config "$folder/good.yaml" >"$folder/1" 2>&1 || true
if grep -q "$(printf '\033')" "$folder/1"; then
  echo "colours in a file"
  failures=$((failures + 1))
fi

[ "$failures" -eq 0 ]
