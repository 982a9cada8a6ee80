"""What is compared: each row prepares its inputs and names the two commands that do the same work."""

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path

import measure

PEERS = Path(__file__).resolve().parents[1] / "peers"
SIZES = {
    "small": {"ct": [75, 128, 128], "classes": 20, "patch": [32, 64, 64], "iterations": 4,
              "cases": 6, "augment": [48, 48, 48], "samples": 5, "volume": [75, 256, 256],
              "pictures": [1, 640]},
    "full": {"ct": [150, 512, 512], "classes": 117, "patch": [64, 128, 128], "iterations": 8,
             "cases": 52, "augment": [128, 128, 128], "samples": 10, "volume": [300, 512, 512],
             "pictures": [3, 2048]}}


@dataclasses.dataclass
class Row:
    """Commands run in turns. `again` removes what a command would find done already; `inner`: the
    commands print the seconds that count as JSON, or of a batch with or without `loading`. `outputs`:
    two folders or files to compare; `reference` makes a third one, nnU-Net's answer without fp16
    sums, and is not measured."""
    seg: list
    nnunet: list
    again: list = dataclasses.field(default_factory=list)
    inner: bool = False
    loading: bool = True
    outputs: tuple = ()
    reference: list = dataclasses.field(default_factory=list)


class Bench:
    def __init__(self, options):
        self.size = dict(SIZES[options.size])
        self.size["classes"] = options.classes or self.size["classes"]
        self.threads = str(options.threads)
        self.folder = Path(options.folder).resolve()
        self.data = Path(options.data).resolve()
        self.peers = Path(options.peers).resolve() / "bin"
        self.program = Path(options.seg).resolve()
        self.steps = self.program.parent / "seg_bench"
        self.folder.mkdir(parents=True, exist_ok=True)

    def environment(self):
        return {**os.environ, **measure.nnunet_folders(self.folder), "OMP_NUM_THREADS": self.threads,
                "nnUNet_n_proc_DA": self.threads, "nnUNet_def_n_proc": self.threads}

    def python(self, script, *arguments):
        return [self.peers / "python", PEERS / script, *map(str, arguments)]

    def call(self, command):
        import subprocess
        subprocess.run(list(map(str, command)), env=self.environment(), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def dataset_id(self):
        return str(int(self.data.name[7:10]))

    def linked_dataset(self):
        link = Path(self.environment()["nnUNet_raw"]) / self.data.name
        if not link.exists():
            link.symlink_to(self.data)
        return link

    def once(self, name, make):
        """A folder that is made by the first row that needs it."""
        target = self.folder / name
        if not target.exists():
            make(target)
        return target

    def model(self, name="tiny_model", classes=None, more=()):
        return self.once(f"{name}/nnUNetTrainer__nnUNetPlans__3d_fullres", lambda to: self.call(
            self.python("model.py", to, "--classes", classes or self.size["classes"], "--spacing",
                        1.5, 1.5, 1.5, "--patch", *self.size["patch"], *more)))

    def predictions(self, model, scans, name, mirroring, precision="auto"):
        ours, theirs, fp32 = (self.folder / name / who for who in ("seg", "nnunet", "nnunet_fp32"))
        more = [] if mirroring else ["--no-mirroring"]

        def nnunet(to):
            return ["-m", model, "-i", scans, "-o", to, "-f", "0", "-device", "cpu", "-npp", "1",
                    "-nps", "1", *([] if mirroring else ["--disable_tta"])]
        return Row(
            [self.program, "predict", "-m", model, "-i", scans, "-o", ours, "-f", "0", "--threads",
             self.threads, "--precision", precision, *more],
            [self.peers / "nnUNetv2_predict_from_modelfolder", *nnunet(theirs)],
            again=[ours, theirs], outputs=(ours, theirs, fp32),
            reference=self.python("predict_fp32.py", *nnunet(fp32)))

    def scan(self, name, shape, spacing):
        return self.once(name, lambda to: self.call(
            self.python("scan.py", to / "scan_0000.nii.gz", "--shape", *shape, "--spacing",
                        *spacing)))


def help_text(bench):
    return Row([bench.program, "--help"], [bench.peers / "nnUNetv2_predict", "--help"])


def first_tile(bench):
    scans = bench.scan("one_tile", bench.size["patch"], [1.5] * 3)
    return bench.predictions(bench.model("few_classes", 3), scans, "first_tile", False, "fp32")


def plan_and_preprocess(bench):
    raw, work = bench.linked_dataset(), bench.folder / "plan_and_preprocess"
    jobs = bench.threads
    theirs = Path(bench.environment()["nnUNet_preprocessed"]) / raw.name
    seg = (f"{bench.program} plan {raw} --work {work} --jobs {jobs} && "
           f"{bench.program} preprocess {work} --config 2d --jobs {jobs} && "
           f"{bench.program} preprocess {work} --config 3d --jobs {jobs}")
    return Row(["sh", "-c", seg],
               [bench.peers / "nnUNetv2_plan_and_preprocess", "-d", bench.dataset_id(), "-c", "2d",
                "3d_fullres", "-npfp", jobs, "-np", jobs, jobs], again=[work, theirs])


def ct_dataset(bench, raw, cases, shape, spacing):
    (raw / "imagesTr").mkdir(parents=True)
    for case in range(cases):
        bench.call(bench.python("scan.py", raw / f"imagesTr/ct{case}_0000.nii.gz", "--seed", case, "--shape",
                                *shape, "--spacing", *spacing, "--labels", raw / f"labelsTr/ct{case}.nii.gz"))
    (raw / "dataset.json").write_text(json.dumps({
        "channel_names": {"0": "CT"}, "labels": {"background": 0, "organ": 1}, "numTraining": cases,
        "file_ending": ".nii.gz"}))


def preprocess_ct(bench):
    bench.environment()
    name = "Dataset900_LargeCT"
    raw = bench.once(f"nnUNet_raw/{name}", lambda to: ct_dataset(
        bench, to, 1, bench.size["volume"], [1.5, 0.8, 0.8]))
    work = bench.folder / "preprocess_ct"
    if not (work / "plans.json").exists():
        bench.call([bench.program, "plan", raw, "--work", work, "--spacing", 1.5, 1.5, 1.5])
    theirs = bench.folder / "nnUNet_preprocessed" / name
    theirs.mkdir(exist_ok=True)
    shutil.copy(work / "plans.json", theirs / "nnUNetPlans.json")
    shutil.copy(work / "dataset.json", theirs / "dataset.json")
    return Row([bench.program, "preprocess", work, "--config", "3d", "--jobs", "1"],
               [bench.peers / "nnUNetv2_preprocess", "-d", "900", "-c", "3d_fullres", "-np", "1"],
               again=[work / "preprocessed", theirs / "nnUNetPlans_3d_fullres"])


def augment(bench):
    arguments = ["--patch", *bench.size["augment"], "--samples", bench.size["samples"],
                 "--threads", bench.threads]
    return Row([bench.steps, "augment", *map(str, arguments)],
               bench.python("augment.py", *arguments), inner=True)


def training(configuration, precision, batch, loading=True):
    """Iterations beside nnU-Net's; without loading beside PyTorch alone."""
    def row(bench):
        work = bench.once("training", lambda to: bench.call(
            [bench.program, "plan", bench.linked_dataset(), "--work", to]))
        theirs = Path(bench.environment()["nnUNet_preprocessed"]) / bench.data.name
        if not (theirs / "nnUNetPlans_3d_fullres").exists():
            bench.call([bench.peers / "nnUNetv2_plan_and_preprocess", "-d", bench.dataset_id(),
                        "-c", "2d", "3d_fullres", "-npfp", "1", "-np", "1", "1"])
        steps = ["--epochs", "2", "--iterations", str(bench.size["iterations"]), "--batch-size",
                 str(batch), "--threads", bench.threads]
        seg = [bench.program, "train", work, "--config", configuration, "--benchmark",
               "--val-iterations", "1", "--precision", precision, *steps]
        other = ["train.py", "--benchmark"] if loading else ["step.py", "--precision", precision]
        nnunet = bench.python(other[0], bench.dataset_id(), configuration, *other[1:], *steps)
        return Row(seg, nnunet, inner=True, loading=loading)
    return row


def some_scans(bench, target):
    target.mkdir()
    files = sorted((bench.data / "imagesTr").iterdir())[-bench.size["cases"]:]
    for file in files:
        (target / file.name).symlink_to(file)


def trained_model(bench, work):
    """As long a training as is needed to see shapes."""
    bench.call([bench.program, "plan", bench.linked_dataset(), "--work", work])
    bench.call([bench.program, "train", work, "--config", "3d", "--epochs", "15", "--iterations",
                "40", "--val-iterations", "4", "--batch-size", "2"])


def without_reference(row):
    return dataclasses.replace(row, outputs=row.outputs[:2], reference=[])


def predict_folder(precision):
    def row(bench):
        work = bench.once("trained", lambda to: trained_model(bench, to))
        model = work / "results/nnUNetTrainer__nnUNetPlans__3d_fullres"
        scans = bench.once("scans", lambda to: some_scans(bench, to))
        result = bench.predictions(model, scans, f"predict_folder_{precision}", True, precision)
        return without_reference(result) if bench.size["cases"] > 10 else result  # takes as long
    return row


def export(bench):
    shape = bench.size["ct"]
    coarse = [round(size * 0.8 / 1.5) for size in shape]
    logits = bench.once("logits/logits.npy", lambda to: bench.call(
        bench.python("scan.py", "-", "--logits", to, "--shape", *coarse, "--spacing", 1.5, 1.5,
                     1.5, "--classes", bench.size["classes"])))
    ours, theirs = bench.folder / "export_seg.nii.gz", bench.folder / "export_nnunet.nii.gz"
    more = ["--shape", *map(str, shape), "--spacing", "0.8", "0.8", "0.8", "--threads",
            bench.threads]
    return Row([bench.steps, "export", bench.model(), logits, ours, *more],
               bench.python("export.py", bench.model(), logits, theirs, *more), inner=True,
               again=[ours, theirs], outputs=(ours, theirs))


def predict_ct(bench):
    scans = bench.scan("ct", bench.size["ct"], [0.8] * 3)
    row = bench.predictions(bench.model(), scans, "predict_ct", False, "fp32")
    # nnU-Net's fp32 logits of 117 classes on the scan's grid take more than 24 GB.
    return without_reference(row) if bench.size["classes"] > 50 else row


def probabilities(logits_order):
    """Every class's probabilities are written, too: of 20 classes, which nnU-Net can hold."""
    def row(bench):
        name, scans = f"logits_{logits_order}", bench.scan("ct", bench.size["ct"], [0.8] * 3)
        model = bench.model(name, 20, ["--logits-order", logits_order])
        row = bench.predictions(model, scans, f"probabilities_{logits_order}", False, "fp32")
        return without_reference(dataclasses.replace(
            row, seg=[*row.seg, "--save-probabilities"], nnunet=[*row.nnunet, "--save_probabilities"]))
    return row


def pictures(bench, target):
    count, size = bench.size["pictures"]
    for seed in range(count):
        bench.call(bench.python("scan.py", target / f"picture_{seed}_0000.png", "--seed", seed, "--shape",
                                3, size, size, "--spacing", 1, 1, 1))


def predict_pictures(bench):
    """Photographs in size and colours, by nnU-Net's default 2D network."""
    scans = bench.once("pictures", lambda to: pictures(bench, to))
    model = bench.once("picture_model/nnUNetTrainer__nnUNetPlans__2d", lambda to: bench.call(bench.python(
        "model.py", to, "--pictures", "--classes", 3, "--spacing", 1, 1, "--patch", 512, 512,
        "--features", 32, 64, 128, 256, 512, 512, 512, 512)))
    return without_reference(bench.predictions(model, scans, "predict_pictures", True))


def ten_scans(bench, target):
    target.mkdir(parents=True)
    for file in sorted((bench.data / "imagesTr").iterdir())[:10]:
        (target / file.name).symlink_to(file)


def embedded(other):
    """Ten scans in memory, the model kept loaded: seconds a scan, after the first."""
    def row(bench):
        model = bench.model("few_classes", 3)
        scans = bench.once("ten_scans", lambda to: ten_scans(bench, to))
        ours = [bench.steps, "embedded", model, scans, "--threads", bench.threads, "--precision", "fp32"]
        return Row(ours, other(bench, model, scans), inner=True)
    return row


def kept_loaded(bench, model, scans):
    return bench.python("embedded.py", model, scans, "--threads", bench.threads)


def one_program_a_scan(bench, model, scans):
    """The other side of this row is not nnU-Net but `seg predict`, started for each scan."""
    predict = (f"{bench.program} predict -m {model} -o {bench.folder}/one_program_a_scan -f 0 "
               f"--threads {bench.threads} --precision fp32 --overwrite -i")
    return ["sh", "-c", f"start=$(date +%s.%N); for scan in {scans}/*; do {predict} $scan; done "
            "2>/dev/null >&2; date +%s.%N | awk -v start=$start "
            "'{print \"{\\\"seconds\\\": \" ($1 - start) / 10 \"}\"}'"]


def forward(precision, engine, patch=(128, 128, 128)):
    """nnU-Net's default network, seconds a tile. The other side of these rows is OpenVINO."""
    def row(bench):
        name = f"default_{len(patch)}d/nnUNetTrainer__nnUNetPlans__" + ("2d", "3d_fullres")[len(patch) - 2]
        features = [32, 64, 128, 256, *[512] * 4] if len(patch) == 2 else [32, 64, 128, 256, 320, 320]
        model = bench.once(name, lambda to: bench.call(bench.python(
            "model.py", to, "--classes", 3, "--spacing", *[1] * len(patch), "--patch", *patch,
            "--features", *features)))
        more = ["--precision", precision, "--threads", bench.threads]
        return Row([bench.steps, "forward", model, "--engine", engine, *more],
                   bench.python("forward.py", model, *more), inner=True)
    return row


def untrained(bench, work, network):
    """A model of random weights with patches of 96 x 96 x 96."""
    scans = bench.once("isotropic", lambda to: ct_dataset(bench, to, 5, [96] * 3, [1] * 3))
    bench.call([bench.program, "plan", scans, "--work", work, "--network", network])
    (file,) = work.glob("nnUNet*Plans.json")
    plans = json.loads(file.read_text())
    plans["configurations"]["3d_fullres"].update(patch_size=[96] * 3, batch_size=1)
    file.write_text(json.dumps(plans))
    bench.call([bench.program, "train", work, "--config", "3d", "--plans-name", file.stem, "--epochs", "1",
                "--iterations", "1", "--val-iterations", "1", "--no-mirroring", "--threads", bench.threads])


def forward_of(network):
    """Seconds a tile. The other side is OpenVINO, too, within seg, which builds its graph."""
    def row(bench):
        work = bench.once(f"networks/{network}", lambda to: untrained(bench, to, network))
        (model,) = (work / "results").iterdir()
        by = [bench.steps, "forward", model, "--threads", bench.threads, "--engine"]
        return Row([*by, "seg"], [*by, "openvino"], inner=True)
    return row


# (wanted ratio of time, of memory) as issue tables state them: nnU-Net's over ours.
ROWS = {
    "help": (help_text, 15, 4),
    "first-tile": (first_tile, 15, 4),
    "plan-and-preprocess": (plan_and_preprocess, 10, 4),
    "preprocess-ct": (preprocess_ct, 10, 2),
    "augment": (augment, 3, None),
    "train-3d-fp32": (training("3d_fullres", "fp32", 2), 1.3, 1.5),
    "train-2d-fp32": (training("2d", "fp32", 32), 1.3, 1.5),
    "train-3d-auto": (training("3d_fullres", "auto", 2), 2.5, 2),
    "train-2d-auto": (training("2d", "auto", 32), 2.5, 2),
    "step-3d-fp32": (training("3d_fullres", "fp32", 2, loading=False), 2.5, None),
    "step-2d-fp32": (training("2d", "fp32", 32, loading=False), 2, None),
    "step-3d-auto": (training("3d_fullres", "auto", 2, loading=False), 2.5, None),
    "step-2d-auto": (training("2d", "auto", 32, loading=False), 2.5, None),
    "predict-folder-fp32": (predict_folder("fp32"), None, None),
    "predict-folder-auto": (predict_folder("auto"), 4, 3),
    "export": (export, 20, 4),
    "predict-ct": (predict_ct, 4, 4),
    "probabilities": (probabilities(1), 5, None),
    "probabilities-cubic": (probabilities(3), 5, None),
    "predict-pictures": (predict_pictures, 5, None),
    "embedded": (embedded(kept_loaded), None, None),
    "embedded-or-started": (embedded(one_program_a_scan), None, None),
    "forward": (forward("auto", "openvino"), None, None),
    "forward-own": (forward("auto", "seg"), None, None),
    "forward-fp32": (forward("fp32", "openvino"), None, None),
    "forward-fp32-own": (forward("fp32", "seg"), None, None),
    "forward-stunet": (forward_of("stunet-b"), 1, None),
    "forward-mednext": (forward_of("mednext-b-k5"), 1, None),
    "forward-resenc": (forward_of("resenc-m"), 1, None),
    "forward-flexible": (forward_of("flexible-resnet50"), 1, None),
    "forward-2d": (forward("auto", "openvino", (512, 512)), None, None),
    "forward-2d-own": (forward("auto", "seg", (512, 512)), None, None),
}
