# --- Words ------------------------------------------------------------------

say() {
  line="$(date -u +%Y-%m-%dT%H:%M:%SZ) $*"
  printf '%s\n' "$line" >>"$log"
  printf '%s\n' "$line"
}

# clean TEXT [LENGTH]: words that are safe inside a JSON string.
clean() {
  printf '%s' "$1" | LC_ALL=C tr -cd ' -~' | tr -d '\042\134' | cut -c "1-${2:-120}"
}

# The end of the log, as it may stand inside a JSON string: the service keeps 4,000 characters.
end_of_log() {
  tail -c 3900 "$log" | LC_ALL=C tr -cd '\n -~' | sed 's/["\\]/\\&/g' |
    awk '{ printf "%s\\n", $0 }'
}

# complaint TEXT: what /v1/unhealthy takes.
complaint() {
  printf '{"what":"%s","log":"%s"}' "$(clean "$1" 400)" "$(end_of_log)"
}

# Tells the broker, so that the machine is replaced, and ends.
fail() {
  say "failed: $*"
  ask /v1/unhealthy "$(complaint "$*")"
  exit 1
}

# The last line of a program's output that says anything; else how it ended.
# last_words FILE STATUS
last_words() {
  words=$(grep -v '^[[:space:]]*$' "$1" | tail -n 1)
  [ "$2" -ne 124 ] || words="no end in time${words:+: $words}"
  printf '%s\n' "${words:-exit status $2}"
}

