"""Preprocesses a dataset with nnU-Net by a small plan of seg's: prepare_nnunet.py DATASET WORK

DATASET is in nnU-Net's format; WORK is what `seg plan` made of it: nnU-Net takes seg's fingerprint
and 2d plans, with a small network.
"""

import json
import shutil
import sys
from pathlib import Path

from nnunetv2.experiment_planning.plan_and_preprocess_api import preprocess_dataset
from nnunetv2.paths import nnUNet_preprocessed


def small_plans(work):
    plans = json.loads((work / "plans.json").read_text())
    configuration = plans["configurations"]["2d"]
    network = configuration["architecture"]["arch_kwargs"]
    network["features_per_stage"] = [min(8 * 2**i, 32) for i in range(network["n_stages"])]
    plans["configurations"] = {"2d": configuration}
    return plans


def main():
    dataset, work = (Path(argument) for argument in sys.argv[1:])
    preprocessed = Path(nnUNet_preprocessed) / dataset.name
    preprocessed.mkdir(parents=True)
    for name in ("dataset.json", "dataset_fingerprint.json"):
        shutil.copy(work / name, preprocessed / name)
    (preprocessed / "nnUNetPlans.json").write_text(json.dumps(small_plans(work)))
    preprocess_dataset(int(dataset.name[7:10]), "nnUNetPlans", ("2d",), (1,))


if __name__ == "__main__":
    main()
