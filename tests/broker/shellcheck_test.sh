#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks the scripts that are named: clean for the linter, and parsed by each POSIX shell that is here.
set -eu
command -v shellcheck >/dev/null 2>&1 || { echo 'shellcheck is not installed'; exit 77; }
for script in "$@"; do
  for shell in dash bash busybox; do
    ! command -v "$shell" >/dev/null 2>&1 || case $shell in
      bash) bash --posix -n "$script" ;;
      busybox) busybox sh -n "$script" ;;
      *) "$shell" -n "$script" ;;
    esac
  done
  shellcheck --shell=sh "$script"
  echo "clean: $script"
done
