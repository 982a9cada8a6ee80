#!/usr/bin/env bash
# Makes a Python wheel, with the command and the module seg, that uses the torch which pip installs:
# wheel.sh [OUTPUT_FOLDER]. PYTHON names the Python whose torch it is built against (.deps/venv's).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
output=$(realpath -m "${1:-$root/build/packages}")
python=${PYTHON:-$root/.deps/venv/bin/python}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv --system-site-packages "$work/venv"
"$work/venv/bin/pip" install -q scikit-build-core nanobind wheel auditwheel
torch=$("$python" -c 'import torch; print(torch.__version__.split("+")[0])')
export CMAKE_PREFIX_PATH=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)')

# The version of LibTorch that it is compiled for is the only one that it runs with.
mkdir "$work/source"
cp -r "$here/wheel" "$work/source/"
cp "$root/LICENSE" "$work/source/wheel/"
sed -i "s/^dependencies = .*/dependencies = [\"numpy\", \"torch==$torch\"]/; s#\"../../..\"#\"$root\"#; s#\"../../../#\"$root/#" \
  "$work/source/wheel/pyproject.toml"
"$work/venv/bin/pip" wheel -q --no-deps --no-build-isolation -w "$work/built" \
  -C "build-dir=$root/build/wheel" "$work/source/wheel"

"$work/venv/bin/wheel" unpack -d "$work/unpacked" "$work"/built/seg-*.whl >/dev/null
folder=$(echo "$work"/unpacked/seg-*)
rm "$folder"/seg/lib/libseg.so.*.*.*  # a wheel has no links: it is there by its soname, too
"$here/relocate.sh" "$folder/seg" --keep-torch
notice=$(echo "$folder"/seg-*.dist-info)/licenses/NOTICE
mv "$folder/seg/share/doc/seg/NOTICE" "$notice"
nanobind=$(echo "$work"/venv/lib/python*/site-packages/nanobind)  # compiled into the module
{ printf '\nnanobind\n========\n\n'
  cat "$nanobind"-*.dist-info/licenses/LICENSE
  printf '\nrobin-map\n=========\n\n'
  sed '/\*\//q' "$nanobind/ext/robin_map/include/tsl/robin_map.h"; } >>"$notice"
sed -i '0,/^License-File:/s//License-File: NOTICE\n&/' "$folder"/seg-*.dist-info/METADATA
mkdir -p "$work/packed" "$output"
"$work/venv/bin/wheel" pack -d "$work/packed" "$folder" >/dev/null
# pip refuses it where the C library is older than this one's symbols.
audit=$("$work/venv/bin/auditwheel" show "$work"/packed/seg-*.whl | tr '\n' ' ')
system=$(sed -n 's/.*constrains the platform tag to "\([a-z0-9_]*\)".*/\1/p' <<<"$audit")
[ -n "$system" ] || { echo "wheel: auditwheel names no system: $audit" >&2; exit 1; }
"$work/venv/bin/wheel" tags --remove --platform-tag "$system" "$work"/packed/seg-*.whl >/dev/null
mv "$work"/packed/seg-*.whl "$output/"
ls "$output"/seg-*-"$system".whl
