#!/usr/bin/env bash
# Simulates runs and prints how often perfkit compare is wrong on equal ones and how often it finds a
# real change: the rates in docs/comparing.md. Builds perfkit optimised (but not its dependencies), then
# takes 3 minutes on two cores. Fails if a rate is missed.
#
#   scripts/simulate-compare.sh
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/optimised.sh
if cargo test "${optimised[@]}" --test compare_simulation -- --ignored --nocapture; then
  echo PASS
else
  echo FAIL
  exit 1
fi
