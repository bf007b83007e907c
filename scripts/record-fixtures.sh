#!/usr/bin/env bash
# Records the fixtures again: JMeter against perfkit serve on this machine, in every file format that
# JMeter writes, each with JMeter's own Aggregate Report of it (NAME.aggregate.csv). Takes two minutes.
# Times differ from run to run, and so do the figures.
#
#   scripts/record-fixtures.sh
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

fixtures=$repository/fixtures
plans=$repository/scripts/jmeter/plans
work=$(mktemp -d)
build_perfkit
start_server "$work/server.txt"
save=jmeter.save.saveservice

# Runs a plan: record NAME.jtl PLAN [JMeter options ...]
record() {
  local name=$1 plan=$2
  shift 2
  rm -f "$fixtures/$name" "$work/$name"
  echo "recording $name"
  "$jmeter" -n -t "$plan" -Jhost=127.0.0.1 -Jport="$port" -l "$work/$name" -j "$work/jmeter.log" "$@" >"$work/jmeter.txt"
  mv "$work/$name" "$fixtures/$name"
}

# Writes JMeter's own table of a fixture: table [-Djmeter.save... ...] NAME.jtl, or NAME.xml, whose
# table is NAME-xml.aggregate.csv because NAME.jtl has its own.
table() {
  local name=${*: -1}
  local options=("${@:1:$#-1}")
  local stem=${name%.jtl}
  "$repository/scripts/jmeter/aggregate-report.sh" "${options[@]}" "$fixtures/$name" "$fixtures/${stem/%.xml/-xml}.aggregate.csv"
}

standard=$repository/examples/fibonacci-isprime.jmx
small=(-Jusers=20 -Jramp_up=2 -Jloops=5)

record default.jtl "$standard" -Jusers=200 -Jramp_up=20 -Jloops=5
record tab.jtl "$standard" "${small[@]}" "-J$save.default_delimiter=\\t"
record semicolon.jtl "$standard" "${small[@]}" "-J$save.default_delimiter=;"
record dates.jtl "$standard" "${small[@]}" "-J$save.timestamp_format=yyyy/MM/dd HH:mm:ss.SSS"
record no-header.jtl "$standard" "${small[@]}" "-J$save.print_field_names=false"
record older-columns.jtl "$standard" "${small[@]}" "-J$save.sent_bytes=false" "-J$save.url=false" \
  "-J$save.idle_time=false" "-J$save.connect_time=false"

# A port where nothing listens, and one where connections are accepted and never answered.
"$perfkit" serve --host 127.0.0.1 --port 0 2>"$work/stalled.txt" &
stalled=$!
trap 'kill -CONT "$stalled"; kill "$stalled" "$server"; wait "$stalled" "$server" || true' EXIT
stalled_port=$(port_of "$work/stalled.txt")
kill -STOP "$stalled"
failing=(-Jclosed_port=1 -Jstalled_port="$stalled_port" -Jusers=10 -Jramp_up=1 -Jloops=3)
# One run recorded twice: as CSV, and as XML by a listener in the plan.
record errors.jtl "$plans/errors.jmx" "${failing[@]}" -Jxml="$work/errors.xml"
mv "$work/errors.xml" "$fixtures/errors.xml"
record sample-variables.jtl "$plans/errors.jmx" "${failing[@]}" -Jloops=1 -Jsample_variables=n,unset

# Also recorded twice.
record controllers.jtl "$plans/controllers.jmx" -Jusers=10 -Jramp_up=1 -Jloops=4 -Jxml="$work/controllers.xml"
mv "$work/controllers.xml" "$fixtures/controllers.xml"

record sub-results.jtl "$plans/sub-results.jmx" -Jusers=5 -Jramp_up=2 -Jloops=10

# Two load generators with one client, as in a distributed test: their rows in one file, one by one
# and aggregated by JMeter's Statistical sender.
engines=()
for engine_port in 21099 22099; do
  (cd "$work" && exec "$jmeter" -s -Djava.rmi.server.hostname=127.0.0.1 -Jserver_port=$engine_port \
    -Jserver.rmi.ssl.disable=true -j "$work/engine-$engine_port.log" >"$work/engine-$engine_port.txt") &
  engines+=($!)
done
trap 'kill -CONT "$stalled"; kill "$stalled" "$server" "${engines[@]}"; wait || true' EXIT
sleep 8
remote=(-R 127.0.0.1:21099,127.0.0.1:22099 -Jserver.rmi.ssl.disable=true -Djava.rmi.server.hostname=127.0.0.1
  -Ghost=127.0.0.1 -Gport="$port" -Gusers=20 -Gramp_up=4 -Gloops=5)
record distributed.jtl "$standard" "${remote[@]}" -Jmode=Standard "-J$save.hostname=true"
record sample-count.jtl "$standard" "${remote[@]}" -Jmode=Statistical -Jnum_sample_threshold=7 "-J$save.sample_count=true"

for name in default tab semicolon older-columns errors sample-variables controllers sub-results distributed sample-count; do
  table "$name.jtl"
done
table errors.xml
table controllers.xml
table "-D$save.print_field_names=false" no-header.jtl
table "-D$save.timestamp_format=yyyy/MM/dd HH:mm:ss.SSS" dates.jtl
gzip -9 -n -f "$fixtures/default.jtl"

echo "PASS: recorded"
wc -c "$fixtures"/* | tail -1
