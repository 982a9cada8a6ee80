#!/usr/bin/env python3
"""Measures seg beside Python nnU-Net, in turns, and prints the ratios (nnU-Net's / ours).

  scripts/bench/run.py --data Dataset004_Hippocampus               all rows, in full size
  scripts/bench/run.py --data ... export augment --size small      some rows, small

The other side of the rows forward* is OpenVINO instead, as its Python package computes the same network
(of other networks than nnU-Net's as seg's plugin has it compute them); that of the rows step-* is PyTorch with the same network and a batch of noise.

Needs the peers (scripts/peers/install.sh, or SEG_PEERS) and a build with seg_bench
(scripts/build.sh release seg seg_bench). Writes bench.json and bench.md into --folder. "time" is
wall time, or what the step itself took where a row times a step alone; CPU time and memory are of
the whole tree of processes. Label maps are compared with nnU-Net's and with what nnU-Net gives when
it adds up tiles in fp32 instead of fp16 (scripts/peers/predict_fp32.py, not timed).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import measure
import rows

ROOT = Path(__file__).resolve().parents[2]


def printed_seconds(output, loading):
    """The seconds in the last line of JSON, or of a batch in seg train --benchmark's lines, with or
    without the loading of data."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            return json.loads(line)["seconds"]
        if "s a batch" in line and ("noDataLoading" in line) != loading:
            return float(line.split()[-4])
    raise RuntimeError(f"no time in the output:\n{output[-1000:]}")


def run_once(command, row, bench):
    cost = measure.run(list(map(str, command)), bench.environment())
    time = printed_seconds(cost.output, row.loading) if row.inner else cost.wall
    return {"time": time, "cpu": cost.cpu, "memory": cost.memory}


def clear(paths):
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def medians(costs):
    return {key: statistics.median(cost[key] for cost in costs) for key in costs[0]}


def agreement(row, bench):
    """Dice of our output with nnU-Net's and, where there is one, with its reference."""
    if row.reference and not row.outputs[-1].exists():
        bench.call(row.reference)
    commands = [bench.python("compare.py", row.outputs[0], other) for other in row.outputs[1:]]
    return [json.loads(subprocess.check_output(list(map(str, command))))["dice"]
            for command in commands]


def measured(name, bench, repeats):
    make, wanted_time, wanted_memory = rows.ROWS[name]
    row = make(bench)
    costs = {"seg": [], "nnunet": []}
    for _ in range(repeats):
        clear(row.again)
        costs["seg"].append(run_once(row.seg, row, bench))
        costs["nnunet"].append(run_once(row.nnunet, row, bench))
    ours, theirs = medians(costs["seg"]), medians(costs["nnunet"])
    return {"row": name, "seg": ours, "nnunet": theirs, "runs": costs,
            "ratio": {key: theirs[key] / ours[key] for key in ours},
            "wanted": {"time": wanted_time, "memory": wanted_memory},
            "dice": agreement(row, bench)}


def attempt(name, bench, repeats):
    try:
        return measured(name, bench, repeats)
    except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
        return {"row": name, "error": str(error)}


def cells(result):
    if "error" in result:
        return [result["row"], "failed: " + result["error"].splitlines()[0]] + [""] * 6
    ours, theirs, ratio, wanted = (result[key] for key in ("seg", "nnunet", "ratio", "wanted"))

    def goal(key):
        return f" (≥ {wanted[key]})" if wanted.get(key) else ""
    dice = " / ".join(f"{value:.4f}" for value in result["dice"])
    return [result["row"], f"{ours['time']:.2f} / {theirs['time']:.2f}",
            f"{ratio['time']:.1f}×{goal('time')}",
            f"{ours['cpu']:.1f} / {theirs['cpu']:.1f}", f"{ratio['cpu']:.1f}×",
            f"{ours['memory'] / 2**20:.0f} / {theirs['memory'] / 2**20:.0f}",
            f"{ratio['memory']:.1f}×{goal('memory')}", dice]


HEADING = ["row", "time, s: seg / nnU-Net", "ratio", "CPU, s: seg / nnU-Net", "ratio",
           "memory, MiB: seg / nnU-Net", "ratio", "Dice with nnU-Net / its fp32"]


def table(results):
    lines = [HEADING, ["---"] * len(HEADING), *map(cells, results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(rows.ROWS))
    parser.add_argument("--data", required=True, help="a dataset of small scans, nnU-Net format")
    parser.add_argument("--size", choices=rows.SIZES, default="full")
    parser.add_argument("--classes", type=int, help="other than the size's; in a --folder of their "
                        "own (nnU-Net's export of 117 full-size logits takes more than 24 GB)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", default=ROOT / "seg_work/bench")
    parser.add_argument("--seg", default=ROOT / "build/release/apps/seg")
    parser.add_argument("--peers", default=os.environ.get("SEG_PEERS", ROOT / ".deps/peers"))
    options = parser.parse_args()
    unknown = set(options.rows) - set(rows.ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)} (there are {', '.join(rows.ROWS)})")
    return options


def main():
    options = parse()
    bench = rows.Bench(options)
    results = []
    for name in options.rows or rows.ROWS:
        results.append(attempt(name, bench, options.repeats))
        print(table(results[-1:]).splitlines()[-1], flush=True)
        (bench.folder / "bench.json").write_text(json.dumps(results, indent=1))
        (bench.folder / "bench.md").write_text(table(results))
    print("\n" + table(results))


if __name__ == "__main__":
    main()
