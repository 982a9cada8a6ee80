#!/usr/bin/env python3
"""Trains a small model with Python nnU-Net whose plan names NibabelIOWithReorient, stores scans in
five orientations, segments them with nnU-Net and with seg, and counts the voxels that differ: fewer
than one in 10 000 in every orientation, else it fails.

  check_orientations.py --data Dataset004_Hippocampus

Run it with the Python of the peers (scripts/peers/install.sh). Everything is written below --folder.
nnU-Net adds up tiles in fp32 here (scripts/peers/predict_fp32.py), as seg does.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ORIENTATIONS = ["RAS", "LPS", "PSR", "ASL", "IRP"]
LARGEST_SHARE = 1e-4


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="dataset in nnU-Net's format")
    parser.add_argument("--cases", type=int, default=12, help="to train on")
    parser.add_argument("--scans", type=int, default=3, help="to segment in every orientation")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--model", type=Path, help="of nnU-Net, to take instead of training one; "
                        "its plan is copied with that reader")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=ROOT / "seg_work/orientations")
    parser.add_argument("--seg", type=Path, default=ROOT / "build/release/apps/seg")
    return parser.parse_args()


def environment(options):
    return {**os.environ, "nnUNet_raw": str(options.folder),
            "nnUNet_preprocessed": str(options.folder / "preprocessed"),
            "nnUNet_results": str(options.folder / "results"), "nnUNet_n_proc_DA": "0",
            "nnUNet_compile": "f", "OMP_NUM_THREADS": str(options.threads)}


def run(options, *command):
    with open(options.folder / "log.txt", "a") as log:
        subprocess.run(list(map(str, command)), env=environment(options), stdout=log,
                       stderr=subprocess.STDOUT, check=True)


def write_dataset(options):
    """The first cases of the data, with the reader that turns scans to RAS."""
    dataset = options.folder / "Dataset991_Orientations"
    description = json.loads((options.data / "dataset.json").read_text())
    ending = description["file_ending"]
    labels = sorted((options.data / "labelsTr").glob("[!.]*" + ending))
    for label in labels[:options.cases]:
        for folder, name in (("labelsTr", label.name),
                             ("imagesTr", label.name.replace(ending, "_0000" + ending))):
            (dataset / folder).mkdir(parents=True, exist_ok=True)
            shutil.copy(options.data / folder / name, dataset / folder / name)
    description.update(numTraining=options.cases,
                       overwrite_image_reader_writer="NibabelIOWithReorient")
    (dataset / "dataset.json").write_text(json.dumps(description))
    return dataset, labels[options.cases:options.cases + options.scans]


def stored_as(scan, orientation):
    wanted = nibabel.orientations.axcodes2ornt(orientation)
    return scan.as_reoriented(
        nibabel.orientations.ornt_transform(nibabel.io_orientation(scan.affine), wanted))


def write_scans(options, labels):
    """Some turned scans also lie oblique in space, as real ones do."""
    for number, label in enumerate(labels):
        name = label.name.removesuffix(".nii.gz") + "_0000.nii.gz"
        scan = nibabel.load(options.data / "imagesTr" / name)
        if number % 2:
            angle = 0.2
            turn = np.array([[np.cos(angle), -np.sin(angle), 0, 5],
                             [np.sin(angle), np.cos(angle), 0, -9], [0, 0, 1, 2], [0, 0, 0, 1]])
            scan = nibabel.Nifti1Image(np.asarray(scan.dataobj), turn @ scan.affine)
        for orientation in ORIENTATIONS:
            folder = options.folder / "scans" / orientation
            folder.mkdir(parents=True, exist_ok=True)
            nibabel.save(stored_as(scan, orientation), folder / name)


def train(options, dataset):
    work = options.folder / "work"
    run(options, options.seg, "plan", dataset, "--work", work, "--jobs", options.threads)
    plans = json.loads((work / "plans.json").read_text())
    assert plans["image_reader_writer"] == "NibabelIOWithReorient"
    run(options, sys.executable, ROOT / "scripts/interop/prepare_nnunet.py", dataset, work)
    run(options, sys.executable, ROOT / "scripts/peers/train.py", 991, "2d", "--epochs",
        options.epochs, "--iterations", options.iterations, "--batch-size", options.batch_size,
        "--threads", options.threads)
    return next((options.folder / "results").glob("*/*/fold_0")).parent


def with_reader(options):
    """A copy of a model whose plan names the reader that turns scans to RAS."""
    model = options.folder / "model"
    shutil.copytree(options.model, model)
    plans = json.loads((model / "plans.json").read_text())
    plans["image_reader_writer"] = "NibabelIOWithReorient"
    (model / "plans.json").write_text(json.dumps(plans))
    return model


def predict(options, model, orientation):
    scans = options.folder / "scans" / orientation
    run(options, options.seg, "predict", "--model", model, "--input", scans, "--output",
        options.folder / "seg" / orientation, "--folds", 0, "--device", "cpu", "--precision",
        "fp32", "--threads", options.threads)
    run(options, sys.executable, ROOT / "scripts/peers/predict_fp32.py", "-m", model, "-i", scans,
        "-o", options.folder / "nnunet" / orientation, "-f", 0, "-device", "cpu", "-npp", 1, "-nps",
        1, "--disable_progress_bar")


def compare(options, orientation):
    """@returns the voxels that differ, all voxels, and those that are not background."""
    counts = np.zeros(3, dtype=np.int64)
    for file in sorted((options.folder / "nnunet" / orientation).glob("*.nii.gz")):
        theirs, ours = nibabel.load(file), nibabel.load(options.folder / "seg" / orientation /
                                                        file.name)
        assert np.allclose(theirs.affine, ours.affine, atol=1e-4), file
        assert nibabel.aff2axcodes(ours.affine) == tuple(orientation), file
        theirs, ours = np.asarray(theirs.dataobj), np.asarray(ours.dataobj)
        counts += [np.count_nonzero(theirs != ours), theirs.size, np.count_nonzero(theirs)]
    return counts


def main():
    options = parse()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    dataset, labels = write_dataset(options)
    write_scans(options, labels)
    model = with_reader(options) if options.model else train(options, dataset)
    shares = []
    for orientation in ORIENTATIONS:
        predict(options, model, orientation)
        different, voxels, foreground = compare(options, orientation)
        shares.append(different / voxels if foreground else 1)  # nothing found compares nothing
        print(f"{orientation}: {different} of {voxels} voxels differ, {foreground} are foreground",
              flush=True)
    sys.exit(0 if max(shares) < LARGEST_SHARE else 1)


if __name__ == "__main__":
    main()
