# Shared by the scripts beside it: where JMeter and perfkit are, and a server to test against.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jmeter=$("$repository/scripts/jmeter/assemble.sh")/bin/jmeter

build_perfkit() {
  (cd "$repository" && cargo build --release --quiet)
  perfkit=$repository/target/release/perfkit
}

# Starts perfkit serve on a free port of this machine; sets $port. Ends with the script.
start_server() {
  local said=$1
  "$perfkit" serve --host 127.0.0.1 --port 0 2>"$said" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; wait "$server" || true' EXIT
  for _ in $(seq 50); do
    port=$(sed -n 's/.* serves on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$said")
    [[ -n $port ]] && return
    sleep 0.1
  done
  echo "the server did not start:" >&2
  cat "$said" >&2
  exit 1
}
