#!/usr/bin/env bash
# A Markdown table of every preset's network: size, and cost of a training step on this CPU.
#   measure_networks.sh [OPTIONS]     OPTIONS go to measure_network (--patch, --config, --fp32, ...)
# One process per network, so that each peak of memory is its own; one thread, which waits for none.
set -euo pipefail
cd "$(dirname "$0")/.."

export OMP_NUM_THREADS=1
scripts/build.sh release measure_network
measure=build/release/tests/measure_network

echo "| network | parameters (M) | multiply-accumulates (G) | peak memory (GB) | CPU s per step |"
echo "|---|---|---|---|---|"
for preset in $($measure); do
  $measure "$preset" "$@" || echo "| $preset | not measured: see above |  |  |  |"
done
