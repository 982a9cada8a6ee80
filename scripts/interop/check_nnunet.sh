#!/usr/bin/env bash
# Shows that models move between seg and Python nnU-Net, in both directions:
#   1. seg trains a tiny model on phantoms (or MODEL is taken); seg and nnU-Net predict with it
#   2. nnU-Net trains a tiny model on the same phantoms; both predict with it
#   3. probabilities that one wrote are averaged by the other
# Each time the segmentations must agree: mean Dice at least 0.999.
#   check_nnunet.sh [MODEL]
# Peers come from scripts/peers/install.sh (SEG_PEERS names an environment of your own). Everything
# is written below seg_work/interop.
set -euo pipefail
cd "$(dirname "$0")/../.."

peers=${SEG_PEERS:-.deps/peers}
seg=${SEG:-build/release/apps/seg}
SEG_PEERS=$peers scripts/peers/install.sh
[ -x "$seg" ] || { echo "check_nnunet: there is no $seg; run scripts/build.sh" >&2; exit 1; }

out=seg_work/interop
dataset=$out/Dataset990_Phantom
rm -rf "$out"
export nnUNet_raw=$out nnUNet_preprocessed=$out/preprocessed nnUNet_results=$out/results
export nnUNet_compile=f nnUNet_n_proc_DA=0 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

step() { echo; echo "== $*"; }

# Both programs segment the test scans with a model, and the results are compared.
compare() {  # NAME MODEL
  "$seg" predict --model "$2" --input "$dataset/imagesTs" --output "$out/$1_seg" --folds 0 \
    --device cpu --precision fp32 --save-probabilities --threads "$OMP_NUM_THREADS"
  "$peers/bin/nnUNetv2_predict_from_modelfolder" -m "$2" -i "$dataset/imagesTs" \
    -o "$out/$1_nnunet" -f 0 -device cpu -npp 1 -nps 1 --save_probabilities --disable_progress_bar \
    >"$out/$1_nnunet.log" 2>&1
  "$seg" evaluate --prediction "$out/$1_seg" --reference "$out/$1_nnunet" --minimum-dice 0.999
}

step "data"
"$seg" example-data "$dataset" --cases 8 --test-cases 2
if [ $# -gt 0 ]; then
  model=$1
else
  step "seg trains"
  "$seg" plan "$dataset" --work "$out/work"
  "$seg" train "$out/work" --config 2d --fold 0 --overwrite --epochs 8 --iterations 40 --val-iterations 1 \
    --batch-size 6 --device cpu --threads "$OMP_NUM_THREADS"
  model=$out/work/results/nnUNetTrainer__nnUNetPlans__2d
fi
step "a model of seg: seg and nnU-Net predict"
compare from_seg "$model"

step "nnU-Net trains"
{
  "$peers/bin/python" scripts/interop/prepare_nnunet.py "$dataset" "$out/work"
  "$peers/bin/python" scripts/peers/train.py 990 2d --epochs 12 --iterations 60 --batch-size 6
} >"$out/train_nnunet.log" 2>&1
nnunet_model=$(dirname "$out"/results/*/*/fold_0)
step "a model of nnU-Net: seg and nnU-Net predict"
compare from_nnunet "$nnunet_model"

step "ensembles: each averages what both wrote"
members=("$out/from_seg_seg" "$out/from_nnunet_nnunet")
"$seg" ensemble --input "${members[@]}" --output "$out/mean_seg"
"$peers/bin/nnUNetv2_ensemble" -i "${members[@]}" -o "$out/mean_nnunet" -np 1 >"$out/mean_nnunet.log"
"$seg" evaluate --prediction "$out/mean_seg" --reference "$out/mean_nnunet" --minimum-dice 0.999

echo
echo "models and probabilities move in both directions"
