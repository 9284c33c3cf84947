# --- The test between two machines ------------------------------------------

# Average of the last result, in Mb/s: "65536 5000 392.11 391.80 0.747". Empty when there is none.
read_ib_write_bw() {
  awk '$1 ~ /^[0-9]+$/ && NF >= 5 { value = $4 }
    END { if (value != "") printf "%d\n", value * 1000 }' "$1"
}

# "[SUM]  0.00-10.00  sec  10.9 GBytes  9.41 Gbits/sec  receiver"
read_iperf3() {
  awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i == "Gbits/sec") value = $(i - 1) }
    END { if (value != "") printf "%d\n", value * 1000 }' "$1"
}

# The partner has the same image, so it chooses the same.
choose_bandwidth_tool() {
  if [ "$wanted_ports" -gt 0 ] && has_program ib_write_bw; then
    echo ib_write_bw
  elif has_program iperf3; then
    echo iperf3
  fi
}

first_active_device() {
  infiniband_ports | awk '$3 == "ACTIVE" { print $1; exit }'
}

# run_bandwidth_tool TOOL ROLE ADDRESS: output to $work/pair.
run_bandwidth_tool() {
  case $1-$2 in
    ib_write_bw-serve) set -- ib_write_bw -F --report_gbits -d "$(first_active_device)" ;;
    ib_write_bw-call) set -- ib_write_bw -F --report_gbits -d "$(first_active_device)" "$3" ;;
    iperf3-serve) set -- iperf3 -s -1 -f g ;;
    iperf3-call) set -- iperf3 -f g -P 8 -t 10 -c "$3" ;;
  esac
  timeout 240 "$@" >"$work/pair" 2>&1 </dev/null 9>&-
}

# try_pair TOOL ROLE ADDRESS: the caller tries until the other one serves, 60 times or for 240 s.
try_pair() {
  tries=60
  [ "$2" = call ] || tries=1
  last_try=$(($(seconds_up) + 240))
  until run_bandwidth_tool "$@"; do
    pair_status=$?
    tries=$((tries - 1))
    if [ "$tries" -le 0 ] || [ "$(seconds_up)" -ge "$last_try" ]; then
      cat "$work/pair" >>"$log"
      return 1
    fi
    sleep 2 9>&-
  done
  cat "$work/pair" >>"$log"
}

# test_bandwidth ROLE TUNNEL_ADDRESS. Only what was measured speaks against this machine: a partner
# that is not there may have been done long ago, when this run is not the first.
test_bandwidth() {
  tool=$(choose_bandwidth_tool)
  if [ -z "$tool" ]; then
    say 'bandwidth: not measured: neither ib_write_bw nor iperf3 is installed'
    return 0
  fi
  say "bandwidth: $1 with $2 by $tool"
  if ! try_pair "$tool" "$1" "$(way_to "$2")"; then
    say "bandwidth: not measured: $tool with $2: $(last_words "$work/pair" "$pair_status")"
    return 0
  fi
  measured=$("read_$tool" "$work/pair")
  if [ -z "$measured" ]; then
    say "bandwidth: not measured here: $tool as $1 told no rate"
    return 0
  fi
  say "bandwidth: $measured Mb/s with $2"
  [ "$measured" -ge $((wanted_bandwidth * 1000)) ] ||
    fail "bandwidth: $((measured / 1000)) of $wanted_bandwidth Gb/s with $2"
}

test_pair() {
  [ "$wanted_bandwidth" -gt 0 ] || return 0
  IFS=' ' read -r role partner <<TEST
$(lines_of test "$1")
TEST
  [ -z "$partner" ] || test_bandwidth "$role" "$partner"
}

