#!/usr/bin/env python3
"""Trains fold 0 with seg and with Python nnU-Net, by the same schedule on the same split, once for
each seed, and prints the validation's mean Dice of every run and the means.

  scripts/interop/compare_training.py --data Dataset004_Hippocampus --config 2d --batch-size 32
  scripts/interop/compare_training.py --data Dataset004_Hippocampus --config 3d_fullres --batch-size 2

seg trains in its default precision, nnU-Net in fp32, as each does on a CPU. Needs the peers
(scripts/peers/install.sh, or SEG_PEERS). Runs of that schedule that are in --folder are not made again.
"""

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="dataset in nnU-Net's format")
    parser.add_argument("--config", default="3d_fullres", choices=["2d", "3d_fullres"])
    parser.add_argument("--batch-size", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--val-iterations", type=int, default=4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--programs", nargs="+", default=["seg", "nnunet"],
                        choices=["seg", "nnunet"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=ROOT / "seg_work/compare_training")
    parser.add_argument("--seg", type=Path, default=ROOT / "build/release/apps/seg")
    parser.add_argument("--peers", type=Path,
                        default=os.environ.get("SEG_PEERS", ROOT / ".deps/peers"))
    return parser.parse_args()


def schedule(options):
    steps = {"epochs": options.epochs, "iterations": options.iterations,
             "val-iterations": options.val_iterations, "batch-size": options.batch_size,
             "threads": options.threads}
    return [word for name, value in steps.items() for word in (f"--{name}", str(value))]


def environment(folder, results, threads):
    """nnU-Net's folders. Without processes for augmentation, its seed decides about all it draws."""
    return {**os.environ, "nnUNet_raw": str(folder / "raw"), "nnUNet_results": str(results),
            "nnUNet_preprocessed": str(folder / "preprocessed"), "nnUNet_n_proc_DA": "0",
            "nnUNet_compile": "f", "OMP_NUM_THREADS": str(threads)}


def run(command, log, env=None):
    """@returns what the command printed; raises when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as file:
        subprocess.run(list(map(str, command)), env=env, stdout=file, stderr=subprocess.STDOUT,
                       check=True)
    return log.read_text()


def prepare_seg(options):
    work = options.folder / "seg"
    if not (work / "plans.json").exists():
        run([options.seg, "plan", options.data, "--work", work], options.folder / "seg_plan.log")
    return work


def prepare_nnunet(options):
    env = environment(options.folder, options.folder / "results", options.threads)
    env["nnUNet_n_proc_DA"] = "1"  # its planner counts threads by it
    link = options.folder / "raw" / options.data.name
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(options.data.resolve())
    if not (options.folder / "preprocessed" / options.data.name / "nnUNetPlans.json").exists():
        run([options.peers / "bin/nnUNetv2_plan_and_preprocess", "-d", dataset_id(options), "-c",
             "2d", "3d_fullres", "-npfp", 1, "-np", 1, 1], options.folder / "nnunet_plan.log", env)


def dataset_id(options):
    return int(options.data.name[7:10])


def train_seg(options, seed):
    work = prepare_seg(options)
    run([options.seg, "train", work, "--config", options.config, "--seed", seed, "--overwrite",
         *schedule(options)], options.folder / f"seg_{options.config}_{seed}.log")
    model = work / f"results/nnUNetTrainer__nnUNetPlans__{options.config}"
    summary = json.loads((model / "fold_0/validation/summary.json").read_text())
    return summary["foreground_mean"]["Dice"]


def train_nnunet(options, seed):
    prepare_nnunet(options)
    env = environment(options.folder, options.folder / f"results_{seed}", options.threads)
    output = run([options.peers / "bin/python", ROOT / "scripts/peers/train.py",
                  dataset_id(options), options.config, "--seed", seed, *schedule(options)],
                 options.folder / f"nnunet_{options.config}_{seed}.log", env)
    return json.loads(output.splitlines()[-1])["dice"]


TRAIN = {"seg": train_seg, "nnunet": train_nnunet}


def dice_of(options, program, seed):
    known = options.folder / f"{program}_{options.config}_{seed}.json"
    result = json.loads(known.read_text()) if known.exists() else {}
    if result.get("schedule") != schedule(options):
        result = {"dice": TRAIN[program](options, seed), "schedule": schedule(options)}
        known.write_text(json.dumps(result))
    return result["dice"]


def main():
    options = parse()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(f"| {options.config} | " + " | ".join(f"seed {seed}" for seed in options.seeds) +
          " | mean |\n" + "|---" * (len(options.seeds) + 2) + "|")
    for program in options.programs:
        dice = [dice_of(options, program, seed) for seed in options.seeds]
        print(f"| {program} | " + " | ".join(f"{value:.4f}" for value in dice) +
              f" | {statistics.mean(dice):.4f} |", flush=True)


if __name__ == "__main__":
    main()
