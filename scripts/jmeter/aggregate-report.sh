#!/usr/bin/env bash
# Writes JMeter's own Aggregate Report of results, as "Save Table Data" does. Needs Java and Maven.
#
#   scripts/jmeter/aggregate-report.sh [-Djmeter.save.saveservice.NAME=VALUE ...] RESULTS TABLE [RESULTS TABLE ...]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
home=$("$here/assemble.sh")
classpath="$home/bin/ApacheJMeter.jar:$home/lib/*:$home/lib/ext/*"
classes=$home/perfkit-classes

if [[ ! $classes/built -nt $here/AggregateReport.java ]]; then
  mkdir -p "$classes"
  javac -nowarn -cp "$classpath" -d "$classes" "$here/AggregateReport.java" >&2
  touch "$classes/built"
fi
properties=()
while [[ ${1:-} == -D* ]]; do
  properties+=("$1")
  shift
done
exec java -Xmx4g -Djava.awt.headless=true -Duser.timezone=UTC "${properties[@]}" -cp "$classes:$classpath" \
  org.apache.jmeter.visualizers.AggregateReport "$home" "$@"
