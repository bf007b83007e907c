#!/usr/bin/env bash
# Counts the instructions that reading 100,000 rows of two labels takes on one thread, and fails if there
# are 5% more than scripts/count-instructions/baseline.txt says. Timings depend on what else a machine
# does; counts differ by less than 1% between runs and machines.
#
#   scripts/count-instructions.sh            # compares with the baseline
#   scripts/count-instructions.sh --renew    # writes the baseline; commit it with the change that explains it
#
# valgrind counts. The processor that it emulates has AVX2 but no AVX-512, whatever the machine has:
# perfkit's code for AVX2 is counted. Without valgrind, or on a machine without AVX2, nothing is counted.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly ROWS=100000 MAX_PERCENT=5 baseline=scripts/count-instructions/baseline.txt

skip() {
  echo "SKIPPED: $1"
  exit 0
}

grep -qsw avx2 /proc/cpuinfo || skip "this machine has no AVX2, which the baseline is for"
if ! command -v valgrind >/dev/null; then
  as_root=()
  ((EUID == 0)) || as_root=(sudo -n)
  "${as_root[@]}" apt-get install --yes --quiet valgrind >/dev/null 2>&1 || skip "valgrind cannot be installed"
fi

. scripts/optimised.sh
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The same arguments give the same rows on every machine.
cargo run --quiet --locked --example generate_jtl -- --rows "$ROWS" --output "$work/results.jtl"
cargo build --quiet --locked "${optimised[@]}" --example read_jtl

# Bound to one processor, the example reads on one thread.
taskset --cpu-list 0 valgrind --tool=callgrind --callgrind-out-file="$work/counts" \
  "$target/debug/examples/read_jtl" "$work/results.jtl" >"$work/output" 2>&1 || {
  cat "$work/output"
  exit 1
}
grep -qx '0 rows could not be read' "$work/output"
now=$(awk '/^(summary|totals):/ { print $2; exit }' "$work/counts")
compiler=$(rustc --version)

if [[ ${1:-} == --renew ]]; then
  printf '%s\n' "$now" "$compiler" >"$baseline"
  echo "$baseline: $((now / ROWS)) instructions per row"
  exit
fi
{
  read -r before
  read -r compiler_before
} <"$baseline"
percent=$(awk "BEGIN { printf \"%+.1f\", ($now / $before - 1) * 100 }")
echo "$((now / ROWS)) instructions per row; the baseline has $((before / ROWS)): $percent%"
if [[ $compiler != "$compiler_before" ]]; then
  skip "the baseline is of $compiler_before, and this is $compiler: renew it"
fi
if awk "BEGIN { exit !($percent > $MAX_PERCENT) }"; then
  echo "FAIL: reading takes over $MAX_PERCENT% more instructions than the baseline: see the top of this script"
  exit 1
fi
echo PASS
