#!/usr/bin/env bash
# Simulates histories and prints how often perfkit history is wrong on unchanged runs and how soon it finds a
# change: the rates in docs/history.md. Builds perfkit optimised (but not its dependencies), then takes 2 minutes on
# two cores. Fails if a rate is missed.
#
#   scripts/simulate-history.sh
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/optimised.sh
if cargo test "${optimised[@]}" --test history_simulation -- --ignored --nocapture; then
  echo PASS
else
  echo FAIL
  exit 1
fi
