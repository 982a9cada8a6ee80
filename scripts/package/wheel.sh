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
sed -i "s/^dependencies = .*/dependencies = [\"numpy\", \"torch==$torch\"]/; s#\"../../..\"#\"$root\"#; s#\"../../../#\"$root/#" \
  "$work/source/wheel/pyproject.toml"
"$work/venv/bin/pip" wheel -q --no-deps --no-build-isolation -w "$work/built" \
  -C "build-dir=$root/build/wheel" "$work/source/wheel"

"$work/venv/bin/wheel" unpack -d "$work/unpacked" "$work"/built/seg-*.whl >/dev/null
folder=$(echo "$work"/unpacked/seg-*)
rm -f "$folder"/seg/lib/seg/libseg_{progress_plot,openvino}.so  # as in archive.sh
"$here/relocate.sh" "$folder/seg" --keep-torch
mkdir -p "$output"
"$work/venv/bin/wheel" pack -d "$output" "$folder" >/dev/null
ls "$output"/seg-*.whl
"$work/venv/bin/auditwheel" show "$output"/seg-*.whl || true
