# --- The machine's key in the VPN -------------------------------------------

# A PKCS #8 X25519 private key is these 16 bytes and the key (RFC 8410).
wrap_private_key() {
  printf '\060\056\002\001\000\060\005\006\003\053\145\156\004\042\004\040'
  base64 -d "$1"
}

make_private_key() {
  if has_program wg; then
    wg genkey
  elif has_program openssl; then
    openssl genpkey -algorithm X25519 -outform DER 2>>"$log" | tail -c 32 | base64
  fi
}

# public_key_of FILE
public_key_of() {
  if has_program wg; then
    wg pubkey <"$1"
  elif has_program openssl; then
    wrap_private_key "$1" | openssl pkey -inform DER -pubout -outform DER 2>>"$log" | tail -c 32 |
      base64
  fi
}

is_key() {
  [ -r "$1" ] && [ "$(tr -d '\n' <"$1" | wc -c)" -eq 44 ]
}

# The broker pins the first key that it sees: it is on the disk before it is told, and kept.
# $vpn_key is the public one; empty when nothing here can make one.
ensure_vpn_key() {
  key_file=$root/var/lib/spillway/wireguard.key
  if [ ! -e "$key_file" ]; then
    { (umask 022 && mkdir -p "$root/var/lib") && mkdir -p "${key_file%/*}"; } ||
      fail "cannot make ${key_file%/*}"
    make_private_key >"$key_file.new"
    if is_key "$key_file.new"; then
      { sync "$key_file.new" && mv -f "$key_file.new" "$key_file" && sync "${key_file%/*}"; } ||
        fail "cannot write $key_file"
    fi
  fi
  vpn_key=''
  if is_key "$key_file"; then
    vpn_key=$(public_key_of "$key_file")
  else
    rm -f "$key_file.new"
    say 'vpn: neither wg nor openssl is here to make a key'
  fi
}

