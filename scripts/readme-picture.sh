#!/usr/bin/env bash
# Draws the README's picture, docs/images/saturation.png, from results that it generates.
#
#   scripts/readme-picture.sh
#
# Needs cargo and Python 3. pngquant, if it is installed, halves the file.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet --bin perfkit
python3 scripts/readme-picture/shop.py > "$work/shop.jtl"
chart=response-time-percentiles-over-time
"${CARGO_TARGET_DIR:-target}/release/perfkit" analyze "$work/shop.jtl" -o "$work/report" \
  --platform 'a made-up shop' --charts "$chart"
picture=docs/images/saturation.png
cp "$work/report/charts/$chart.png" "$picture"
if command -v pngquant >/dev/null; then
  pngquant --force --strip --speed 1 --output "$picture" 64 "$picture"
fi
