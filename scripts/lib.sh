# Shared by the scripts here: finds JMeter and perfkit, and starts a server to test against.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jmeter=$("$repository/scripts/jmeter/assemble.sh")/bin/jmeter

build_perfkit() {
  (cd "$repository" && cargo build --release --quiet)
  perfkit=${CARGO_TARGET_DIR:-$repository/target}/release/perfkit
}

# Prints the port of a perfkit serve on 127.0.0.1, from a file with its standard error.
port_of() {
  local said=$1 found
  for _ in $(seq 50); do
    found=$(sed -n 's/.* serves on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$said")
    [[ -n $found ]] && echo "$found" && return
    sleep 0.1
  done
  echo "the server did not start:" >&2
  cat "$said" >&2
  exit 1
}

# Starts perfkit serve on a free port with these options, and sets $port and $server. The server stops
# when the script ends.
start_server() {
  local said=$1
  shift
  "$perfkit" serve --host 127.0.0.1 --port 0 "$@" 2>"$said" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; wait "$server" || true' EXIT
  port=$(port_of "$said")
}
