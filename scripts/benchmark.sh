#!/usr/bin/env bash
# Measures perfkit, DuckDB, Polars and the csv crate in turn on generated files, and prints two Markdown
# tables: all of them on one large file, then perfkit and its peers on files of many labels, of long rows
# and in XML. Needs Rust, and Python with its venv module.
#
#   scripts/benchmark.sh [ROWS, 10000000 by default] [ROUNDS, 5 by default]
#
# The files of the second table have 3 / 10 of the rows. Keeps the files and the Python packages in
# target/benchmark for the next time.
set -euo pipefail

rows=${1:-10000000}
rounds=${2:-5}
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"
work=$repository/target/benchmark
mkdir -p "$work"
built=${CARGO_TARGET_DIR:-$repository/target}/dist

cargo build --profile dist --quiet --bin perfkit --example generate_jtl --example csv_floor
if [[ ! -x $work/venv/bin/python ]]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet duckdb polars
fi

# Generates a file of a name, unless it is there, with these options.
generate() {
  local file=$work/$1
  shift
  [[ -f $file ]] && return
  "$built/examples/generate_jtl" "$@" --output "$file.part"
  mv "$file.part" "$file"
}

generate "$rows.jtl" --rows "$rows"
"$work/venv/bin/python" scripts/benchmark/compare.py \
  "$work/$rows.jtl" "$built/perfkit" "$built/examples/csv_floor" "$rounds"

echo
some=$((rows * 3 / 10))
files=()
for labels in 2 100 10000 1000000; do
  generate "$some-$labels.jtl" --rows "$some" --labels "$labels"
  files+=("$labels labels=$work/$some-$labels.jtl")
done
# What people have: long URLs, sample_variables, and a quoted message of several lines in 1% of the rows.
real=(--rows "$some" --labels 40 --query 160 --variables 2 --errors 1 --quoted 100)
generate "$some-real.jtl" "${real[@]}"
generate "$some.xml" "${real[@]}" --xml
files+=("long rows=$work/$some-real.jtl" "XML=$work/$some.xml")
"$work/venv/bin/python" scripts/benchmark/files.py "$built/perfkit" "$rounds" "${files[@]}"
