#!/usr/bin/env bash
# Prints the licences of what a package of seg holds beside seg: notice.sh [--debian] LIBRARY...
# LIBRARYs are the shared libraries that are copied into it, where the build found them. With --debian in
# the form that Debian's machines read (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

debian=no
if [ "${1:-}" = --debian ]; then debian=yes; shift; fi

# One licence, whose text comes in: section NAME [VERSION].
section() {
  local title="$1${2:+ $2}"
  if [ $debian = yes ]; then
    printf '\nLicense: %s\n' "$1"
    sed 's/[[:space:]]*$//; s/^$/./; s/^/ /'
  else
    printf '\n%s\n%s\n\n' "$title" "$(printf '%*s' ${#title} '' | tr ' ' =)"
    cat
  fi
}

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
  section "$1" "$(dpkg-query -W -f='${Version}' "$1" 2>/dev/null | head -1)" <"/usr/share/doc/$1/copyright"
}

# The folder with what pip knows of the package that brought a library of CUDA's beside LibTorch.
wheel_of() {
  local record
  record=$(grep -lF "nvidia/${1##*/nvidia/}," "${1%/nvidia/*}"/*.dist-info/RECORD | head -1)
  [ -n "$record" ] || { echo "notice: no licence is known for $1" >&2; exit 1; }
  dirname "$record"
}

# Most packages of CUDA have the same one: each once, for all that have it.
licences_of_wheels() {
  local wheel file name text
  local -A names texts
  for wheel in $(printf '%s\n' "$@" | sort -u); do
    name=$(sed -n 's/^Name: //p; s/^Version: //p' "$wheel/METADATA" | head -2 | paste -sd ' ')
    file=$(sed -n 's/,.*//; /license[^/]*$/Ip' "$wheel/RECORD" | head -1)
    [ -n "$file" ] || { echo "notice: no licence is known for $name" >&2; exit 1; }
    text=$(md5sum <"$wheel/../$file")
    names[$text]+="${names[$text]:+, }$name"
    texts[$text]=$wheel/../$file
  done
  for text in "${!texts[@]}"; do section "${names[$text]}" <"${texts[$text]}"; done
}

libraries=() wheels=()
torch=
for file in "$@"; do
  case $(realpath "$file") in
    */torch/lib/*) torch=${file%/torch/lib/*} ;;
    */site-packages/nvidia/*) wheels+=("$(wheel_of "$(realpath "$file")")") ;;
    *) libraries+=("$file") ;;
  esac
done
if [ $debian = yes ] && [ ${#wheels[@]} -gt 0 ]; then
  echo "notice: a .deb holds a LibTorch for CPUs, not CUDA's libraries" >&2
  exit 1
fi
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
licences() {
  for package in "${packages[@]}"; do licence_of_package "$package"; done
  if [ -n "$torch" ]; then
    find "$torch"/torch-*.dist-info -type f \( -iname 'LICENSE*' -o -iname 'NOTICE*' \) | sort | xargs cat |
      section LibTorch
    licence_of_package libgomp1  # LibTorch's package brings one
  fi
  if [ ${#wheels[@]} -gt 0 ]; then licences_of_wheels "${wheels[@]}"; fi
  local barkeep
  barkeep=$(find "$root"/build -path '*/barkeep/LICENSE' 2>/dev/null | head -1)
  if [ -n "$barkeep" ]; then section barkeep <"$barkeep"; fi
  if [ -f "$root/.deps/niivue/niivue.umd.js" ]; then
    grep -v '^[/*]*$' "$root/libtrain/src/report/page/volume_licence.txt" | section NiiVue
  fi
}

if [ $debian = no ]; then
  echo "seg is licensed under the Apache License 2.0 (LICENSE). It is distributed together with, or holds"
  echo "parts of, what follows, each under its own licence."
  licences
  exit
fi
text=$(licences)
others=$(sed -n 's/^License: //p' <<<"$text")
cat <<FIELDS
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: seg

Files: *
Copyright: the authors of seg
License: Apache-2.0

Files: usr/bin/seg usr/lib/libseg.so* usr/lib/seg/libseg_*
Copyright: the authors of seg, and those that the licences below name
License: $(printf '%s\n' Apache-2.0 "$others" | grep -vx 'LibTorch\|libgomp1' | paste -sd '&' | sed 's/&/ and /g')
Comment: The licences are named by the Debian packages, or the projects, of which seg holds parts.

Files: usr/lib/seg/libtorch* usr/lib/seg/libc10*
Copyright: those that its licence names
License: LibTorch

Files: usr/lib/seg/libgomp*
Copyright: Free Software Foundation, Inc.
License: libgomp1

License: Apache-2.0
 On Debian systems its text is in /usr/share/common-licenses/Apache-2.0.
FIELDS
echo "$text"
