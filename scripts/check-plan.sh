#!/usr/bin/env bash
# Runs the plan of `perfkit plan` in JMeter: a few users against perfkit serve on this machine. All
# samples must arrive and pass the plan's assertions, and -J must change a setting.
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
  local expected=$1 total
  shift
  rm -f "$work/results.jtl"
  timeout 300 "$jmeter" -n -t "$work/plan.jmx" -l "$work/results.jtl" -j "$work/jmeter.log" "$@" >"$work/said.txt"
  total=$("$perfkit" analyze "$work/results.jtl" --no-report --format csv 2>/dev/null | tail -1 | cut -d, -f2,10)
  if [[ $total == "$expected,0.000%" ]]; then
    echo "as planned${*:+ with $*}: $expected samples, no error"
  else
    echo "expected${*:+ with $*} $expected samples without error, but found: $total"
    failures=1
  fi
}
check 100
check 12 -Jusers=3 -Jloops=2

rm -rf "$work"
if ((failures)); then
  echo FAIL
  exit 1
fi
echo PASS
