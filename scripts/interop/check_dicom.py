#!/usr/bin/env python3
"""Writes an oblique scan with pydicom as a DICOM series, of CT and of PET (a slope for each slice), in
files whose names and instance numbers are shuffled, and with nibabel as NIfTI. seg segments both:
masks have to be equal to the voxel, and the same place has to be the same in mm, else it fails. So
must the DICOM Segmentation that seg writes of the series, read by highdicom: each segment's voxels,
the place of every voxel, the slice that a frame says it is made from, patient and study.

  check_dicom.py [--model MODEL]

Needs pydicom, highdicom and nibabel; dciodvfy (dicom3tools), where it is, checks the Segmentation,
too. Without --model a small one is trained on phantoms first. Everything is
written below --folder.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage
from pydicom.uid import generate_uid

ROOT = Path(__file__).resolve().parents[2]
LARGEST_SHIFT = 1e-3  # mm: NIfTI holds 32-bit floats
SHAPE = 40, 55, 59  # a slice's bits are no whole bytes
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
    z, y, x = np.mgrid[:SHAPE[0], :SHAPE[1], :SHAPE[2]]
    scan = generator.normal(100, 25, z.shape)
    for centre, radius, value in (((20, 28, 22), 9, 700), ((16, 24, 44), 7, 400)):
        scan += value * (sum((a - c)**2 for a, c in zip((z, y, x), centre)) < radius**2)
    return scan.astype(np.int16)


def write_series(folder, stored, slopes, intercepts, storage, modality):
    folder.mkdir(parents=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    numbers = random.Random(5).sample(range(len(stored)), len(stored))
    for z, pixels in enumerate(stored):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = storage, generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        file.SOPClassUID, file.SOPInstanceUID = storage, meta.MediaStorageSOPInstanceUID
        file.PatientName, file.PatientID, file.Modality = "Nobody", "0", modality
        file.StudyInstanceUID, file.SeriesInstanceUID = study, series
        file.FrameOfReferenceUID, file.StudyDate, file.AccessionNumber = frame, "20260102", "A7"
        file.add_new((0x0009, 0x0010), "LO", "PRIVATE")
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
    corners = np.array([[x, y, z, 1] for x in (0, SHAPE[2] - 1)
                        for y in (0, SHAPE[1] - 1) for z in (0, SHAPE[0] - 1)]).T
    shift = np.abs(one.affine @ corners - other.affine @ corners).max()
    differ = int((labels != expected).sum()) if labels.shape == expected.shape else labels.size
    print(f"{name}: {differ} of {labels.size} voxels differ, {int((labels > 0).sum())} are labelled; "
          f"corners are {shift:.2g} mm apart")
    return differ == 0 and shift < LARGEST_SHIFT and labels.any()


def terms_file(options, model):
    """A term of its own for each label, to be found again."""
    labels = json.loads((model / "dataset.json").read_text())["labels"]
    tissue = {"value": "85756007", "scheme": "SCT", "meaning": "Tissue"}
    terms = {name: {"category": tissue, "color": [200, 20 * value, 10],
                    "type": {"value": f"T{value}", "scheme": "99SEG", "meaning": f"Thing {value}"}}
             for name, value in labels.items() if value != 0}
    file = options.folder / "terms.json"
    file.write_text(json.dumps(terms))
    return file, {name: value for name, value in labels.items() if value != 0}


def read_frames(segmentation, labels):
    """Label map [z, y, x] of all frames put where their positions say, the largest distance of a
    position from the scan's own in mm, and each frame's slice with the instance that it names."""
    volume, farthest, sources = np.zeros(SHAPE, int), 0.0, []
    pixels = segmentation.pixel_array.reshape(-1, *SHAPE[1:])
    numbers = [labels[segmentation.get_segment_description(n).segment_label]
               for n in segmentation.segment_numbers]
    for frame, mask in zip(segmentation.PerFrameFunctionalGroupsSequence, pixels):
        place = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
        z = round(float((place - ORIGIN) @ DIRECTIONS[:, 2] / SPACING[2]))
        farthest = max(farthest, np.abs(place - ORIGIN - z * SPACING[2] * DIRECTIONS[:, 2]).max())
        segment = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        volume[z][mask > 0] = numbers[segment - 1]
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        sources.append((z, source.ReferencedSOPInstanceUID))
    return volume, farthest, sources


def same_by_highdicom(segmentation, labels, expected):
    """highdicom's own ways to the labels: from the instances that frames name, and as a volume,
    whose first slice is the last of the scan. @returns whether each is equal, and mm between the
    volume's voxels and the scan's."""
    values = {n: labels[segmentation.get_segment_description(n).segment_label]
              for n in segmentation.segment_numbers}
    order = {uid: z for z, uid in enumerate(expected["instances"])}
    named = sorted({uid[2] for uid in segmentation.get_source_image_uids()}, key=order.get)
    masks = segmentation.get_pixels_by_source_instance(named, ignore_spatial_locations=True)
    there = expected["labels"][[order[uid] for uid in named]]
    by_instance = all(np.array_equal(masks[..., i] > 0, there == value)
                      for i, value in enumerate(values.values()))
    volume = segmentation.get_volume(combine_segments=True)
    combined = np.select([volume.array == number for number in values], list(values.values()))
    last = np.flatnonzero(expected["labels"].any((1, 2))).max() if expected["labels"].any() else 0
    first = expected["labels"][last - len(combined) + 1:last + 1][::-1]
    steps = DIRECTIONS[:, ::-1] * SPACING[::-1] * [-1, 1, 1]
    start = ORIGIN + last * SPACING[2] * DIRECTIONS[:, 2]
    apart = max(np.abs(volume.affine[:3, :3] - steps).max() * max(SHAPE),
                np.abs(volume.affine[:3, 3] - start).max())
    return by_instance and np.array_equal(combined, first), apart


def same_words(segmentation, labels, slices):
    """What of the segmentation's words is as it must be, by name."""
    described = [segmentation.get_segment_description(n) for n in segmentation.segment_numbers]
    keys = ("PatientName", "PatientID", "StudyInstanceUID", "StudyDate", "AccessionNumber",
            "FrameOfReferenceUID")
    (series,) = segmentation.ReferencedSeriesSequence
    referenced = {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence}
    return {
        **{key: segmentation[key].value == slices[0][key].value for key in keys},
        "segments": [one.segment_label for one in described] == list(labels),
        "terms": [one.segmented_property_type.value for one in described] ==
                 [f"T{value}" for value in labels.values()],
        "referenced series": series.SeriesInstanceUID == slices[0].SeriesInstanceUID and
                             referenced == {one.SOPInstanceUID for one in slices},
        "no private element": not any(one.tag.is_private for one in segmentation.iterall())}


