"""nnU-Net's predictor kept loaded, scans in memory: embedded.py MODEL SCANS [--threads N]

Prints the seconds a scan after the first, as JSON."""

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path

import torch
from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

parser = argparse.ArgumentParser()
parser.add_argument("model", type=Path)
parser.add_argument("scans", type=Path)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()

torch.set_num_threads(options.threads)
with contextlib.redirect_stdout(sys.stderr):
    predictor = nnUNetPredictor(device=torch.device("cpu"), perform_everything_on_device=False,
                                allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(options.model), use_folds=(0,))
    scans = [SimpleITKIO().read_images([str(file)]) for file in sorted(options.scans.iterdir())]
    seconds = []
    for image, properties in scans:
        start = time.monotonic()
        predictor.predict_single_npy_array(image, properties)
        seconds.append(time.monotonic() - start)
print(json.dumps({"seconds": sum(seconds[1:]) / (len(seconds) - 1), "first": seconds[0]}))
