#!/usr/bin/env bash
# Follows a JMeter run against perfkit serve in terminals of 80x24 and 200x50, opens its page in a
# headless Chromium meanwhile, and ends it with q. Its report must equal what perfkit analyze makes of
# the same file.
#
#   scripts/check-follow.sh CAPTURES
#
# Keeps what the terminals and the browser showed in the directory CAPTURES: look at it. Needs cargo,
# Java and Maven, tmux, Python 3, and Debian's chromium and chromium-driver; installs nothing. Takes
# two minutes.
set -euo pipefail

[[ $# -eq 1 ]] || { sed -n '2,/^set/{/^#/p}' "$0" >&2; exit 2; }
captures=$(realpath -m "$1")
for needed in tmux chromedriver python3; do
  command -v "$needed" >/dev/null || { echo "$needed is needed: see the head of $0" >&2; exit 2; }
done
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
mkdir -p "$captures"
work=$(mktemp -d)
build_perfkit
# One in a hundred of the plan's Fibonacci numbers exceeds this server's limit and fails.
start_server "$work/server.txt" --max-fibonacci 990
# Users pause between requests, so that several are active at once.
think='<UniformRandomTimer testclass="UniformRandomTimer" guiclass="UniformRandomTimerGui" testname="Think">\
<stringProp name="ConstantTimer.delay">500</stringProp><stringProp name="RandomTimer.range">1000</stringProp>\
</UniformRandomTimer><hashTree/>'
"$perfkit" plan --host 127.0.0.1 --port "$port" --users 300 --ramp-up 30 --loops 15 2>/dev/null |
  sed "/<\/ThreadGroup>/{n;a\\
$think
}" >"$work/plan.jmx"

failures=0
tell() {
  if "${@:2}"; then
    echo "PASS  $1"
  else
    echo "FAIL  $1"
    failures=1
  fi
}

# A separate terminal, in which perfkit runs and then a shell reports on it.
terminal() { tmux -L "perfkit-$$" -f /dev/null "$@"; }
pane() { terminal capture-pane -p; }
shows() {
  for _ in $(seq 300); do
    pane | grep -qE "$1" && return
    sleep 0.2
  done
  pane >&2
  return 1
}
cat >"$work/follow.sh" <<EOF
cd "$work"
echo before
"$perfkit" analyze --follow results.jtl --listen 0 --format csv -o followed >printed.csv
echo "ended with \$?"
stty -a | grep -oE -- '-?(icanon|echo)\b' | tr '\n' ' '
sleep 60
EOF
terminal new-session -d -x 80 -y 24 bash "$work/follow.sh"
trap 'terminal kill-server 2>/dev/null || true; kill "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$work"' EXIT

tell "waits for a file that is not there" shows 'waiting for the file'
timeout 300 "$jmeter" -n -t "$work/plan.jmx" -l "$work/results.jtl" -j "$work/jmeter.log" \
  -Jjmeter.save.saveservice.autoflush=true >"$work/said.txt" &
run=$!
tell "shows the run" shows '[0-9] samples .* live'
address=$(pane | grep -oE 'http://[0-9.:]+')
sleep 25
pane >"$captures/80x24.txt"
terminal resize-window -x 100 -y 30
sleep 2
pane >"$captures/100x30.txt"
terminal resize-window -x 200 -y 50
sleep 2
pane >"$captures/200x50.txt"
tell "fits 80x24" grep -q 'q ends and writes the report' "$captures/80x24.txt"
tell "fits 200x50" grep -q 'Sent KB/sec' "$captures/200x50.txt"
tell "its page is updated" python3 scripts/check-follow/page.py "$address" "$captures"
wait "$run"
sleep 3
pane >"$captures/ended.txt"
terminal resize-window -x 80 -y 24
terminal send-keys q
tell "q ends it" shows 'ended with 0'
tell "gives the terminal back" shows '^ *icanon echo'
tell "leaves what was there before" shows '^before'
pane >"$captures/after.txt"
(cd "$work" && "$perfkit" analyze results.jtl --format csv -o whole >whole.csv 2>/dev/null)
tell "prints what analyze prints" cmp "$work/printed.csv" "$work/whole.csv"
for file in report.json report.html report.md aggregate.csv statistics.json; do
  tell "writes the same $file" cmp "$work/followed/$file" "$work/whole/$file"
done

if ((failures)); then
  echo FAIL
  exit 1
fi
echo PASS
