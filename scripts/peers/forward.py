"""One forward pass of a model's network by OpenVINO, as who deploys it would do it:
forward.py MODEL [--precision auto|fp32] [--threads N] [--repeats N]"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy
import openvino
import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans


def network_of(folder, configuration):
    labels = json.loads((folder / "dataset.json").read_text())["labels"]
    described = configuration["architecture"]
    network = get_network_from_plans(described["network_class_name"], described["arch_kwargs"],
                                     described["_kw_requires_import"], 1, len(labels), False,
                                     deep_supervision=False)
    checkpoint = torch.load(folder / "fold_0/checkpoint_final.pth", weights_only=False)
    network.load_state_dict(checkpoint["network_weights"])
    return network.eval()


def compiled(network, x, options):
    with torch.no_grad():
        model = openvino.convert_model(network, example_input=torch.from_numpy(x), input=list(x.shape))
    settings = {"INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY"}
    if options.precision == "fp32":
        settings["INFERENCE_PRECISION_HINT"] = "f32"  # else bf16 where the processor has it
    return openvino.Core().compile_model(model, "CPU", settings)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--precision", choices=["auto", "fp32"], default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    (configuration,) = json.loads((options.folder / "plans.json").read_text())["configurations"].values()
    x = numpy.random.default_rng(0).normal(size=[1, 1, *configuration["patch_size"]]).astype("float32")
    request = compiled(network_of(options.folder, configuration), x, options).create_infer_request()
    times = []
    for _ in range(options.repeats + 1):
        start = time.perf_counter()
        request.infer(x, share_inputs=True, share_outputs=True)
        times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(times[1:])}))


main()
