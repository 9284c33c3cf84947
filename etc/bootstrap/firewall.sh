# --- The firewall -----------------------------------------------------------

# Private addresses of the lease's other machines whose tunnel works: trusted, for MPI and NCCL.
direct_addresses=''

# accept_from ADDRESSES
accept_from() {
  for address in $1; do
    case $address in
      *:*) printf '    ip6 saddr %s accept\n' "$address" ;;
      *) printf '    ip saddr %s accept\n' "$address" ;;
    esac
  done
}

# WireGuard answers nobody whom it does not know. Its tunnels may be older than these rules, and then
# the kernel takes no packet of theirs for an answer.
# The first line makes the second possible when there is no table yet. One transaction.
firewall_rules() {
  cat <<'RULES'
table inet spillway
delete table inet spillway
table inet spillway {
  chain input {
    type filter hook input priority 0; policy drop;
    iif "lo" accept
    ct state established,related accept
    iifname "spillway0" accept
    meta l4proto { icmp, ipv6-icmp } accept
    udp sport 67 udp dport 68 accept
    udp sport 547 udp dport 546 accept
RULES
  printf '    udp dport %s accept\n' "$vpn_port"
  accept_from "$direct_addresses"
  printf '  }\n}\n'
}

set_firewall() {
  [ -n "$tunnel" ] || return 0
  ensure_program nft nftables
  firewall_rules >"$work/firewall"
  nft -f "$work/firewall" >>"$log" 2>&1 || fail "firewall: $(tail -n 1 "$log")"
  say "firewall: closed but for the VPN${direct_addresses:+ and $direct_addresses}"
}