def compare_segmentation(options, model, name, series):
    """The DICOM Segmentation against the label map of the NIfTI route."""
    terms, labels = terms_file(options, model)
    file = options.folder / f"{name}.dcm"
    run(options, "predict", "--model", model, "--input", series, "--output", file, "--output-type",
        "dicom-seg", "--terminology", terms)
    nifti = np.asarray(nibabel.load(options.folder / f"{name}_nifti.nii.gz").dataobj)
    slices = sorted((pydicom.dcmread(path, stop_before_pixels=True) for path in series.iterdir()),
                    key=lambda one: np.array(one.ImagePositionPatient, float) @ DIRECTIONS[:, 2])
    expected = {"labels": nifti.transpose(2, 1, 0).astype(int),
                "instances": [one.SOPInstanceUID for one in slices]}
    segmentation = highdicom.seg.segread(file)
    volume, farthest, sources = read_frames(segmentation, labels)
    differ = int((volume != expected["labels"]).sum())
    wrong = sum(expected["instances"][z] != uid for z, uid in sources)
    by_highdicom, apart = same_by_highdicom(segmentation, labels, expected)
    words = same_words(segmentation, labels, slices)
    print(f"{name}: DICOM Segmentation, {segmentation.number_of_segments} segments, {len(sources)} "
          f"frames: {differ} of {volume.size} voxels differ, {int((volume > 0).sum())} are labelled; "
          f"frames lie {farthest:.2g} mm from their slices, {wrong} name another slice; highdicom's "
          f"volume {'is equal' if by_highdicom else 'DIFFERS'}, {apart:.2g} mm apart; as they must "
          f"be: {', '.join(key for key, same in words.items() if same)}; "
          f"NOT: {', '.join(key for key, same in words.items() if not same) or '-'}")
    return (differ == 0 and wrong == 0 and by_highdicom and max(farthest, apart) < LARGEST_SHIFT and
            all(words.values()) and conforms(file))


def conforms(file):
    if not shutil.which("dciodvfy"):
        return True
    done = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line]
    errors = [line for line in lines if line.startswith("Error")]
    print("\n".join([f"dciodvfy: {len(errors)} errors in {file.name}", *lines]))
    return not errors


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
        same.append(compare_segmentation(options, model, name, series))
    sys.exit(0 if all(same) else "check_dicom: the routes differ")


main()
