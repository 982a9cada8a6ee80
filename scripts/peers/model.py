"""Writes an nnU-Net model folder with a small network of random weights:
model.py FOLDER --patch [Z] Y X --spacing [Z] Y X --classes N [--features F...] [--reader NAME]
         [--logits-order N] [--pictures]: of three colours, in PNG files"""

import argparse
import json
from pathlib import Path

import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

KERNEL = "resample_data_or_seg_to_shape"


def resampling(order, is_seg):
    return {"is_seg": is_seg, "order": order, "order_z": 0, "force_separate_z": None}


def architecture(features, axes):
    stages = len(features)
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": stages, "features_per_stage": features,
            "conv_op": f"torch.nn.modules.conv.Conv{axes}d", "kernel_sizes": [[3] * axes] * stages,
            "strides": [[1] * axes] + [[2] * axes] * (stages - 1),
            "n_conv_per_stage": [2] * stages, "n_conv_per_stage_decoder": [2] * (stages - 1),
            "conv_bias": True,
            "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{axes}d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "dropout_op": None, "dropout_op_kwargs": None, "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True}},
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"]}


def configuration_of(patch):
    return "2d" if len(patch) == 2 else "3d_fullres"


def channels_of(options):
    return 3 if options.pictures else 1


def plans(options):
    name = configuration_of(options.patch)
    configuration = {
        "data_identifier": f"nnUNetPlans_{name}", "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2, "patch_size": options.patch, "spacing": options.spacing,
        "median_image_size_in_voxels": [float(size) for size in options.patch],
        "normalization_schemes": ["CTNormalization"] * channels_of(options),
        "use_mask_for_norm": [False] * channels_of(options),
        "resampling_fn_data": KERNEL, "resampling_fn_data_kwargs": resampling(3, False),
        "resampling_fn_seg": KERNEL, "resampling_fn_seg_kwargs": resampling(1, True),
        "resampling_fn_probabilities": KERNEL,
        "resampling_fn_probabilities_kwargs": resampling(options.logits_order, False),
        "architecture": architecture(options.features, len(options.patch)), "batch_dice": False}
    intensities = {"mean": 0.0, "std": 300.0, "median": 0.0, "min": -1000.0, "max": 1000.0,
                   "percentile_00_5": -1000.0, "percentile_99_5": 1000.0}
    return {"dataset_name": options.folder.parent.name, "plans_name": "nnUNetPlans",
            "original_median_spacing_after_transp": [999.0, *options.spacing][-3:],
            "original_median_shape_after_transp": [1, *options.patch][-3:],
            "image_reader_writer": "NaturalImage2DIO" if options.pictures else options.reader,
            "transpose_forward": [0, 1, 2],
            "transpose_backward": [0, 1, 2], "experiment_planner_used": "ExperimentPlanner",
            "label_manager": "LabelManager",
            "foreground_intensity_properties_per_channel": {
                str(channel): intensities for channel in range(channels_of(options))},
            "configurations": {name: configuration}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patch", type=int, nargs="+", required=True)
    parser.add_argument("--spacing", type=float, nargs="+", required=True)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--features", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--reader", default="SimpleITKIO")
    parser.add_argument("--logits-order", type=int, default=1)
    parser.add_argument("--pictures", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    (options.folder / "fold_0").mkdir(parents=True, exist_ok=True)
    labels = {"background": 0, **{f"organ {i}": i for i in range(1, options.classes)}}
    channels = channels_of(options)
    dataset = {"channel_names": {str(channel): "CT" for channel in range(channels)}, "labels": labels,
               "numTraining": 1, "file_ending": ".png" if options.pictures else ".nii.gz"}
    plan = plans(options)
    (options.folder / "dataset.json").write_text(json.dumps(dataset))
    (options.folder / "plans.json").write_text(json.dumps(plan))
    name = configuration_of(options.patch)
    described = plan["configurations"][name]["architecture"]
    network = get_network_from_plans(
        described["network_class_name"], described["arch_kwargs"],
        described["_kw_requires_import"], channels, options.classes, True, deep_supervision=True)
    torch.save({"network_weights": network.state_dict(), "trainer_name": "nnUNetTrainer",
                "init_args": {"configuration": name, "fold": 0},
                "inference_allowed_mirroring_axes": tuple(range(len(options.patch)))},
               options.folder / "fold_0" / "checkpoint_final.pth")


main()
