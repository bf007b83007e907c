#!/usr/bin/env bash
# Measures perfkit, DuckDB, Polars and the csv crate in turn on a generated file, and prints a
# Markdown table. Needs Rust, and Python with its venv module.
#
#   scripts/benchmark.sh [rows, 10000000 by default] [rounds, 5 by default]
#
# Keeps the file and the Python packages in target/benchmark for the next time.
set -euo pipefail

rows=${1:-10000000}
rounds=${2:-5}
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"
work=$repository/target/benchmark
mkdir -p "$work"
target=${CARGO_TARGET_DIR:-$repository/target}

cargo build --release --quiet --bin perfkit --example generate_jtl --example csv_floor
results=$work/$rows.jtl
if [[ ! -f $results ]]; then
  "$target/release/examples/generate_jtl" --rows "$rows" --output "$results.part"
  mv "$results.part" "$results"
fi
if [[ ! -x $work/venv/bin/python ]]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet duckdb polars
fi
"$work/venv/bin/python" scripts/benchmark/compare.py \
  "$results" "$target/release/perfkit" "$target/release/examples/csv_floor" "$rounds"
