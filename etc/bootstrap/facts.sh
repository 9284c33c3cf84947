# --- Facts ------------------------------------------------------------------

# Through which it reaches the rest of the world.
main_interface() {
  ip -o route show default |
    awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }'
}

# The main interface's first: the order of interfaces says nothing.
own_addresses() {
  if [ -n "${SPILLWAY_ADDRESS:-}" ]; then
    printf '%s\n' "$SPILLWAY_ADDRESS"
  else
    ip -o addr show scope global | awk -v main="$(main_interface)" '
      $2 ~ /^(spillway|docker|virbr|veth)/ { next }
      { sub("/.*", "", $4); print ($2 == main ? 0 : 1), $4 }' | sort -s -n | cut -d " " -f 2 |
      head -n 16
  fi
}

# "ubuntu-24.04"; empty when it cannot be told.
os_name() {
  release=$root/etc/os-release
  [ -r "$release" ] || release=/etc/os-release
  [ -r "$release" ] || return 0
  awk -F = '
    { gsub(/["\047]/, "", $2) }
    $1 == "ID" { id = $2 }
    $1 == "VERSION_ID" { version = $2 }
    END { if (id != "" && version != "") print id "-" version }' "$release"
}

# ask_nvidia FIELDS [FORMAT]: one line a GPU. nvidia-smi prints its errors to stdout.
ask_nvidia() {
  has_program nvidia-smi || return 0
  timeout 120 nvidia-smi "--query-gpu=$1" "--format=csv,noheader${2:+,$2}" >"$work/nvidia" \
    2>>"$log" 9>&- && cat "$work/nvidia"
}

# One line a GPU: "NVIDIA H100 80GB HBM3, 81559 MiB".
list_gpus() {
  ask_nvidia name,memory.total >"$work/gpus" || : >"$work/gpus"
  grep ' MiB$' "$work/gpus"
}

# One line for each port of InfiniBand's own link layer: device, port, state ("ACTIVE"), Gb/s.
infiniband_ports() {
  for port in "$root"/sys/class/infiniband/*/ports/*; do
    grep -q InfiniBand "$port/link_layer" 2>/dev/null || continue
    device=${port%/ports/*}
    printf '%s %s %s %d\n' "${device##*/}" "${port##*/}" \
      "$(sed -n '1s/^[0-9]*: *//p' "$port/state")" "$(sed -n '1s/^\([0-9]*\).*/\1/p' "$port/rate")"
  done
}

# A machine in a directory may be given a memory of its own.
memory_mib() {
  meminfo=$root/proc/meminfo
  [ -r "$meminfo" ] || meminfo=/proc/meminfo
  awk '/^MemTotal:/ { printf "%d\n", $2 / 1024 }' "$meminfo"
}

# seconds_up [FOLDER]: of the machine; a folder's proc has its own.
seconds_up() {
  cut -d . -f 1 "${1:-}/proc/uptime"
}

# A driver or a subnet manager that comes late changes it.
look_at_hardware() {
  list_gpus >"$work/names"
  infiniband_ports | awk '$3 == "ACTIVE"' | sort -n -k 4 >"$work/ports"
  gpus=$(($(wc -l <"$work/names")))
  gpu_model=$(clean "$(sed -n '1s/,[^,]*$//p' "$work/names")")
  active_ports=$(($(wc -l <"$work/ports")))
  slowest_port=$(awk 'NR == 1 { print $4 }' "$work/ports")
  slowest_port=${slowest_port:-0}
}

collect_facts() {
  look_at_hardware
  memory=$(memory_mib)
  facts=$(printf '{"addresses":[%s],"hostname":"%s","os":"%s","gpus":%d,"gpu_model":"%s",' \
    "$(own_addresses | sed 's/.*/"&"/' | paste -s -d , -)" "$(clean "$(uname -n)")" \
    "$(os_name | LC_ALL=C tr -cd 'a-z0-9._-')" "$gpus" "$gpu_model")
  facts=$facts$(printf '"infiniband_ports":%d,"infiniband_gbps":%d,"memory_mib":%d,"cpus":%d,' \
    "$active_ports" "$slowest_port" "$memory" "$(nproc)")
  facts=$facts$(printf '"wireguard_key":"%s"}' "$vpn_key")
  say "facts: $facts"
}

