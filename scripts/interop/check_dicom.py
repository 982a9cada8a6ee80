#!/usr/bin/env python3
"""Writes an oblique scan with pydicom as a DICOM series, of CT and of PET (a slope for each slice), in
files whose names and instance numbers are shuffled, and with nibabel as NIfTI. seg segments both:
masks have to be equal to the voxel, and the same place has to be the same in mm, else it fails.

  check_dicom.py [--model MODEL]

Needs pydicom and nibabel. Without --model a small one is trained on phantoms first. Everything is
written below --folder.
"""

import argparse
import random
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage
from pydicom.uid import generate_uid

ROOT = Path(__file__).resolve().parents[2]
LARGEST_SHIFT = 1e-3  # mm: NIfTI holds 32-bit floats
SPACING = np.array([0.9, 1.1, 1.6])  # from column to column, row to row, slice to slice
ORIGIN = np.array([-40.5, 25.25, -310.0])
DIRECTIONS = np.array([[0.6, -0.48, 0.64], [0.8, 0.36, -0.48], [0.0, 0.8, 0.6]])


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="of one channel")
    parser.add_argument("--folder", type=Path, default=ROOT / "seg_work/dicom")
    parser.add_argument("--seg", type=Path, default=ROOT / "build/release/apps/seg")
    return parser.parse_args()


def run(options, *command):
    command = [str(options.seg), *map(str, command)]
    done = subprocess.run(command, cwd=options.folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def trained_model(options):
    run(options, "example-data", "Dataset001_Phantom", "--cases", 6)
    run(options, "plan", "Dataset001_Phantom", "--work", "work")
    run(options, "train", "work", "--config", "3d", "--fold", 0, "--epochs", 4, "--iterations", 20,
        "--val-iterations", 2, "--batch-size", 2)
    return options.folder / "work/results/nnUNetTrainer__nnUNetPlans__3d_fullres"


def stored_scan():
    """Two bright balls and noise, as a scanner stores them: int16 [z, y, x]."""
    generator = np.random.default_rng(7)
    z, y, x = np.mgrid[:40, :56, :60]
    scan = generator.normal(100, 25, z.shape)
    for centre, radius, value in (((20, 28, 22), 9, 700), ((16, 24, 44), 7, 400)):
        scan += value * (sum((a - c)**2 for a, c in zip((z, y, x), centre)) < radius**2)
    return scan.astype(np.int16)


def write_series(folder, stored, slopes, intercepts, storage, modality):
    folder.mkdir(parents=True)
    study, series = generate_uid(), generate_uid()
    numbers = random.Random(5).sample(range(len(stored)), len(stored))
    for z, pixels in enumerate(stored):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = storage, generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        file.SOPClassUID, file.SOPInstanceUID = storage, meta.MediaStorageSOPInstanceUID
        file.PatientName, file.PatientID, file.Modality = "Nobody", "0", modality
        file.StudyInstanceUID, file.SeriesInstanceUID = study, series
        file.SeriesNumber, file.InstanceNumber = 4, numbers[z] + 1
        position = ORIGIN + z * SPACING[2] * DIRECTIONS[:, 2]
        file.ImagePositionPatient = [f"{number:.6f}" for number in position]
        file.ImageOrientationPatient = [f"{number:.6f}" for number in DIRECTIONS[:, :2].T.ravel()]
        file.PixelSpacing = [SPACING[1], SPACING[0]]
        file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
        file.Rows, file.Columns = pixels.shape
        file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 1
        file.RescaleSlope, file.RescaleIntercept = slopes[z], intercepts[z]
        file.PixelData = pixels.tobytes()
        file.save_as(folder / f"{numbers[(z + 7) % len(stored)]:04}.dcm", enforce_file_format=True)


def write_nifti(file, values):
    """The world of NIfTI runs to the patient's right and front, DICOM's to the left and back."""
    affine = np.eye(4)
    affine[:3, :3] = DIRECTIONS * SPACING
    affine[:3, 3] = ORIGIN
    file.parent.mkdir(parents=True)
    image = nibabel.Nifti1Image(values.transpose(2, 1, 0).astype(np.float32),
                                np.diag([-1, -1, 1, 1]) @ affine)
    nibabel.save(image, file)


def compare(options, model, name, series, nifti):
    run(options, "predict", "--model", model, "--input", series, "--output", f"{name}_dicom.nii.gz")
    run(options, "predict", "--model", model, "--input", nifti, "--output", f"{name}_nifti.nii.gz")
    one, other = (nibabel.load(options.folder / f"{name}_{route}.nii.gz")
                  for route in ("dicom", "nifti"))
    labels, expected = np.asarray(one.dataobj), np.asarray(other.dataobj)
    corners = np.array([[x, y, z, 1] for x in (0, 59) for y in (0, 55) for z in (0, 39)]).T
    shift = np.abs(one.affine @ corners - other.affine @ corners).max()
    differ = int((labels != expected).sum()) if labels.shape == expected.shape else labels.size
    print(f"{name}: {differ} of {labels.size} voxels differ, {int((labels > 0).sum())} are labelled; "
          f"corners are {shift:.2g} mm apart")
    return differ == 0 and shift < LARGEST_SHIFT and labels.any()


def main():
    options = parse()
    options.folder, options.seg = options.folder.resolve(), options.seg.resolve()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    model = options.model.resolve() if options.model else trained_model(options)
    stored = stored_scan()
    count = len(stored)
    kinds = {"ct": (CTImageStorage, "CT", [1.0] * count, [-1024.0] * count),
             "pet": (PositronEmissionTomographyImageStorage, "PT",
                     [0.5 + 0.03125 * z for z in range(count)], [0.0] * count)}
    same = []
    for name, (storage, modality, slopes, intercepts) in kinds.items():
        series, nifti = options.folder / name, options.folder / "nifti" / name / f"{name}.nii.gz"
        write_series(series, stored, slopes, intercepts, storage, modality)
        scale = np.array(slopes)[:, None, None], np.array(intercepts)[:, None, None]
        write_nifti(nifti, stored * scale[0] + scale[1])
        same.append(compare(options, model, name, series, nifti))
    sys.exit(0 if all(same) else "check_dicom: the routes differ")


main()
