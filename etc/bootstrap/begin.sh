# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a rented machine a node of the cluster: tells the broker what it is, learns its node name,
# enters the VPN, installs what it is given, checks its hardware, starts slurmd. Made of
# etc/bootstrap/*.sh, built into spillwayd; fetched and evaluated by the machine's user-data
# (broker/user_data.cc), which sets three shell variables that are never exported:
#   url     of the join service
#   pin     of its key, as curl takes it
#   token   of the lease; meets neither arguments, environment nor files
# Honours from the environment:
#   SPILLWAY_ROOT      the machine's root when it lives in a directory; default: /
#   SPILLWAY_ADDRESS   the address it calls from and reports; default: all that `ip` shows
# A second run does again what is safe to do again, and starts nothing twice: after a kill or a
# power cut at any line, run the user-data again. docs/machines.md describes it for admins.

set -u
umask 077
: "${url:?}" "${pin:?}" "${token:?}"

