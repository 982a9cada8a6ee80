"""Agreement of two folders of label maps (or two files): compare.py A B
Prints the Dice of all labels together, the smallest over the cases."""

import json
import sys
from pathlib import Path

import imageio.v3 as imageio
import nibabel
import numpy as np


def read(file):
    if file.suffix == ".png":
        return imageio.imread(file)
    return np.asarray(nibabel.load(file).dataobj)


def dice(a, b):
    both = np.count_nonzero((a == b) & (a != 0))
    either = np.count_nonzero(a) + np.count_nonzero(b)
    return 2 * both / either if either else 1.0


first, second = map(Path, sys.argv[1:])
pairs = [(first, second)]
if first.is_dir():
    files = sorted([*first.glob("*.nii.gz"), *first.glob("*.png")])
    pairs = [(file, second / file.name) for file in files]
print(json.dumps({"cases": len(pairs), "dice": min(dice(read(a), read(b)) for a, b in pairs)}))
