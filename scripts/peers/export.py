"""nnU-Net's export alone: export.py MODEL LOGITS OUTPUT --shape Z Y X --spacing Z Y X"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from nnunetv2.inference.export_prediction import export_prediction_from_logits
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

parser = argparse.ArgumentParser()
parser.add_argument("model", type=Path)
parser.add_argument("logits", type=Path)
parser.add_argument("output", type=Path)
parser.add_argument("--shape", type=int, nargs=3, required=True)
parser.add_argument("--spacing", type=float, nargs=3, required=True)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()

plans = PlansManager(str(options.model / "plans.json"))
properties = {
    "spacing": options.spacing, "shape_before_cropping": options.shape,
    "shape_after_cropping_and_before_resampling": options.shape,
    "bbox_used_for_cropping": [[0, size] for size in options.shape],
    "sitk_stuff": {"spacing": options.spacing[::-1], "origin": (0, 0, 0),
                   "direction": (1, 0, 0, 0, 1, 0, 0, 0, 1)}}
start = time.monotonic()
export_prediction_from_logits(
    np.load(options.logits), properties, plans.get_configuration("3d_fullres"), plans,
    str(options.model / "dataset.json"), str(options.output).removesuffix(".nii.gz"),
    num_threads_torch=options.threads)
print(json.dumps({"seconds": time.monotonic() - start}))
