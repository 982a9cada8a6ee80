#!/usr/bin/env python3
"""Measures seg beside Python nnU-Net on one GPU and prints JSON with the ratios (nnU-Net's / ours).

  scripts/bench/gpu.py --data Dataset004_Hippocampus        rows: 2d 3d 128 predict

2d, 3d and 128 (a made dataset, patches of 128 x 128 x 128) time the fastest epoch of training and
online validation, as both programs' benchmarks do; predict segments a made CT with mirroring and
compares the label maps. GPU memory is the largest that nvidia-smi shows while a command runs. Needs
a seg that was built for CUDA, and a Python with nnU-Net and a torch for CUDA (--python).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import measure

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "scripts/peers"
MADE = "Dataset901_Made128"
PREPARE = ("from nnunetv2.experiment_planning.plan_and_preprocess_entrypoints import "
           "plan_and_preprocess_entry as run; run()")
PREDICT = ("from nnunetv2.inference.predict_from_raw_data import predict_entry_point_modelfolder "
           "as run; run()")


class GpuMemory(threading.Thread):
    """The largest use between two looks."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.stop = 0, threading.Event()

    def run(self):
        command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while not self.stop.wait(0.3):
            used = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            self.peak = max(self.peak, *(int(line) for line in used.split() if line.isdigit()), 0)


class Bench:
    def __init__(self, options):
        self.options, self.folder = options, Path(options.folder).resolve()
        self.seg, self.python = str(Path(options.seg).resolve()), options.python
        self.epochs = ["--epochs", str(options.epochs), "--iterations", str(options.iterations),
                       "--val-iterations", str(options.val_iterations)]
        self.folder.mkdir(parents=True, exist_ok=True)

    def environment(self):
        return {**os.environ, **measure.nnunet_folders(self.folder)}

    def call(self, *command):
        subprocess.run([str(word) for word in command], env=self.environment(), check=True,
                       stdout=subprocess.DEVNULL)

    def measured(self, *command):
        watch = GpuMemory()
        watch.start()
        cost = measure.run([str(word) for word in command], self.environment())
        watch.stop.set()
        watch.join()
        return cost, {"wall": cost.wall, "cpu": cost.cpu, "memory_mib": cost.memory / 2**20,
                      "gpu_memory_mib": watch.peak}


def linked(bench, data):
    """The dataset under its name, read with nibabel by both."""
    raw = Path(bench.environment()["nnUNet_raw"]) / data.name
    if not raw.exists():
        raw.mkdir()
        for folder in ("imagesTr", "labelsTr"):
            (raw / folder).symlink_to((data / folder).resolve())
        dataset = json.loads((data / "dataset.json").read_text())
        dataset["overwrite_image_reader_writer"] = "NibabelIO"
        (raw / "dataset.json").write_text(json.dumps(dataset))
    return raw


def made_dataset(bench):
    folder = bench.folder / MADE
    if not folder.exists():
        for case in range(6):
            bench.call(bench.python, PEERS / "scan.py", folder / f"imagesTr/case{case}_0000.nii.gz",
                       "--shape", 160, 160, 160, "--spacing", 1, 1, 1, "--seed", case, "--labels",
                       folder / f"labelsTr/case{case}.nii.gz")
        (folder / "dataset.json").write_text(json.dumps({
            "channel_names": {"0": "CT"}, "labels": {"background": 0, "organ": 1},
            "numTraining": 6, "file_ending": ".nii.gz"}))
    return folder


def prepared(bench, data):
    """@returns seg's folder of work; nnU-Net's preprocessed data lie where it looks for them."""
    raw = linked(bench, data)
    work = bench.folder / "work" / raw.name
    if not work.exists():
        bench.call(bench.seg, "plan", raw, "--work", work)
        for configuration in ("2d", "3d"):
            bench.call(bench.seg, "preprocess", work, "--config", configuration)
        bench.call(bench.python, "-c", PREPARE, "-d", int(raw.name[7:10]), "-c", "2d", "3d_fullres",
                   "-np", 8, 8)
    return work


