#!/usr/bin/env bash
# Runs the plan of `perfkit plan` in JMeter: a few users against perfkit serve on this machine. All
# samples must arrive and pass the plan's assertions, and -J must change a setting. The same goes for
# servers that write their JSON in another way; a server with wrong values must fail.
#
#   scripts/check-plan.sh
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
build_perfkit
start_server "$work/server.txt"
"$perfkit" plan --host 127.0.0.1 --port "$port" --users 10 --ramp-up 1 --loops 5 --output "$work/plan.jmx"

failures=0
# Runs the plan with these options and checks the numbers of samples and errors.
check() {
  local server=$1 expected=$2 errors=$3 total
  shift 3
  rm -f "$work/results.jtl"
  timeout 300 "$jmeter" -n -t "$work/plan.jmx" -l "$work/results.jtl" -j "$work/jmeter.log" "$@" >"$work/said.txt"
  total=$("$perfkit" analyze "$work/results.jtl" --no-report --format csv 2>/dev/null | tail -1 | cut -d, -f2,10)
  if [[ $total == "$expected,$errors" ]]; then
    echo "as planned${*:+ with $*} ($server): $expected samples, $errors errors"
  else
    echo "expected${*:+ with $*} ($server) $expected samples, $errors errors, but found: $total"
    failures=1
  fi
}
check "perfkit serve" 100 0.000%
check "perfkit serve" 12 0.000% -Jusers=3 -Jloops=2

for style in compact spaced strings wrong; do
  python3 "$repository/scripts/check-plan/server.py" "$style" >"$work/port.txt" &
  other=$!
  for _ in $(seq 50); do
    [[ -s $work/port.txt ]] && break
    sleep 0.1
  done
  errors=0.000%
  [[ $style == wrong ]] && errors=100.000%
  check "$style" 100 "$errors" -Jport="$(cat "$work/port.txt")"
  kill "$other"
  wait "$other" 2>/dev/null || true
done

rm -rf "$work"
if ((failures)); then
  echo FAIL
  exit 1
fi
echo PASS
