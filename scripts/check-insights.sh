#!/usr/bin/env bash
# Recomputes every figure of every insight from the rows, on the recorded runs in fixtures/ and on the
# generated ones of tests/it/insight_cases/.
#
#   scripts/check-insights.sh [RESULTS ...]
#
# RESULTS are further CSV results. PERFKIT=PATH uses that perfkit binary. Needs Python 3 and cargo. Prints every
# figure that differs and a verdict; exits 1 if there is one. Takes two minutes, most of them to build.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$repository"
if [[ -z ${PERFKIT:-} ]]; then
  cargo build --quiet
  PERFKIT=${CARGO_TARGET_DIR:-$repository/target}/debug/perfkit
fi
PERFKIT_INSIGHT_CASES=$work cargo test --quiet --test it insight_cases::write_the_runs -- --ignored >"$work/log" ||
  { cat "$work/log" >&2; exit 1; }

wrong=0 files=0
check() {
  local report=$work/report.json
  files=$((files + 1))
  "$PERFKIT" analyze "$@" --no-report --format json >"$report" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  python3 scripts/insight-oracle.py "$report" "$@" >>"$work/found" || wrong=$((wrong + 1))
}
for results in fixtures/*.jtl fixtures/*.jtl.gz "$@"; do
  check "$results"
done
for results in "$work"/*.0.jtl; do
  check "${results%.0.jtl}".*.jtl
done

grep -v '^checked ' "$work/found" || true
grep '^checked ' "$work/found" | awk '{ sum[$3] += $2 } END { for (kind in sum) print sum[kind], "figures of", kind }' | sort -k4
if ((wrong)); then
  echo "FAIL: figures differ in $wrong of $files runs"
  exit 1
fi
echo "PASS: all figures of $files runs are those of their rows"
