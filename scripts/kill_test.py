#!/usr/bin/env python3
"""Kills each command at random instants, looks at what is left, runs the command again, and compares
with a run that nobody killed.

  scripts/kill_test.py --seg build/release/apps/seg --kills 20 [COMMAND...]

After each kill (SIGKILL, to the whole process group) every file that has its final name must be whole.
The run after it must end well, leave no file under a temporary name, and give the same results, byte
for byte but for times. A killed training is resumed if it left a checkpoint, else started again.
Prints a line for each command: kills that hit, kills after which the command had ended, findings.
"""
import argparse
import ast
import gzip
import hashlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

TRAINING = ["--config", "2d", "--fold", "0", "--epochs", "3", "--iterations", "4", "--val-iterations", "2",
            "--batch-size", "2", "--save-every", "1", "--threads", "1", "--device", "cpu"]
# Keys whose values are times or memory, or tell that a run was resumed: from which epoch, and which scans
# it did.
TIMES = {"started", "finished", "seconds", "peak_memory_bytes", "epoch_start_timestamps",
         "epoch_end_timestamps", "changed", "resume", "after_epochs", "cases"}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in TIMES}
    return [without_times(one) for one in value] if isinstance(value, list) else value


class Stage:
    """A command, the folder that it starts from and the folder that it writes."""

    def __init__(self, name, arguments, writes, again=None):
        self.name, self.arguments, self.writes = name, arguments, writes
        self.again = again or (lambda folder: arguments)


def resumed(folder):
    found = list(folder.glob("work/results/*/fold_0/checkpoint_*.pth"))
    return stages()["train"].arguments + (["--resume"] if found else [])


def stages():
    model = "work/results/nnUNetTrainer__nnUNetPlans__2d"
    listed = [
        Stage("plan", ["plan", "data", "--work", "work"], "work"),
        Stage("preprocess", ["preprocess", "work", "--config", "2d"], "work/preprocessed"),
        Stage("train", ["train", "work", *TRAINING], "work/results", resumed),
        Stage("predict", ["predict", "--model", model, "--input", "data/imagesTs", "--output", "out",
                          "--folds", "0", "--threads", "1", "--device", "cpu", "--save-probabilities"], "out"),
        Stage("evaluate", ["evaluate", "--prediction", "out", "--reference", "data/labelsTs"], "out"),
        Stage("install", ["install", "model.zip", "--output", "models"], "models"),
    ]
    return {stage.name: stage for stage in listed}


def run(seg, folder, arguments, check=True):
    done = subprocess.run([seg, *arguments], cwd=folder, capture_output=True, text=True)
    if check and done.returncode != 0:
        sys.exit(f"kill_test: seg {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done


def pack_model(folder):
    """As nnUNetv2_export_model_to_zip does."""
    results = folder / "work" / "results"
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        for file in sorted(results.rglob("*")):
            if file.suffix in (".json", ".pth"):
                archive.write(file, Path("Dataset001_Phantom") / file.relative_to(results))


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def is_temporary(path):
    return any(part.startswith(".writing-") for part in path.parts)


def digest(file):
    if file.suffix == ".json":
        return json.dumps(without_times(json.loads(file.read_text())), sort_keys=True)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def results_of(folder):
    """Of all files that tell of results: not logs, pictures, locks and checkpoints, whose bytes hold
    times; the validation tells what the weights are."""
    kept = [".json", ".npy", ".npz", ".gz"]
    return {str(file.relative_to(folder)): digest(file) for file in files_of(folder)
            if file.suffix in kept and file.name != "source.json"  # that holds the folder's path
            and not is_temporary(file.relative_to(folder))}


def read_array(file):
    """The length that a .npy file's header tells is there; our writer makes version 1 only."""
    content = file.read_bytes()
    header = ast.literal_eval(content[10:10 + int.from_bytes(content[8:10], "little")].decode())
    voxels = int(header["descr"][2:]) * math.prod(header["shape"])
    if not content.startswith(b"\x93NUMPY\x01") or len(content) != 10 + int.from_bytes(content[8:10], "little") + voxels:
        raise ValueError("cut off")


def read_zip(file):
    with zipfile.ZipFile(file) as archive:
        if archive.testzip():
            raise ValueError("damaged")


READERS = {".json": lambda file: json.loads(file.read_text()), ".npy": read_array, ".npz": read_zip,
           ".pth": read_zip, ".gz": lambda file: gzip.decompress(file.read_bytes())}


def is_broken(file):
    try:
        READERS[file.suffix](file)
        return False
    except (ValueError, OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile):
        return True


def broken_files(folder):
    """Files under their final names that cannot be read in full."""
    return [str(file) for file in files_of(folder)
            if file.suffix in READERS and not is_temporary(file.relative_to(folder)) and is_broken(file)]


def kill_after(seg, folder, arguments, seconds):
    """Whether the command was still running."""
    process = subprocess.Popen([seg, *arguments], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def difference(found, expected):
    names = [name for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]
    return f"differ: {', '.join(names[:5])}" if names else ""


def is_installed(folder):
    return any(not is_temporary(path.relative_to(folder)) and path.suffix == ".pth" for path in files_of(folder))


def one_kill(seg, before, stage, whole, seconds, scratch):
    """Whether the kill hit, and what is wrong after it and another run."""
    folder = scratch / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder, symlinks=True)
    hit = kill_after(seg, folder, stage.arguments, seconds)
    written = folder / stage.writes
    findings = [f"half written: {file}" for file in broken_files(written)]
    if stage.name == "install" and is_installed(written):
        return hit, findings  # whole; installing it again is refused
    again = run(seg, folder, stage.again(folder), check=False)
    if again.returncode != 0:
        findings.append(f"the run after it: {again.stderr.strip().splitlines()[-1:]}")
    left = [path for path in files_of(written) if is_temporary(path.relative_to(written))]
    findings += [f"left: {path}" for path in left]
    changed = difference(results_of(written), whole)
    return hit, findings + ([changed] if changed else [])


def test_stage(seg, before, stage, kills, scratch):
    """Kills `stage`; @returns the folder after a whole run."""
    after, took = scratch / f"after_{stage.name}", math.inf
    for _ in range(2):  # the first one may read the program from disk
        shutil.rmtree(after, ignore_errors=True)
        shutil.copytree(before, after, symlinks=True)
        started = time.monotonic()
        run(seg, after, stage.arguments)
        took = min(took, time.monotonic() - started)
    whole = results_of(after / stage.writes)
    hits, wrong = 0, []
    for _ in range(kills):
        hit, findings = one_kill(seg, before, stage, whole, random.uniform(0, took), scratch)
        hits += hit
        wrong += findings
    print(f"{stage.name}: {kills} kills within {took:.1f} s, {hits} hit, {len(wrong)} findings", flush=True)
    for finding in wrong:
        print(f"  {finding}", flush=True)
    return after, len(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seg", type=Path, default=Path("build/release/apps/seg"))
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("commands", nargs="*", help="commands to kill (all)")
    options = parser.parse_args()
    random.seed(options.seed)
    seg = options.seg.resolve()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = scratch / "start"
        folder.mkdir()
        run(seg, folder, ["example-data", "data", "--cases", "6", "--test-cases", "3"])
        for stage in stages().values():
            if stage.name == "install":
                pack_model(folder)
            kills = options.kills if not options.commands or stage.name in options.commands else 0
            folder, found = test_stage(seg, folder, stage, kills, scratch)
            wrong += found
    sys.exit(1 if wrong else 0)


main()
