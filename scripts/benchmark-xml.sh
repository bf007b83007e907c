#!/usr/bin/env bash
# Measures perfkit, quick-xml and Python's iterparse in turn on generated XML results, and prints a Markdown
# table. Needs Rust and Python.
#
#   scripts/benchmark-xml.sh [MB, 320 by default] [rounds, 5 by default] [another perfkit to compare with]
#
# Keeps the file in target/benchmark for the next time.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"
work=$repository/target/benchmark
mkdir -p "$work"
target=${CARGO_TARGET_DIR:-$repository/target}

cargo build --release --quiet --bin perfkit --example xml_floor
python3 scripts/benchmark/xml_results.py \
  "$work" "$target/release/perfkit" "$target/release/examples/xml_floor" "${1:-320}" "${2:-5}" ${3:+"$3"}