def fastest_epochs(work, configuration):
    """Seconds with and without data loading, from what seg train --benchmark wrote."""
    found = {}
    for file in (work / "results").glob(f"*Benchmark*{configuration}/fold_0/benchmark_result.json"):
        kind = "without_data" if "noDataLoading" in str(file) else "with_data"
        found[kind] = min(entry["fastest_epoch"] for entry in json.loads(file.read_text()).values())
    return found


def epoch_row(bench, data, configuration):
    work = prepared(bench, data)
    name = "2d" if configuration == "2d" else "3d_fullres"
    cost, ours = bench.measured(bench.seg, "train", work, "--config", configuration, "--benchmark",
                                "--device", bench.options.device, *bench.epochs)
    ours |= fastest_epochs(work, name)
    print(json.dumps({"seg": ours}), file=sys.stderr, flush=True)
    cost, theirs = bench.measured(bench.python, PEERS / "train.py", int(data.name[7:10]), name,
                                  "--benchmark", "--device", bench.options.device, "--threads", 8,
                                  *bench.epochs)
    theirs["with_data"] = json.loads(cost.output.splitlines()[-1])["epoch"]
    return {"seg": ours, "nnunet": theirs, "ratio": theirs["with_data"] / ours["with_data"]}


def predict_row(bench):
    model = bench.folder / "model/nnUNetTrainer__nnUNetPlans__3d_fullres"
    scans = bench.folder / "scans"
    if not scans.exists():
        bench.call(bench.python, PEERS / "model.py", model, "--classes", bench.options.classes,
                   "--spacing", 1.5, 1.5, 1.5, "--patch", 128, 128, 128, "--features", 32, 64, 128,
                   256, 320, "--reader", "NibabelIO")
        bench.call(bench.python, PEERS / "scan.py", scans / "scan_0000.nii.gz", "--shape",
                   *bench.options.volume, "--spacing", 0.8, 0.8, 0.8)
    outputs = [bench.folder / "predicted" / name for name in ("seg", "nnunet")]
    shutil.rmtree(bench.folder / "predicted", ignore_errors=True)
    _, ours = bench.measured(bench.seg, "predict", "-m", model, "-i", scans, "-o", outputs[0], "-f",
                             "0", "--device", bench.options.device)
    print(json.dumps({"seg": ours}), file=sys.stderr, flush=True)
    _, theirs = bench.measured(bench.python, "-c", PREDICT, "-m", model, "-i", scans, "-o",
                               outputs[1], "-f", "0", "-device", bench.options.device)
    agreement = subprocess.check_output([bench.python, PEERS / "compare.py", *outputs], text=True)
    return {"seg": ours, "nnunet": theirs, "ratio": theirs["wall"] / ours["wall"],
            "dice": json.loads(agreement)["dice"]}


def rows(bench):
    data = Path(bench.options.data).resolve()
    return {"2d": lambda: epoch_row(bench, data, "2d"), "3d": lambda: epoch_row(bench, data, "3d"),
            "128": lambda: epoch_row(bench, made_dataset(bench), "3d"),
            "predict": lambda: predict_row(bench)}


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="2d, 3d, 128, predict")
    parser.add_argument("--data", required=True, help="a dataset of small scans, nnU-Net format")
    parser.add_argument("--folder", default=ROOT / "seg_work/bench_gpu")
    parser.add_argument("--seg", default=ROOT / "build/release/apps/seg")
    parser.add_argument("--python", default=ROOT / ".deps/peers/bin/python")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=250)
    parser.add_argument("--val-iterations", type=int, default=50)
    parser.add_argument("--classes", type=int, default=117)
    parser.add_argument("--volume", type=int, nargs=3, default=[300, 512, 512])
    return parser.parse_args()


def main():
    bench = Bench(parse())
    known, results = rows(bench), {}
    for name in bench.options.rows or known:
        try:
            results[name] = known[name]()
        except (RuntimeError, subprocess.CalledProcessError) as error:
            results[name] = {"error": str(error)}
        print(json.dumps({name: results[name]}), flush=True)
    (bench.folder / "bench_gpu.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
