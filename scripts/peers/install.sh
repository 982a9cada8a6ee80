#!/usr/bin/env bash
# Installs Python nnU-Net 2.8.1 and what it needs into a virtual environment, to run it beside seg:
#   install.sh [DIR]     DIR is $SEG_PEERS, else .deps/peers
# seg itself neither needs nor calls any of it. An environment that has nnU-Net already is taken as
# it is; set SEG_PEERS to use one of your own.
set -euo pipefail
cd "$(dirname "$0")/../.."

peers=${1:-${SEG_PEERS:-.deps/peers}}
if [ ! -x "$peers/bin/nnUNetv2_predict" ]; then
  python3 -m venv "$peers"
  pip=("$peers/bin/python" -m pip install --quiet)
  # The CPU build is a tenth of the size of the CUDA one.
  command -v nvidia-smi >/dev/null ||
    "${pip[@]}" --extra-index-url https://download.pytorch.org/whl/cpu "torch==2.13.0+cpu" ||
    "${pip[@]}" torch==2.13.0
  "${pip[@]}" torch==2.13.0 nnunetv2==2.8.1
  "${pip[@]}" openvino || echo "peers: no openvino, which only the rows forward* of scripts/bench need"
fi
"$peers/bin/python" -c 'import importlib.metadata, torch
print("peers: nnU-Net", importlib.metadata.version("nnunetv2"), "with torch", torch.__version__)'
