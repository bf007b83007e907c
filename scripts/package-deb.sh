#!/usr/bin/env bash
# Builds the Debian package. As root, also installs it in a bare Debian without fonts and analyzes a
# fixture there, with charts. Prints a verdict. Needs cargo-deb and, to try the package, debootstrap and
# a mirror.
#
#   scripts/package-deb.sh [MIRROR]
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"

target=${CARGO_TARGET_DIR:-$repository/target}
cargo build --profile dist --locked --quiet
scripts/package-files.sh "$target/dist/perfkit" "$target/package-files"
deb=$(cargo deb --profile dist --no-build --quiet | tail -1)
echo "$deb: $(stat -c %s "$deb") bytes"

root=$(mktemp -d)
trap 'rm -rf "$root" "$root.log"' EXIT
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
debootstrap --variant=minbase "$codename" "$root" "$@" >"$root.log" 2>&1 || {
  tail "$root.log"
  exit 1
}
cp "$deb" "$root/perfkit.deb"
cp fixtures/errors.jtl "$root/results.jtl"
chroot "$root" dpkg -i /perfkit.deb

failures=0
# Runs a command in the bare Debian; it must succeed.
must() {
  if chroot "$root" /bin/sh -c "$1" >/dev/null; then
    echo "works: $1"
  else
    echo "fails: $1"
    failures=1
  fi
}
must '! ls /usr/share/fonts /etc/fonts 2>/dev/null'
must 'perfkit --version'
must 'cd / && perfkit analyze results.jtl --format csv 2>/dev/null'
must 'test -s /results-report/charts/response-time-over-time.png'
must 'test -s /usr/share/bash-completion/completions/perfkit'
must 'dpkg -L perfkit | grep -q man1/perfkit-analyze.1.gz'
must 'test -s /usr/share/doc/perfkit/copyright'
# The picture must equal that of a machine with fonts.
(cd "$root" && mkdir here && cd here && "$target/dist/perfkit" analyze ../results.jtl --no-report >/dev/null 2>&1 &&
  "$target/dist/perfkit" analyze ../results.jtl --output report >/dev/null 2>&1)
if cmp -s "$root/here/report/charts/response-time-over-time.png" "$root/results-report/charts/response-time-over-time.png"; then
  echo "charts are the same with and without fonts"
else
  echo "charts differ with and without fonts"
  failures=1
fi
if ((failures)); then
  echo FAIL
  exit 1
fi
echo PASS
