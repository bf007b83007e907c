#!/usr/bin/env bash
# Simulates runs, half of them without a fault, and prints how often insights are false and how often
# they find what is planted: the rates in docs/insights.md. Fails if a kind misses its target.
#
#   scripts/simulate-insights.sh [RUNS]     # 30,000 runs by default: half an hour on two cores
#
# With SEED=N, writes the run of that seed instead, and prints its plan and its insights.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/optimised.sh
if [[ -n ${SEED:-} ]]; then
  exec cargo test "${optimised[@]}" --test insight_simulation -- --ignored --nocapture one_run
fi
RUNS=${1:-30000}
export RUNS
if cargo test "${optimised[@]}" --test insight_simulation -- --ignored --nocapture insights_; then
  echo PASS
else
  echo FAIL
  exit 1
fi
