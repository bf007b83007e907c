#!/usr/bin/env bash
# Opens the report's page in a headless Chromium and Firefox and tries everything that it promises: charts
# that the script draws as perfkit does, path by path; values where it is pointed at, series hidden; time
# and label selected by brush, picker, table and link, with figures as the rows say; tables sorted, searched
# and copied; charts saved; every interaction within 100 ms; no script error, no request to anywhere; light,
# dark, on a phone, printed, without script.
#
#   scripts/check-page.sh SCREENSHOTS
#
# Leaves screenshots in the directory SCREENSHOTS: look at them. Needs cargo, Python 3 and Debian's
# chromium, chromium-driver and firefox-esr (apt-get install chromium chromium-driver firefox-esr);
# installs nothing.
# Exit code 1 if a check failed.
set -euo pipefail

[[ $# -eq 1 ]] || { sed -n '2,/^set/{/^#/p}' "$0" >&2; exit 2; }
screenshots=$(realpath -m "$1")
for needed in chromedriver firefox-esr python3 cargo; do
  command -v "$needed" >/dev/null || { echo "$needed is needed: see the head of $0" >&2; exit 2; }
done
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet --bin perfkit --example generate_jtl
built=${CARGO_TARGET_DIR:-target}/release
generate() { "$built/examples/generate_jtl" "${@:2}" --output "$work/$1.jtl"; }
generate big --rows 400000 --labels 9 --seconds 4000
generate many-labels --rows 100000 --labels 500 --errors 3
python3 scripts/check-page/hostile.py > "$work/hostile.jtl"
python3 scripts/check-page/urls.py > "$work/urls.jtl"
python3 scripts/readme-picture/shop.py > "$work/shop.jtl"
head -4 fixtures/errors.jtl > "$work/three-rows.jtl"
cp fixtures/errors.jtl "$work"
gunzip -c fixtures/standard.jtl.gz > "$work/standard.jtl"

pages=()
for results in "$work"/*.jtl; do
  name=$(basename "$results" .jtl)
  "$built/perfkit" analyze "$results" --platform "Raspberry Pi 5, 8 GB" --max-labels 500 -o "$work/$name" >/dev/null 2>&1
  pages+=("$work/$name")
done
firefox=()
for name in standard errors urls three-rows many-labels shop; do firefox+=(--firefox "$work/$name"); done
compare() { "$built/perfkit" compare "${@:2}" --format html -o "$work/$1.html" 2>/dev/null; }
generate failing --rows 100000 --labels 10 --seconds 4000 --errors 5 --seed 2
compare two-runs "$work/big.jtl" "$work/failing.jtl"
compare three-runs "$work/standard.jtl" "$work/errors.jtl" "$work/hostile.jtl"
python3 scripts/check-page/check.py "${pages[@]}" --comparison "$work/two-runs.html" \
  --comparison "$work/three-runs.html" "${firefox[@]}" --screenshots "$screenshots"
