#!/usr/bin/env python3
"""How seg's time and memory grow with the work, each number multiplied while the others stay; the
exponent is fitted to the logarithms.

  scripts/bench/scaling.py [WHAT...] [--repeats N]

Of a prediction voxels, classes, channels, folds and threads; of a training train-voxels (of a patch),
train-channels, train-batch and train-threads; of planning plan-cases. Needs the peers (see run.py)
only to write models and scans. CPU time is shown, which other programs on the machine disturb least;
for threads, wall time.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import measure
import rows
import run

PREDICTION = {"voxels": 1, "classes": 8, "channels": 8, "folds": 1, "threads": 1}
TRAINING = {"train-voxels": 1, "train-channels": 16, "train-batch": 2, "train-threads": 1}
PLANNING = {"plan-cases": 100}
STEPS = {"voxels": [1, 2, 4, 8], "classes": [8, 16, 32, 64], "channels": [4, 8, 16, 32],
         "folds": [1, 2, 4], "threads": [1, 2],
         "train-voxels": [1, 2, 4, 8], "train-channels": [8, 16, 32, 64],
         "train-batch": [1, 2, 4, 8], "train-threads": [1, 2],
         "plan-cases": [100, 1000, 10000]}


def model_of(bench, values):
    name = f"scaling/model_{values['classes']}_{values['channels']}"
    width = values["channels"]
    model = bench.once(f"{name}/nnUNetTrainer__nnUNetPlans__3d_fullres", lambda to: bench.call(
        bench.python("model.py", to, "--classes", values["classes"], "--spacing", 1.5, 1.5, 1.5,
                     "--patch", 32, 64, 64, "--features", width, 2 * width, 4 * width)))
    for fold in range(1, values["folds"]):
        if not (model / f"fold_{fold}").exists():
            shutil.copytree(model / "fold_0", model / f"fold_{fold}")
    return model


def prediction(bench, values):
    shape = [64 * values["voxels"], 96, 96]
    scans = bench.scan(f"scaling/scan_{shape[0]}", shape, [1.0, 1.0, 1.0])
    output = bench.folder / "scaling/output"
    shutil.rmtree(output, ignore_errors=True)
    folds = ",".join(map(str, range(values["folds"])))
    return ["predict", "-m", model_of(bench, values), "-i", scans, "-o", output, "-f", folds,
            "--no-mirroring", "--precision", "fp32", "--threads", values["threads"]]


def planned(bench, work):
    raw = bench.once("isotropic", lambda to: rows.ct_dataset(bench, to, 5, [96] * 3, [1] * 3))
    bench.call([bench.program, "plan", raw, "--work", work])
    bench.call([bench.program, "preprocess", work, "--config", "3d", "--jobs", 1])


def training(bench, values):
    """Of a network of four stages, whose patch grows along its first axis."""
    work = bench.once("scaling/training", lambda to: planned(bench, to))
    plans = json.loads((work / "plans.json").read_text())
    configuration = plans["configurations"]["3d_fullres"]
    configuration["patch_size"] = [16 * values["train-voxels"], 64, 64]
    width = values["train-channels"]
    configuration["architecture"]["arch_kwargs"].update(
        n_stages=4, features_per_stage=[width, 2 * width, 4 * width, 8 * width],
        kernel_sizes=[[3, 3, 3]] * 4, strides=[[1, 1, 1]] + [[2, 2, 2]] * 3,
        n_conv_per_stage=[2] * 4, n_conv_per_stage_decoder=[2] * 3)
    (work / "plans.json").write_text(json.dumps(plans))
    return ["train", work, "--config", "3d", "--benchmark", "--epochs", 2, "--iterations", 10,
            "--val-iterations", 1, "--batch-size", values["train-batch"], "--precision", "fp32",
            "--threads", values["train-threads"]]


def small_cases(bench, raw, count):
    """A few scans under many names."""
    few = bench.once("scaling/few", lambda to: rows.ct_dataset(bench, to, 10, [16] * 3, [1] * 3))
    for kind, ending in (("imagesTr", "_0000.nii.gz"), ("labelsTr", ".nii.gz")):
        (raw / kind).mkdir(parents=True)
        for case in range(count):
            os.link(few / kind / f"ct{case % 10}{ending}", raw / kind / f"ct{case:05}{ending}")
    dataset = json.loads((few / "dataset.json").read_text())
    (raw / "dataset.json").write_text(json.dumps({**dataset, "numTraining": count}))


def planning(bench, values):
    count = values["plan-cases"]
    raw = bench.once(f"scaling/Dataset{count:05}_Small", lambda to: small_cases(bench, to, count))
    work = bench.folder / "scaling/planning"
    shutil.rmtree(work, ignore_errors=True)
    return ["plan", raw, "--work", work, "--jobs", 1]


KINDS = [(PREDICTION, prediction), (TRAINING, training), (PLANNING, planning)]


def measured(bench, what, step):
    base, command = next(kind for kind in KINDS if what in kind[0])
    arguments = [bench.program, *command(bench, {**base, what: step})]
    return measure.run(list(map(str, arguments)), bench.environment())


def exponent(sizes, costs):
    xs, ys = [math.log(x) for x in sizes], [math.log(y) for y in costs]
    x_mean, y_mean = statistics.mean(xs), statistics.mean(ys)
    return (sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) /
            sum((x - x_mean) ** 2 for x in xs))


def series(bench, what, repeats):
    found = []
    for step in STEPS[what]:
        costs = [measured(bench, what, step) for _ in range(repeats)]
        time = [cost.wall if what.endswith("threads") else cost.cpu for cost in costs]
        found.append({"size": step, "time": statistics.median(time),
                      "memory": statistics.median(cost.memory for cost in costs)})
    return {"what": what, "points": found,
            "exponent": {key: exponent(STEPS[what], [point[key] for point in found])
                         for key in ("time", "memory")}}


def line(result):
    points = result["points"]
    return (f"| {result['what']} | {', '.join(str(point['size']) for point in points)} | "
            f"{', '.join(format(point['time'], '.1f') for point in points)} | "
            f"{result['exponent']['time']:.2f} | "
            f"{', '.join(format(point['memory'] / 2**20, '.0f') for point in points)} | "
            f"{result['exponent']['memory']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(STEPS))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--folder", default=run.ROOT / "seg_work/bench")
    parser.add_argument("--seg", default=run.ROOT / "build/release/apps/seg")
    parser.add_argument("--peers", default=os.environ.get("SEG_PEERS", run.ROOT / ".deps/peers"))
    options = parser.parse_args()
    options.size, options.threads, options.data, options.classes = "small", 1, ".", None
    bench = rows.Bench(options)
    results = []
    print("| what | sizes | time, s | exponent | memory, MiB | exponent |\n"
          "|---|---|---|---|---|---|")
    for what in options.what or STEPS:
        results.append(series(bench, what, options.repeats))
        print(line(results[-1]), flush=True)
    (bench.folder / "scaling.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
