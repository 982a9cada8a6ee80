"""nnU-Net's augmentation alone: augment.py --patch Z Y X --samples N [--threads N]"""

import argparse
import json
import time

import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

parser = argparse.ArgumentParser()
parser.add_argument("--patch", type=int, nargs=3, required=True)
parser.add_argument("--samples", type=int, required=True)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(0)
angle = 30 / 360 * 2 * 3.141592653589793
transforms = nnUNetTrainer.get_training_transforms(
    options.patch, (-angle, angle), [[1, 1, 1], [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]], (0, 1, 2),
    False)
enlarged = [int(size * 1.62) for size in options.patch]
image = torch.randn(1, *enlarged)
labels = (torch.rand(1, *enlarged) > 0.9).to(torch.int16)
transforms(image=image.clone(), segmentation=labels.clone())
start, cpu = time.monotonic(), time.process_time()
for _ in range(options.samples):
    transforms(image=image.clone(), segmentation=labels.clone())
print(json.dumps({"seconds": (time.monotonic() - start) / options.samples,
                  "cpu": (time.process_time() - cpu) / options.samples}))
