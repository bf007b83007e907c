#!/usr/bin/env bash
# Takes the pictures of the README and of docs/ from results that it generates: the first screen of an
# eventful run, of failing requests, and of one label.
#
#   scripts/readme-picture.sh
#
# Needs cargo, Python 3 and Debian's chromium and chromium-driver. pngquant, if it is installed, shrinks
# the files.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet --bin perfkit
perfkit=${CARGO_TARGET_DIR:-target}/release/perfkit
python3 scripts/readme-picture/shop.py > "$work/shop.jtl"
"$perfkit" analyze "$work/shop.jtl" -o "$work/shop" --title 'The shop on Friday' --platform 'a made-up shop' \
  --charts none --fail-if 'error% > 1%' --fail-if 'p99 > 2s' >/dev/null 2>&1 || true
"$perfkit" analyze fixtures/errors.jtl -o "$work/errors" --title 'Six ways to fail' --platform 'a laptop' \
  --charts none >/dev/null 2>&1
images=docs/images
python3 scripts/readme-picture/screens.py \
  "$work/shop/report.html" "$images/first-screen.png" light \
  "$work/errors/report.html" "$images/failures.png" dark \
  "$work/shop/report.html#label-panel&t=500-600&label=POST%20%2Fcheckout" "$images/label.png" light
if command -v pngquant >/dev/null; then
  for picture in first-screen failures label; do
    pngquant --force --strip --speed 1 --output "$images/$picture.png" 48 "$images/$picture.png"
  done
fi
