"""Trains one fold with nnU-Net on a dataset that it has preprocessed:
train.py DATASET_ID CONFIGURATION [--epochs N] [--iterations N] [--val-iterations N]
         [--batch-size N] [--threads N] [--seed N] [--device cpu|cuda] [--benchmark]

Prints the mean Dice of the fold's validation cases; with --benchmark, which writes no checkpoints
and does not validate, the seconds of the fastest epoch and of an iteration in it. Augmentation runs in as many
processes as nnUNet_n_proc_DA says; only with 0 does the seed decide about it too.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
from nnunetv2.paths import nnUNet_preprocessed
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.dataset_name_id_conversion import maybe_convert_to_dataset_name


class Benchmark(nnUNetTrainer):
    """Trains only: no checkpoints, no validation."""

    def save_checkpoint(self, filename):
        pass

    def perform_actual_validation(self, save_probabilities=False):
        pass


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", type=int)
    parser.add_argument("configuration")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--val-iterations", type=int, default=1)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--benchmark", action="store_true")
    return parser


def seed_everything(seed):
    for set_seed in (random.seed, np.random.seed, torch.manual_seed):
        set_seed(seed)


def make_trainer(options):
    folder = Path(nnUNet_preprocessed) / maybe_convert_to_dataset_name(options.dataset)
    plans = json.loads((folder / "nnUNetPlans.json").read_text())
    if options.batch_size:
        plans["configurations"][options.configuration]["batch_size"] = options.batch_size
    plans["continue_training"] = False  # nnU-Net 2.8.1 hands it over in the plans
    kind = Benchmark if options.benchmark else nnUNetTrainer
    trainer = kind(plans, options.configuration, 0, json.loads((folder / "dataset.json").read_text()),
                   torch.device(options.device))
    trainer.num_epochs = options.epochs
    trainer.num_iterations_per_epoch = options.iterations
    trainer.num_val_iterations_per_epoch = options.val_iterations
    return trainer


def fastest_epoch(trainer):
    starts, ends = (trainer.logger.get_value(f"epoch_{name}_timestamps", step=None)
                    for name in ("start", "end"))
    return min(end - start for start, end in zip(starts, ends))


def validation_dice(trainer):
    summary = Path(trainer.output_folder) / "validation" / "summary.json"
    return json.loads(summary.read_text())["foreground_mean"]["Dice"]


def main():
    options = arguments().parse_args()
    torch.set_num_threads(options.threads)
    if options.seed is not None:
        seed_everything(options.seed)
    trainer = make_trainer(options)
    trainer.run_training()
    if options.benchmark:
        epoch = fastest_epoch(trainer)
        print(json.dumps({"seconds": epoch / options.iterations, "epoch": epoch}))
    else:
        trainer.perform_actual_validation(False)
        print(json.dumps({"dice": validation_dice(trainer)}))


if __name__ == "__main__":
    main()
