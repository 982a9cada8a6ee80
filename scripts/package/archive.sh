#!/usr/bin/env bash
# Makes seg-<version>-linux-x86_64.tar.xz with everything that seg needs inside, LibTorch and ITK among
# it: archive.sh [OUTPUT_FOLDER]. Run scripts/build.sh release before. It unpacks anywhere and runs on
# systems with at least this one's C library.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
output=$(realpath -m "${1:-$root/build/packages}")

version=$(sed -n 's/^project(seg VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
name=seg-$version-linux-$(uname -m)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cmake --install "$root/build/release" --prefix "$stage/$name" --strip >/dev/null
# PLplot draws with drivers that look for fonts in the system: progress.png is left to other packages.
rm -f "$stage/$name"/lib*/seg/libseg_progress_plot.so
rm -f "$stage/$name"/lib*/seg/libseg_openvino.so  # OpenVINO is no part of packages
"$here/relocate.sh" "$stage/$name"
cp "$root/LICENSE" "$root/README.md" "$root/CHANGELOG.md" "$stage/$name/share/doc/seg/"
mkdir -p "$output"
tar -C "$stage" -c --owner=0 --group=0 --sort=name "$name" | xz -T0 -${SEG_XZ_LEVEL:-6} >"$output/$name.tar.xz"
echo "$output/$name.tar.xz"
