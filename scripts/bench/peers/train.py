"""nnU-Net's benchmark trainer on the CPU, on a dataset that nnU-Net has preprocessed:
train.py DATASET_ID CONFIGURATION --epochs N --iterations N [--batch-size N] [--threads N]
Prints the seconds of an iteration in the fastest epoch."""

import argparse
import json
from pathlib import Path
import os

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", type=int)
    parser.add_argument("configuration")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    os.environ["nnUNet_n_proc_DA"] = str(options.threads)
    torch.set_num_threads(options.threads)
    folder = Path(nnUNet_preprocessed) / maybe_convert_to_dataset_name(options.dataset)
    plans = json.loads((folder / "nnUNetPlans.json").read_text())
    if options.batch_size:
        plans["configurations"][options.configuration]["batch_size"] = options.batch_size
    plans["continue_training"] = False  # nnU-Net 2.8.1 hands it over in the plans
    trainer = Benchmark(plans, options.configuration, 0,
                        json.loads((folder / "dataset.json").read_text()), torch.device("cpu"))
    trainer.num_epochs = options.epochs
    trainer.num_iterations_per_epoch = options.iterations
    trainer.num_val_iterations_per_epoch = 1
    trainer.run_training()
    log = trainer.logger
    times = [end - start for start, end in zip(log.get_value("epoch_start_timestamps", step=None),
                                               log.get_value("epoch_end_timestamps", step=None))]
    print(json.dumps({"seconds": min(times) / options.iterations}))


if __name__ == "__main__":
    main()
