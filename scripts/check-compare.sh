#!/usr/bin/env bash
# Tries perfkit compare on runs that JMeter records: 12 unchanged ones, in which nothing may be worse,
# and 6 in which each response is 10% slower, which it must find. Users think between requests. A
# proxy in front of perfkit serve delays each response by a random time.
#
#   scripts/check-compare.sh DIR
#
# Keeps the runs in DIR (120 MB) and records only missing ones: a second call only evaluates.
# PERFKIT=PATH uses that perfkit binary and builds nothing. Needs Python 3; Java and Maven to record;
# cargo without PERFKIT. Recording takes 35 minutes, evaluation one. Exit code 1 if a check failed.
set -euo pipefail

[[ $# -eq 1 ]] || { sed -n '2,/^set/{/^#/p}' "$0" >&2; exit 2; }
runs=$(realpath -m "$1")
here=$(cd "$(dirname "$0")" && pwd)
users=80 ramp_up=27 duration=110 labels=5 min_samples=50000
mkdir -p "$runs"
work=$(mktemp -d)
server='' proxy=''
clean_up() {
  stop "$proxy"
  stop "$server"
  rm -rf "$work"
}
trap clean_up EXIT

stop() {
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" || true
}

# Alternates the runs, so that a machine that slows down over the hour affects both kinds.
names=()
for k in 1 2 3 4 5 6; do
  names+=("$(printf 'same-%02d' $((2 * k - 1)))" "$(printf 'same-%02d' $((2 * k)))" "slow-$k")
done
missing=()
for name in "${names[@]}"; do
  [[ -f $runs/$name.jtl ]] || missing+=("$name")
done

if [[ -z ${PERFKIT:-} ]] || ((${#missing[@]})); then
  # shellcheck source=scripts/lib.sh
  source "$here/lib.sh"
fi
if [[ -n ${PERFKIT:-} ]]; then
  perfkit=$(realpath "$PERFKIT")
else
  build_perfkit
fi

start_proxy() {
  python3 "$here/check-compare/proxy.py" "$port" "$@" >"$work/proxy.txt" &
  proxy=$!
  for _ in $(seq 50); do
    proxy_port=$(head -1 "$work/proxy.txt")
    [[ -n $proxy_port ]] && return
    sleep 0.1
  done
  echo "the proxy did not start" >&2
  exit 1
}

# Prints what is wrong with a recorded run, if anything.
faults_of() {
  awk -F, -v min="$min_samples" -v labels="$labels" -v seconds="$duration" '
    NR == 1 { if ($0 !~ /^timeStamp,elapsed,label,.*,allThreads,/) print "not JMeter'\''s default columns"; next }
    { if (!first) first = $1; last = $1; seen[$3]++; if ($8 != "true") failed++ }
    END {
      if (NR - 1 < min) print NR - 1 " samples, fewer than " min
      if (failed) print failed " samples failed"
      if (length(seen) != labels) print length(seen) " labels instead of " labels
      if (last - first < 950 * seconds) print "ended after " (last - first) / 1000 " s instead of " seconds " s"
    }' "$1"
}

record() {
  local name=$1 factor=$2 part=$runs/$1.jtl.part faults
  rm -f "$part"
  # The run's name seeds its delays.
  start_proxy "$factor" "$name"
  if ! timeout 300 "$jmeter" -n -t "$here/check-compare/think-time.jmx" -Jhost=127.0.0.1 -Jport="$proxy_port" \
    -Jusers="$users" -Jramp_up="$ramp_up" -Jduration="$duration" \
    -l "$part" -j "$work/jmeter.log" >"$work/jmeter.txt" 2>&1; then
    cat "$work/jmeter.txt" >&2
    echo "$name: JMeter failed" >&2
    exit 1
  fi
  stop "$proxy"
  proxy=''
  faults=$(faults_of "$part")
  if [[ -n $faults ]]; then
    echo "$name is not usable, see $part:" >&2
    echo "$faults" >&2
    exit 1
  fi
  mv "$part" "$runs/$name.jtl"
  echo "$(date +%T) $name: $(tail -1 "$work/proxy.txt"); load average $(cut -d' ' -f1 /proc/loadavg)" |
    tee -a "$runs/recording.txt"
}

if ((${#missing[@]})); then
  echo "recording ${#missing[@]} runs"
  start_server "$work/server.txt"
  trap clean_up EXIT
  for name in "${missing[@]}"; do
    case $name in
      same-*) record "$name" 1.0 ;;
      slow-*) record "$name" 1.1 ;;
    esac
  done
  stop "$server"
  server=''
fi

python3 "$here/check-compare/evaluate.py" "$perfkit" "$runs"
