"""Trains a tiny model with Python nnU-Net: train_nnunet.py DATASET WORK MODEL

DATASET is in nnU-Net's format; WORK is what `seg plan` made of it: nnU-Net takes seg's fingerprint
and plans, with a small network, preprocesses, and trains 2d fold 0 for a few short epochs.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from nnunetv2.experiment_planning.plan_and_preprocess_api import preprocess_dataset
from nnunetv2.paths import nnUNet_preprocessed
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

dataset, work, model = (Path(argument) for argument in sys.argv[1:])
preprocessed = Path(nnUNet_preprocessed) / dataset.name


def small_plans():
    plans = json.loads((work / "plans.json").read_text())
    configuration = plans["configurations"]["2d"]
    configuration["batch_size"] = 6
    network = configuration["architecture"]["arch_kwargs"]
    network["features_per_stage"] = [min(8 * 2**i, 32) for i in range(network["n_stages"])]
    plans["configurations"] = {"2d": configuration}
    return plans


def prepare():
    preprocessed.mkdir(parents=True)
    for name in ("dataset.json", "dataset_fingerprint.json"):
        shutil.copy(work / name, preprocessed / name)
    (preprocessed / "nnUNetPlans.json").write_text(json.dumps(small_plans()))
    preprocess_dataset(int(dataset.name[7:10]), "nnUNetPlans", ("2d",), (1,))


def train():
    plans = json.loads((preprocessed / "nnUNetPlans.json").read_text())
    dataset_json = json.loads((preprocessed / "dataset.json").read_text())
    plans["continue_training"] = False  # as nnUNetv2_train adds it
    trainer = nnUNetTrainer(plans, "2d", 0, dataset_json, torch.device("cpu"))
    trainer.num_epochs = 12
    trainer.num_iterations_per_epoch = 60
    trainer.num_val_iterations_per_epoch = 1
    trainer.run_training()
    shutil.copytree(trainer.output_folder_base, model)


if __name__ == "__main__":
    torch.set_num_threads(1)
    prepare()
    train()
