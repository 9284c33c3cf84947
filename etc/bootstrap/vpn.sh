# --- The VPN: the head node in its middle -----------------------------------

vpn_port=51820

# The kernel's WireGuard, else the one that is a program.
make_interface() {
  ! wg show spillway0 >/dev/null 2>&1 || return 0
  ! ip link add spillway0 type wireguard 2>>"$log" || return 0
  ensure_program wireguard-go wireguard-go
  say 'vpn: this kernel has no WireGuard: using wireguard-go'
  # The variable, beside -f, keeps it from printing what it thinks of kernels.
  WG_PROCESS_FOREGROUND=1 setsid wireguard-go -f spillway0 >>"$log" 2>&1 </dev/null 9>&- &
  await 20 wg show spillway0 >/dev/null 2>&1 || fail 'vpn: wireguard-go did not start'
}

# A peer that an earlier run left is no more; so is an earlier address.
configure_interface() {
  wg set spillway0 private-key "$key_file" listen-port "$vpn_port" peer "$head_key" \
    endpoint "$head_endpoint" allowed-ips "$head_networks" persistent-keepalive 25 2>>"$log" ||
    fail "vpn: wg refused the head: $(tail -n 1 "$log")"
  for other in $(wg show spillway0 peers); do
    [ "$other" = "$head_key" ] || wg set spillway0 peer "$other" remove
  done
  for address in $(ip -o addr show dev spillway0 scope global | awk '{ print $4 }'); do
    [ "$address" = "$tunnel" ] || ip address delete "$address" dev spillway0
  done
  { ip address replace "$tunnel" dev spillway0 && ip link set spillway0 mtu 1420 up; } \
    2>>"$log" || fail "vpn: cannot have address $tunnel"
}

# What lies behind the head. A network that this machine is itself in would be cut off.
add_routes() {
  for network in $(printf '%s\n' "$head_networks" | tr , ' '); do
    ! ip -o route show exact "$network" | grep -v ' dev spillway0 ' | grep -q . ||
      fail "vpn: network $network is one of the machine's own"
    ip route replace "$network" dev spillway0 2>>"$log" || fail "vpn: no route to $network"
  done
}

# has_handshake PUBLIC_KEY
has_handshake() {
  wg show spillway0 latest-handshakes |
    awk -v key="$1" '$1 == key && $2 > 0 { found = 1 } END { exit !found }'
}

start_vpn() {
  tunnel=$(value_of tunnel)
  [ -n "$tunnel" ] || return 0
  if ! owns_machine; then
    say 'vpn: not in a directory'
    tunnel=''
    return 0
  fi
  IFS=' ' read -r head_key head_endpoint head_networks <<HEAD
$(value_of peer)
HEAD
  [ -n "$head_networks" ] || fail 'join: the reply has a tunnel without a peer'
  [ -n "$vpn_key" ] || fail 'vpn: this machine could make no key before it joined'
  ensure_program wg wireguard-tools
  make_interface
  configure_interface
  add_routes
  await 60 has_handshake "$head_key" || fail "vpn: no answer from the head at $head_endpoint"
  say "vpn: $tunnel, the head at $head_endpoint"
}

