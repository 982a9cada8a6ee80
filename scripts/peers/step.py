"""One training step of nnU-Net's network on a random batch, by PyTorch alone: forward and backward pass,
loss of all heads, clipping and SGD, in the faster one of PyTorch's two memory formats:
step.py DATASET_ID CONFIGURATION [--precision auto|fp32] [OPTIONS OF train.py]"""

import json
import operator
import statistics
import sys
import time

import torch

import train


def random_batch(trainer, memory_format):
    patch, batch = trainer.configuration_manager.patch_size, trainer.batch_size
    data = torch.randn(batch, trainer.num_input_channels, *patch).to(memory_format=memory_format)
    classes = trainer.label_manager.num_segmentation_heads
    target = [torch.randint(classes, (batch, 1, *map(round, map(operator.mul, patch, scales))))
              for scales in trainer._get_deep_supervision_scales()]
    return data, target


def step(trainer, data, target, precision):
    trainer.optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "auto"):
        loss = trainer.loss(trainer.network(data), target)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trainer.network.parameters(), 12)
    trainer.optimizer.step()


def seconds(trainer, memory_format, options):
    trainer.network.to(memory_format=memory_format)
    data, target = random_batch(trainer, memory_format)
    times = []
    for _ in range(options.iterations + 1):
        start = time.perf_counter()
        step(trainer, data, target, options.precision)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main():
    parser = train.arguments()
    parser.add_argument("--precision", choices=["auto", "fp32"], default="auto")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    trainer = train.make_trainer(options)
    trainer.initialize()
    trainer.network.train()
    three = len(trainer.configuration_manager.patch_size) == 3
    channels_last = torch.channels_last_3d if three else torch.channels_last
    times = {"contiguous": seconds(trainer, torch.contiguous_format, options),
             "channels_last": seconds(trainer, channels_last, options)}
    print(f"{options.configuration} {options.precision}: {times}", file=sys.stderr)
    print(json.dumps({"seconds": min(times.values())}))


main()
