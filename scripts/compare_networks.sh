#!/usr/bin/env bash
# Trains fold 0 of a dataset with several networks by one schedule and prints their validation's Dice:
#   compare_networks.sh DATASET PRESET... [-- OPTIONS]     OPTIONS go to seg train
#   compare_networks.sh Dataset004_Hippocampus default stunet-s -- --config 2d --epochs 8 --batch-size 16
# Everything is written below seg_work/networks.
set -euo pipefail
cd "$(dirname "$0")/.."

seg=${SEG:-build/release/apps/seg}
dataset=$1
shift
presets=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do presets+=("$1"); shift; done
[ $# = 0 ] || shift

echo "| network | Dice | minutes |"
echo "|---|---|---|"
for preset in "${presets[@]}"; do
  work=seg_work/networks/$(basename "$dataset")/$preset
  mkdir -p "$work"
  $seg plan "$dataset" --work "$work" --network "$preset" >"$work/plan.log" 2>&1
  started=$(date +%s)
  dice=$($seg train "$work" --fold 0 --overwrite "$@" 2>"$work/train.log" | sed -n "s/^mean Dice.*: //p")
  echo "| $preset | ${dice:-failed, see $work/train.log} | $((($(date +%s) - started + 30) / 60)) |"
done
