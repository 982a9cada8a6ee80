#!/usr/bin/env bash
# Makes seg_<version>_<architecture>.deb: deb.sh [OUTPUT_FOLDER]. Run scripts/build.sh release before.
# ITK and the like are Debian's packages, which it depends on; LibTorch lies in /usr/lib/seg.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
output=$(realpath -m "${1:-$root/build/packages}")
for tool in patchelf file dpkg-shlibdeps; do
  command -v $tool >/dev/null || { echo "deb: $tool is not installed" >&2; exit 1; }
done
mkdir -p "$output"
cd "$root/build/release"
cpack -G DEB -B "$output" >"$output/cpack.log" || { cat "$output/cpack.log"; exit 1; }
rm -rf "$output/_CPack_Packages" "$output/cpack.log"
ls "$output"/seg_*.deb
