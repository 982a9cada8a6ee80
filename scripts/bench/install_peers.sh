#!/usr/bin/env bash
# Installs Python nnU-Net 2.8.1 and the CPU build of torch into a virtual environment:
#   install_peers.sh [FOLDER]        (default: .deps/peers)
# Then scripts/bench/run.py finds it there, or where SEG_PEERS says.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=${1:-.deps/peers}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --extra-index-url https://download.pytorch.org/whl/cpu \
  "torch==2.13.0+cpu" "nnunetv2==2.8.1"
"$venv/bin/python" -c 'import nnunetv2, torch; print("peers: torch", torch.__version__)'
