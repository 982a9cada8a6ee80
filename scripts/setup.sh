#!/usr/bin/env bash
# Installs what seg needs on Debian or Ubuntu and finds LibTorch. Harmless to run again.
#   setup.sh          what building and running it takes
#   setup.sh --all    also what every test and check takes
#
# Packages come from apt (as root or through sudo). LibTorch is, in this order: the one that
# CMAKE_PREFIX_PATH or Torch_DIR names, the torch of python3, or a torch installed into .deps/venv.
# OpenVINO, which is optional, is the one that OpenVINO_DIR names, python3's, or with --all one that
# pip installs into .deps/venv. Also optional, with --all: NiiVue where npm is, and nanobind for the
# Python module, into .deps/venv if its torch is the one. What was found is written to .deps/env,
# which scripts/build.sh reads.
set -euo pipefail
cd "$(dirname "$0")/.."

torch_version=2.13.0
openvino_version=2026.4.1
nanobind_version=3.1.0
niivue_version=0.69.0
niivue_sha256=47b896b77ec4a5be3ef1949c33ad393b6f45629921f326c279000bcf51bdb4af
packages=(cmake ninja-build g++ ccache pkg-config libinsighttoolkit5-dev libgdcm-dev libdcmtk-dev
          nlohmann-json3-dev libcli11-dev libspdlog-dev libplplot-dev plplot-driver-cairo libminizip-dev
          libdeflate-dev libtiff-dev libpng-dev nettle-dev libcurl4-openssl-dev libnanoflann-dev libre2-dev
          libjs-chart.js)
if [ "${1:-}" = --all ]; then packages+=(catch2 clang-format clang-tidy libopenmpi-dev openmpi-bin python3-dev); fi

say() { echo "setup: $*"; }
fail() { say "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "needs root for: $*"
  fi
}

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

install_packages() {
  local missing=()
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
  if [ ${#missing[@]} = 0 ]; then return; fi
  say "installing ${missing[*]}"
  command -v apt-get >/dev/null || fail "no apt-get here; install the like of: ${missing[*]}"
  as_root apt-get update -q >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Prints the CMAKE_PREFIX_PATH of the torch of a python, if that torch can be built against.
prefix_of_python_torch() {
  "$1" - 2>/dev/null <<'PYTHON'
import shutil, sys, torch
version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
if version < (2, 4) or (torch.version.cuda and not shutil.which("nvcc")):
    sys.exit(1)
print(torch.utils.cmake_prefix_path)
PYTHON
}

given_torch() {
  if [ -n "${Torch_DIR:-}" ] && [ -f "$Torch_DIR/TorchConfig.cmake" ]; then
    dirname "$Torch_DIR"
    return
  fi
  local folder
  for folder in $(tr ':;' '  ' <<<"${CMAKE_PREFIX_PATH:-}"); do
    if [ -f "$folder/Torch/TorchConfig.cmake" ] ||
       [ -f "$folder/share/cmake/Torch/TorchConfig.cmake" ]; then
      echo "$folder"
      return
    fi
  done
  return 1
}

make_python_environment() {
  if python3 -m venv .deps/venv >/dev/null 2>&1; then return; fi
  install_packages python3 python3-venv python3-pip
  rm -rf .deps/venv
  /usr/bin/python3 -m venv .deps/venv
}

# The CPU build is a tenth of the size of the CUDA one, which builds only where the CUDA compiler is.
install_torch() {
  local pip=(.deps/venv/bin/python -m pip install -q)
  if ! command -v nvcc >/dev/null &&
     "${pip[@]}" --retries 1 --extra-index-url https://download.pytorch.org/whl/cpu \
       "torch==$torch_version+cpu" 2>/dev/null; then
    return
  fi
  "${pip[@]}" "torch==$torch_version"
}

private_torch() {
  if prefix_of_python_torch .deps/venv/bin/python; then return; fi
  say "installing torch $torch_version into .deps/venv" >&2
  make_python_environment >&2
  install_torch >&2 || fail "pip could not install torch $torch_version; its lines above say why"
  prefix_of_python_torch .deps/venv/bin/python ||
    fail "the installed torch cannot be built against (a CUDA build needs nvcc)"
}

find_torch() {
  given_torch || prefix_of_python_torch python3 || private_torch
}

# Prints the folder of the CMake files in the openvino of a python.
cmake_of_python_openvino() {
  "$1" - 2>/dev/null <<'PYTHON'
import importlib.util, pathlib, sys
found = importlib.util.find_spec("openvino")
folder = pathlib.Path(found.origin).parent / "cmake" if found and found.origin else None
if not folder or not folder.is_dir():
    sys.exit(1)
print(folder)
PYTHON
}

private_openvino() {
  local python=.deps/venv/bin/python
  if cmake_of_python_openvino "$python"; then return; fi
  if [ "$1" != --all ]; then return 1; fi
  say "installing openvino $openvino_version into .deps/venv" >&2
  [ -x "$python" ] || make_python_environment >&2
  "$python" -m pip install -q "openvino==$openvino_version" >&2 && cmake_of_python_openvino "$python"
}

find_openvino() {
  if [ -n "${OpenVINO_DIR:-}" ]; then echo "$OpenVINO_DIR"; return; fi
  cmake_of_python_openvino python3 || private_openvino "$1"
}

# The Python that CMake then builds the module for is .deps/venv's.
add_nanobind() {
  local python=.deps/venv/bin/python
  prefix_of_python_torch "$python" >/dev/null || return 1
  if ! "$python" -c "import nanobind, numpy" 2>/dev/null; then
    if [ "$1" != --all ]; then return 1; fi
    say "installing nanobind $nanobind_version into .deps/venv"
    "$python" -m pip install -q "nanobind==$nanobind_version" numpy || return 1
  fi
  printf 'export VIRTUAL_ENV=%q\n' "$PWD/.deps/venv" >>.deps/env
}

# One file of the npm package, which seg report --volumes puts into its page.
fetch_niivue() {
  local file=.deps/niivue/niivue.umd.js
  if [ -f "$file" ]; then return; fi
  command -v npm >/dev/null || return 1
  say "fetching NiiVue $niivue_version into .deps/niivue" >&2
  local folder archive
  folder=$(mktemp -d) && archive=$(cd "$folder" && npm pack --silent "@niivue/niivue@$niivue_version") &&
    tar -xzf "$folder/$archive" -C "$folder" package/dist/niivue.umd.js &&
    echo "$niivue_sha256  $folder/package/dist/niivue.umd.js" | sha256sum --check --quiet >&2 &&
    mkdir -p .deps/niivue && mv "$folder/package/dist/niivue.umd.js" "$file"
  local result=$?
  rm -rf "$folder"
  return $result
}

install_packages "${packages[@]}"
mkdir -p .deps
torch=$(find_torch) || fail "no LibTorch"
printf 'export CMAKE_PREFIX_PATH=%q\n' "$torch${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}" >.deps/env
if openvino=$(find_openvino "${1:-}"); then
  printf 'export OpenVINO_DIR=%q\n' "$openvino" >>.deps/env
elif [ "${1:-}" = --all ]; then
  say "no OpenVINO: seg predict --engine openvino is left out, and its tests are skipped"
fi
if ! python3 -c "import nanobind" 2>/dev/null && ! add_nanobind "${1:-}" && [ "${1:-}" = --all ]; then
  say "no nanobind: the Python module is left out, and its test is skipped"
fi
if [ "${1:-}" = --all ] && ! fetch_niivue; then
  say "no NiiVue (npm brings it): seg report --volumes is left out"
fi
say "packages are installed; LibTorch is in $torch"
