#!/usr/bin/env bash
# Fuzzes every target for SECONDS with libFuzzer, starting from the corpus in the repository, and prints a
# verdict. Findings stay in target/fuzz/found: make a regression test of each, or add it to fuzz/corpus.
#
#     scripts/fuzz.sh [SECONDS=60] [TARGET ...]
#
# Needs cargo-fuzz (cargo install cargo-fuzz), a nightly toolchain and a C++ compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
targets=${*:-records layout xml criteria paths summary report follow analyze}
directory=$PWD/${FUZZ_TARGET_DIR:-target/fuzz}
host=$(rustc -vV | sed -n 's/^host: //p')

# No sanitizer: the package has no unsafe code and runs many times faster without one.
cargo +nightly fuzz build --sanitizer none --target-dir "$directory"
failed=0
printf '%-10s %12s %10s %9s  %s\n' target executions 'per second' features verdict
for target in $targets; do
  mkdir -p "$directory/corpus/$target" "$directory/found/$target"
  log=$directory/$target.log
  verdict=PASS
  "$directory/$host/release/$target" "$directory/corpus/$target" "fuzz/corpus/$target" \
    -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$directory/found/$target/" >"$log" 2>&1 || { verdict="FAIL: see $log"; failed=1; }
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  features=$(grep -o ' ft: [0-9]*' "$log" | tail -n 1 | tr -dc 0-9)
  printf '%-10s %12s %10s %9s  %s\n' "$target" "${executions:-?}" "${rate:-?}" "${features:-?}" "$verdict"
done
exit $failed
