#!/usr/bin/env bash
# Checks that the library compiles with each feature alone and without any, and that a program that
# only reads results compiles neither the server nor the charts nor the live screen.
#
#   scripts/check-features.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# `cli` turns on all others: it is what `cargo clippy` checks.
for feature in "" charts live serve; do
  cargo clippy --quiet --locked --lib --no-default-features --features "$feature" -- -D warnings
  echo "compiles with: ${feature:-no feature}"
done
dependencies=$(cargo tree --locked --edges normal --prefix none --no-default-features)
for name in axum clap plotters ratatui resvg tokio; do
  if grep -q "^$name v" <<<"$dependencies"; then
    echo "FAIL: the library needs $name without any feature"
    exit 1
  fi
done
echo PASS
