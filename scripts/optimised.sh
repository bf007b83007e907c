# Flags of cargo for simulations: perfkit optimised, but not its dependencies, and without features, so
# that all simulations share one build. Other scripts source this file.
# shellcheck shell=bash disable=SC2034
optimised=(
  --no-default-features
  --config 'profile.dev.package.perfkit.opt-level=3'
  --config 'profile.dev.package.perfkit.debug=false'
)
