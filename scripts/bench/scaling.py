#!/usr/bin/env python3
"""How seg's time and memory grow with the work: voxels, classes, channels of the network, folds and
threads, each doubled while the others stay; the exponent is fitted to the logarithms.

  scripts/bench/scaling.py [voxels classes channels folds threads] [--repeats N]

Needs the peers (see run.py) only to write the models and scans. CPU time is shown, which other
programs on the machine disturb least; for threads, wall time.
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

BASE = {"voxels": [64, 96, 96], "classes": 8, "channels": 8, "folds": 1, "threads": 1}
STEPS = {"voxels": [1, 2, 4, 8], "classes": [8, 16, 32, 64], "channels": [4, 8, 16, 32],
         "folds": [1, 2, 4], "threads": [1, 2]}


def settings(what, step):
    values = dict(BASE)
    values[what] = [BASE["voxels"][0] * step, *BASE["voxels"][1:]] if what == "voxels" else step
    return values


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


def predicted(bench, values):
    shape = values["voxels"]
    scans = bench.scan(f"scaling/scan_{shape[0]}", shape, [1.0, 1.0, 1.0])
    output = bench.folder / "scaling/output"
    shutil.rmtree(output, ignore_errors=True)
    folds = ",".join(map(str, range(values["folds"])))
    command = [bench.program, "predict", "-m", model_of(bench, values), "-i", scans, "-o", output,
               "-f", folds, "--no-mirroring", "--precision", "fp32", "--threads",
               values["threads"]]
    return measure.run(list(map(str, command)), bench.environment())


def exponent(sizes, costs):
    xs, ys = [math.log(x) for x in sizes], [math.log(y) for y in costs]
    x_mean, y_mean = statistics.mean(xs), statistics.mean(ys)
    return (sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) /
            sum((x - x_mean) ** 2 for x in xs))


def series(bench, what, repeats):
    found = []
    for step in STEPS[what]:
        costs = [predicted(bench, settings(what, step)) for _ in range(repeats)]
        time = [cost.wall if what == "threads" else cost.cpu for cost in costs]
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
