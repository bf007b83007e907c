#!/usr/bin/env bash
# Writes the man pages and completions that packages contain, using the binary itself.
#
#   scripts/package-files.sh PERFKIT DIRECTORY
set -euo pipefail

perfkit=${1:?name the binary}
directory=${2:?name the directory}
mkdir -p "$directory"
"$perfkit" man "$directory/man"
"$perfkit" completions bash >"$directory/perfkit.bash"
"$perfkit" completions zsh >"$directory/_perfkit"
"$perfkit" completions fish >"$directory/perfkit.fish"
"$perfkit" completions powershell >"$directory/_perfkit.ps1"
