# --- The lease's other machines ---------------------------------------------

# All of them at once; the keepalive makes WireGuard shake hands without being asked to send.
add_peers() {
  while IFS=' ' read -r key endpoint networks; do
    [ -n "$key" ] || continue
    wg set spillway0 peer "$key" endpoint "$endpoint" allowed-ips "$networks" \
      persistent-keepalive 25 2>>"$log" || say "direct: wg refused $endpoint"
  done <<PEERS
$1
PEERS
}

# addresses_of ENDPOINTS
addresses_of() {
  printf '%s\n' "$1" | awk 'NF { sub(/:[0-9]+$/, "", $2); gsub(/[][]/, "", $2); print $2 }'
}

all_shook_hands() {
  while IFS=' ' read -r key _; do
    [ -z "$key" ] || has_handshake "$key" || return 1
  done <<PEERS
$1
PEERS
}

# Sorts the peers into $direct and those through the head, which had the lease's addresses before.
keep_those_that_answered() {
  direct=''
  while IFS=' ' read -r key endpoint networks; do
    [ -n "$key" ] || continue
    if has_handshake "$key"; then
      direct="$direct$key $endpoint $networks
"
    else
      wg set spillway0 peer "$key" remove 2>>"$log"
      say "direct: no answer from $endpoint: through the head"
    fi
  done <<PEERS
$1
PEERS
}

# Machines of one lease may reach each other without the head. A handshake is on both sides or on
# none, so both choose the same way.
meet_peers() {
  peers=$(lines_of peer "$1")
  direct=''
  [ -n "$tunnel" ] && [ -n "$peers" ] || return 0
  add_peers "$peers"
  await 20 all_shook_hands "$peers"
  keep_those_that_answered "$peers"
  direct_addresses=$(addresses_of "$direct")
  set_firewall
}

# way_to TUNNEL_ADDRESS: the private address where the direct tunnel works: bulk traffic takes that.
way_to() {
  way=$(printf '%s\n' "$direct" | awk -v networks="$1/32" '$3 == networks' | head -n 1)
  way=$(addresses_of "$way")
  printf '%s\n' "${way:-$1}"
}

