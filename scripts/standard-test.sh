#!/usr/bin/env bash
# Runs the standard test in JMeter (20,000 users over 500 s, 5 loops: 200,000 samples) against perfkit
# serve on this machine. Takes 9 minutes. Writes the results to the file given, what the server used to
# results-usage.csv beside it, and prints a verdict.
#
#   scripts/standard-test.sh results.jtl [JMeter options, such as -Jusers=100 -Jramp_up=10]
#
# The fixtures standard.jtl.gz and standard-usage.csv are such a run, on an idle machine.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

results=${1:?name a file for the results}
shift
# Every user is a JMeter thread and a connection.
ulimit -n "$(ulimit -Hn)"
work=$(mktemp -d)
build_perfkit
start_server "$work/server.txt" --monitor "${results%.jtl}-usage.csv"
rm -f "$results"
HEAP="-Xms1g -Xmx4g" STACK="-Xss256k" timeout 1200 "$jmeter" -n -t "$repository/examples/fibonacci-isprime.jmx" \
  -Jhost=127.0.0.1 -Jport="$port" -l "$results" -j "$work/jmeter.log" "$@"
kill -TERM "$server"
wait "$server" || true
tail -1 "$work/server.txt"

total=$("$perfkit" analyze "$results" --no-report --format csv 2>/dev/null | tail -1)
samples=$(cut -d, -f2 <<<"$total")
errors=$(cut -d, -f10 <<<"$total")
rm -rf "$work"
if [[ $errors == 0.000% ]]; then
  echo "PASS: $samples samples, $errors errors"
else
  echo "FAIL: $samples samples, $errors errors"
  exit 1
fi
