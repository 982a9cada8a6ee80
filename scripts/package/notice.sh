#!/usr/bin/env bash
# Prints the licences of what a package of seg holds beside seg: notice.sh LIBRARY...
# LIBRARYs are the shared libraries that are copied into it, where the build found them.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

section() { printf '\n%s\n%s\n\n' "$1" "$(printf '%*s' ${#1} '' | tr ' ' =)"; }

# The Debian packages that files belong to, a line "PACKAGE FILE" each, where "file" may be any of the
# names that a file has on systems where /lib is a link. One call: each reads dpkg's whole database.
packages_of() {
  local file names=()
  for file in "$@"; do
    file=$(realpath "$file")
    names+=("$file" "/usr$file" "${file#/usr}")
  done
  dpkg -S "${names[@]}" 2>/dev/null | sed 's/:[a-z0-9]*: / /; s/: / /' || true
}

licence_of_package() {
  section "$1 $(dpkg-query -W -f='${Version}' "$1" 2>/dev/null | head -1)"
  cat "/usr/share/doc/$1/copyright"
}

echo "seg is licensed under the Apache License 2.0 (LICENSE). It is distributed together with, or holds"
echo "parts of, what follows, each under its own licence."

libraries=()
torch=
for file in "$@"; do
  case $file in */torch/lib/*) torch=${file%/torch/lib/*} ;; *) libraries+=("$file") ;; esac
done
packages=()
if [ ${#libraries[@]} -gt 0 ]; then
  owners=$(packages_of "${libraries[@]}")
  for file in "${libraries[@]}"; do
    name=$(basename "$(realpath "$file")")
    grep -q "/$name\$" <<<"$owners" || { echo "notice: no licence is known for $file" >&2; exit 1; }
  done
  mapfile -t packages < <(cut -d' ' -f1 <<<"$owners")
fi
# Compiled in: headers, and libraries that are linked statically.
packages+=(nlohmann-json3-dev libcli11-dev libspdlog-dev nettle-dev libnanoflann-dev libinsighttoolkit5-dev)
if [ -f /usr/share/doc/libjs-chart.js/copyright ]; then packages+=(libjs-chart.js); fi
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
for package in "${packages[@]}"; do licence_of_package "$package"; done

if [ -n "$torch" ]; then
  section "LibTorch"
  find "$torch"/torch-*.dist-info -type f \( -iname 'LICENSE*' -o -iname 'NOTICE*' \) | sort | xargs cat
fi
barkeep=$(find "$root"/build -path '*/barkeep/LICENSE' 2>/dev/null | head -1)
if [ -n "$barkeep" ]; then section "barkeep"; cat "$barkeep"; fi
if [ -f "$root/.deps/niivue/niivue.umd.js" ]; then
  section "NiiVue"
  grep -v '^[/*]*$' "$root/libtrain/src/report/page/volume_licence.txt"
fi
