#!/usr/bin/env bash
# Shows that what `seg export` packs is what Python nnU-Net installs and predicts with:
#   check_export.sh [DATASET [MODEL]]
# seg packs MODEL (trained for a moment, in 2d, if none is given) of DATASET (nnU-Net's format;
# phantoms if none is given). nnUNetv2_install_pretrained_model_from_zip unpacks it, nnUNetv2_predict
# and seg segment the same three scans with its fold 0 (of imagesTs, else of imagesTr), and the voxels
# that differ are counted: at most 1 in 10,000.
# Peers come from scripts/peers/install.sh (SEG_PEERS names an environment of your own). Everything
# is written below seg_work/interop_export.
set -euo pipefail
cd "$(dirname "$0")/../.."

peers=${SEG_PEERS:-.deps/peers}
seg=${SEG:-build/release/apps/seg}
SEG_PEERS=$peers scripts/peers/install.sh
[ -x "$seg" ] || { echo "check_export: there is no $seg; run scripts/build.sh" >&2; exit 1; }

out=seg_work/interop_export
rm -rf "$out"
mkdir -p "$out/results" "$out/scans"
export nnUNet_raw=$out/raw nnUNet_preprocessed=$out/preprocessed nnUNet_results=$out/results
export nnUNet_compile=f OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

step() { echo; echo "== $*"; }

dataset=${1:-$out/Dataset991_Phantom}
[ $# -gt 0 ] || "$seg" example-data "$dataset" --cases 8 --test-cases 2
ending=$("$peers/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["file_ending"])' \
  "$dataset/dataset.json")
scans=$dataset/imagesTs
[ -n "$(ls "$scans" 2>/dev/null)" ] || scans=$dataset/imagesTr
for case in $(ls "$scans" | sed -n "s/_0000$ending\$//p" | head -n 3); do
  cp "$scans/$case"_????"$ending" "$out/scans"
done

if [ $# -gt 1 ]; then
  model=$2
else
  step "seg trains"
  "$seg" plan "$dataset" --work "$out/work"
  "$seg" train "$out/work" --config 2d --fold 0 --epochs 2 --iterations 30 --batch-size 4 \
    --val-iterations 1 --device cpu --threads "$OMP_NUM_THREADS"
  model=$out/work/results/nnUNetTrainer__nnUNetPlans__2d
fi
step "seg packs"
"$seg" export "$model" --folds 0 --output "$out/model.zip"

step "nnU-Net installs and predicts, and so does seg from its own model"
"$peers/bin/nnUNetv2_install_pretrained_model_from_zip" "$out/model.zip"
"$seg" predict --model "$model" --input "$out/scans" --output "$out/seg" --folds 0 --device cpu \
  --precision fp32 --threads "$OMP_NUM_THREADS"
name=$("$peers/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["dataset_name"])' \
  "$model/plans.json")
"$peers/bin/nnUNetv2_predict" -d "${name:7:3}" -c "${model##*__}" -f 0 -i "$out/scans" \
  -o "$out/nnunet" -device cpu -npp 1 -nps 1 --disable_progress_bar >"$out/nnunet.log" 2>&1

step "voxels that differ"
"$peers/bin/python" - "$out" "$ending" <<'PYTHON'
import sys
from pathlib import Path

import SimpleITK

folder, ending = Path(sys.argv[1]), sys.argv[2]
read = lambda file: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(file)))
cases = sorted((folder / "seg").glob("*" + ending))
different = voxels = 0
for case in cases:
    ours, theirs = read(case), read(folder / "nnunet" / case.name)
    wrong = int((ours != theirs).sum())
    print(f"{case.name}: {wrong} of {ours.size}, labels at {int((theirs > 0).sum())}")
    different, voxels = different + wrong, voxels + ours.size
if not cases or different * 10_000 > voxels:
    sys.exit("check_export: the segmentations differ")
print("the packed model segments alike in both programs")
PYTHON
