#!/usr/bin/env bash
# Prints the licences of what a package of seg holds beside seg: notice.sh LIBRARY...
# LIBRARYs are the shared libraries that are copied into it, where the build found them.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

section() { printf '\n%s\n%s\n\n' "$1" "$(printf '%*s' ${#1} '' | tr ' ' =)"; }

# The Debian package that a file belongs to; nothing for files of no package.
package_of() {
  local file
  for file in "$1" "$(realpath "$1")" "/usr$1" "/usr$(realpath "$1")"; do
    dpkg -S "$file" 2>/dev/null | head -1 | cut -d: -f1 && return
  done
  true
}

licence_of_package() {
  section "$1 $(dpkg-query -W -f='${Version}' "$1" 2>/dev/null | head -1)"
  cat "/usr/share/doc/$1/copyright"
}

echo "seg is licensed under the Apache License 2.0 (LICENSE). It is distributed together with, or holds"
echo "parts of, what follows, each under its own licence."

packages=()
torch=
for file in "$@"; do
  case $file in */torch/lib/*) torch=${file%/torch/lib/*}; continue ;; esac
  package=$(package_of "$file")
  [ -n "$package" ] || { echo "notice: no licence is known for $file" >&2; exit 1; }
  packages+=("$package")
done
# Compiled in: headers, and libraries that are linked statically.
packages+=(nlohmann-json3-dev libcli11-dev libspdlog-dev nettle-dev)
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
for package in "${packages[@]}"; do licence_of_package "$package"; done

if [ -n "$torch" ]; then
  section "LibTorch"
  find "$torch"/torch-*.dist-info -iname 'LICENSE*' -o -iname 'NOTICE*' | sort | xargs cat
fi
barkeep=$(find "$root"/build -path '*/barkeep/LICENSE' 2>/dev/null | head -1)
if [ -n "$barkeep" ]; then section "barkeep"; cat "$barkeep"; fi
