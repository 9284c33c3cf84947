#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks the scripts of the folder that is named: clean for the linter, and parsed by a POSIX shell.
set -eu
command -v shellcheck >/dev/null 2>&1 || { echo 'shellcheck is not installed'; exit 77; }
for script in "$1"/*.sh; do
  sh -n "$script"
  shellcheck --shell=sh "$script"
  echo "clean: $script"
done
