"""Writes a CT-like scan of smooth shapes and noise: scan.py FILE --shape Z Y X --spacing Z Y X
[--labels FILE] [--seed N] [--logits FILE --classes N]: the label map, and logits of as many classes
whose largest ones have smooth borders. A FILE of PNG holds the Z slices as colours."""

import argparse
from pathlib import Path

import imageio.v3 as imageio
import nibabel
import numpy as np
from scipy.ndimage import zoom


def smooth(rng, shape, cells):
    """Noise with about `cells` bumps along each axis."""
    coarse = rng.standard_normal([cells] * 3).astype(np.float32)
    return zoom(coarse, [size / cells for size in shape], order=1, mode="nearest",
                grid_mode=True)[:shape[0], :shape[1], :shape[2]]


def write(file, array, spacing):
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".png":
        colours = np.clip(array / 4 + 128, 0, 255).astype(np.uint8)
        return imageio.imwrite(file, np.moveaxis(colours, 0, -1))
    nibabel.Nifti1Image(array.T, np.diag([*spacing[::-1], 1])).to_filename(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--shape", type=int, nargs=3, required=True)
    parser.add_argument("--spacing", type=float, nargs=3, required=True)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--logits", type=Path)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    if options.logits:
        options.logits.parent.mkdir(parents=True, exist_ok=True)
        shape = (options.classes, *options.shape)
        logits = np.lib.format.open_memmap(options.logits, "w+", np.float32, shape)
        for channel in logits:
            channel[:] = 10 * smooth(rng, options.shape, 8)
        return
    body = smooth(rng, options.shape, 6)
    noise = 20 * rng.standard_normal(options.shape, dtype=np.float32)
    write(options.file, (300 * body + noise).astype(np.int16), options.spacing)
    if options.labels:
        write(options.labels, (body > 0.8).astype(np.uint8), options.spacing)


main()
