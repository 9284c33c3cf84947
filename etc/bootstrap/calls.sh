# --- Calls ------------------------------------------------------------------

longest_pause=30 # seconds between two attempts, unless the service asks for more
longest_wait=120 # seconds that the service may ask for

# The clouds show a machine's IPv4 address, by which the service knows it.
family=-4
case $url in
  *://\[*) family='' ;;
esac

# curl_with_token ARGUMENTS: the token goes through curl's stdin (printf is built into the shell, so
# it is in nobody's arguments); the answer's headers go to $work/headers.
curl_with_token() {
  : >"$work/headers"
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl -q ${family:+"$family"} -sS -k --pinnedpubkey "$pin" --connect-timeout 10 \
      ${SPILLWAY_ADDRESS:+--interface "$SPILLWAY_ADDRESS"} \
      -D "$work/headers" -K - "$@" 2>>"$log" 9>&-
}

# call PATH BODY: one POST; the answer's body on stdout.
call() {
  curl_with_token -m 60 -H 'Accept: text/plain' -H 'Content-Type: application/json' \
    --data-raw "$2" "$url$1"
}

# download PATH FILE: one GET, which may take long but not stand still.
download() {
  curl_with_token --speed-limit 1000 --speed-time 60 -o "$2" "$url$1"
}

# The status of the last answer; empty when there was none.
status_of_answer() {
  sed -n 's|^HTTP/[0-9.]* \([0-9][0-9][0-9]\).*|\1|p' "$work/headers" | tail -n 1
}

# header_of_answer NAME: its value; empty when there was none. NAME in lower case.
header_of_answer() {
  tr -d '\r' <"$work/headers" | awk -v name="$1" '
    { colon = index($0, ":") }
    colon && tolower(substr($0, 1, colon - 1)) == name {
      value = substr($0, colon + 1)
      sub(/^ */, "", value)
    }
    END { print value }'
}

# The seconds the last answer asked to wait; else those that are named.
asked_pause() {
  wanted=$(header_of_answer retry-after)
  case $wanted in
    '' | *[!0-9]* | ??????*) wanted=$1 ;;
  esac
  [ "$wanted" -le "$longest_wait" ] || wanted=$longest_wait
  printf '%d\n' "$wanted"
}

# insist NAME COMMAND...: calls until the service has decided. 0 and $reply when it agreed; 1 and
# $refusal when it refused for good. An answer that came in part is none.
insist() {
  name=$1
  shift
  pause=1
  while :; do
    status=''
    ! reply=$("$@") || status=$(status_of_answer)
    case $status in
      2??) return 0 ;;
      408 | 429) ;;
      4??)
        refusal="$status $(clean "$reply")"
        return 1
        ;;
    esac
    wait=$(asked_pause "$pause")
    say "$name: ${status:-no answer}: again in $wait s"
    sleep "$wait" 9>&- # nor may a child of a killed run hold the lock
    pause=$((pause * 2))
    [ "$pause" -le "$longest_pause" ] || pause=$longest_pause
  done
}

# ask PATH BODY
ask() {
  insist "$1" call "$1" "$2"
}

