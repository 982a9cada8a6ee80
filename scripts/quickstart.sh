#!/usr/bin/env bash
# From nothing to segmented scans: set-up, build, then plan, train, predict and evaluate.
#   quickstart.sh                      on example data that seg writes
#   quickstart.sh DATASET [OPTIONS]    on a dataset in nnU-Net's format; OPTIONS go to seg train
# Everything is written below seg_work/.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh release seg
seg=build/release/apps/seg

if [ $# -gt 0 ]; then
  dataset=$1
  shift
  schedule=(--epochs 15 --iterations 40 --val-iterations 10 --batch-size 2)
else
  dataset=seg_work/example_data/Dataset001_Phantom
  $seg example-data "$dataset"
  schedule=(--config 2d --epochs 10 --iterations 40 --val-iterations 5 --batch-size 8)
fi
[ $# = 0 ] || schedule=("$@")

work=seg_work/$(basename "$dataset")
$seg plan "$dataset" --work "$work"
if [[ " ${schedule[*]} " != *" --config "* ]]; then
  if grep -q '"3d_fullres"' "$work/plans.json"; then schedule+=(--config 3d)
  else schedule+=(--config 2d)
  fi
fi
# As often as it is started; --resume goes on instead.
[[ " ${schedule[*]} " == *" --resume "* ]] || schedule+=(--overwrite)
$seg train "$work" --fold 0 "${schedule[@]}"
model=$(dirname "$(ls -td "$work"/results/*/fold_0 | head -1)")

# Held-out scans: the test cases if they have labels, else those that fold 0 did not train on.
out=$work/quickstart
rm -rf "$out"
mkdir -p "$out/scans" "$out/labels"
if [ -d "$dataset/labelsTs" ]; then
  scans=$dataset/imagesTs labels=$dataset/labelsTs
else
  scans=$out/scans labels=$out/labels
  ending=$(sed -n 's/.*"file_ending": *"\([^"]*\)".*/\1/p' "$dataset/dataset.json")
  for prediction in "$model"/fold_0/validation/*"$ending"; do
    ln -s "$(realpath "$dataset")/imagesTr/$(basename "$prediction" "$ending")"_* "$scans/"
    ln -s "$(realpath "$dataset")/labelsTr/$(basename "$prediction")" "$labels/"
  done
fi
$seg predict --model "$model" --input "$scans" --output "$out/predictions" --folds 0
$seg evaluate --prediction "$out/predictions" --reference "$labels"

for label in "$labels"/*; do
  case=$(basename "$label")
  if [ -e "$out/predictions/$case" ]; then break; fi
done
scan=$(ls "$scans/${case%%.*}"_* | head -1)
$seg overlay --image "$scan" --labels "$out/predictions/$case" --reference "$labels/$case" \
  --output "$out/overlay.png"
