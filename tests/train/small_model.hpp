#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/image.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/plans.hpp"

namespace seg::test {

inline Json small_dataset() {
  return {{"channel_names", {{"0", "MRI"}}},
          {"labels", {{"background", 0}, {"front", 1}, {"back", 2}}},
          {"numTraining", 2},
          {"file_ending", ".nii.gz"}};
}

/// Plans of one configuration, 3d_fullres: a U-Net of two stages that sees patches of 16 x 16 x 16.
inline Json small_plans() {
  const Json resampling = {
      {"is_seg", false}, {"order", 1}, {"order_z", 0}, {"force_separate_z", nullptr}};
  const Json triple = {3, 3, 3};
  const Json architecture = {{"n_stages", 2},
                             {"features_per_stage", {4, 8}},
                             {"conv_op", "torch.nn.modules.conv.Conv3d"},
                             {"kernel_sizes", {triple, triple}},
                             {"strides", {{1, 1, 1}, {2, 2, 2}}},
                             {"n_conv_per_stage", {1, 1}},
                             {"n_conv_per_stage_decoder", {1}},
                             {"conv_bias", true},
                             {"norm_op", "torch.nn.modules.instancenorm.InstanceNorm3d"},
                             {"norm_op_kwargs", {{"eps", 1e-5}, {"affine", true}}},
                             {"dropout_op", nullptr},
                             {"dropout_op_kwargs", nullptr},
                             {"nonlin", "torch.nn.LeakyReLU"},
                             {"nonlin_kwargs", {{"inplace", true}}}};
  const std::string unet = "dynamic_network_architectures.architectures.unet.PlainConvUNet";
  const Json imported = {"conv_op", "norm_op", "dropout_op", "nonlin"};
  const std::string resample = "resample_data_or_seg_to_shape";
  const Json configuration = {{"data_identifier", "small_3d_fullres"},
                              {"preprocessor_name", "DefaultPreprocessor"},
                              {"batch_size", 2},
                              {"patch_size", {16, 16, 16}},
                              {"median_image_size_in_voxels", {20.0, 20.0, 20.0}},
                              {"spacing", {1.0, 1.0, 1.0}},
                              {"normalization_schemes", {"ZScoreNormalization"}},
                              {"use_mask_for_norm", {false}},
                              {"resampling_fn_data", resample},
                              {"resampling_fn_seg", resample},
                              {"resampling_fn_probabilities", resample},
                              {"resampling_fn_data_kwargs", resampling},
                              {"resampling_fn_seg_kwargs", resampling},
                              {"resampling_fn_probabilities_kwargs", resampling},
                              {"architecture",
                               {{"network_class_name", unet},
                                {"arch_kwargs", architecture},
                                {"_kw_requires_import", imported}}},
                              {"batch_dice", false}};
  const Json intensities = {{"max", 1.0},
                            {"mean", 0.5},
                            {"median", 0.5},
                            {"min", 0.0},
                            {"percentile_00_5", 0.0},
                            {"percentile_99_5", 1.0},
                            {"std", 0.3}};
  return {{"dataset_name", "Dataset999_Small"},
          {"plans_name", "small"},
          {"original_median_spacing_after_transp", {1.0, 1.0, 1.0}},
          {"original_median_shape_after_transp", {20, 20, 20}},
          {"image_reader_writer", "SimpleITKIO"},
          {"transpose_forward", {0, 1, 2}},
          {"transpose_backward", {0, 1, 2}},
          {"configurations", {{"3d_fullres", configuration}}},
          {"experiment_planner_used", "ExperimentPlanner"},
          {"label_manager", "LabelManager"},
          {"foreground_intensity_properties_per_channel", {{"0", intensities}}}};
}

inline net::Value text(const std::string& value) { return {value}; }

/// What training writes, as far as prediction needs it; with random weights.
inline net::Value small_checkpoint() {
  const auto configuration =
      plan::plans_from_json(small_plans(), "test").configuration("3d_fullres");
  const auto network = net::build_network(
      configuration.architecture, {.input_channels = 1, .outputs = 3, .deep_supervision = true});
  net::Value::Dict weights;
  for (const auto& [name, tensor] : net::state_dict(*network))
    weights.push_back({text(name), {tensor.detach().clone()}});
  const net::Value::List axes = {{std::int64_t{0}}, {std::int64_t{1}}, {std::int64_t{2}}};
  const net::Value::Dict arguments = {{text("configuration"), text("3d_fullres")}};
  return {net::Value::Dict{{text("network_weights"), {weights}},
                           {text("init_args"), {arguments}},
                           {text("trainer_name"), text("nnUNetTrainer")},
                           {text("inference_allowed_mirroring_axes"), {axes}}}};
}

/// A model folder with random weights for each fold.
inline void write_small_model(const std::filesystem::path& folder,
                              const std::vector<std::string>& folds) {
  write_json(folder / "dataset.json", small_dataset());
  write_json(folder / "plans.json", small_plans());
  for (const auto& fold : folds)
    net::write_checkpoint(folder / ("fold_" + fold) / "checkpoint_final.pth", small_checkpoint());
}

/// A scan of noise; oblique, and with a border of zeros that preprocessing crops.
inline void write_small_scan(const std::filesystem::path& file) {
  const at::Tensor scan = at::zeros({14, 20, 18});
  scan.slice(0, 1, 12).slice(1, 2, 20).slice(2, 0, 15).uniform_(1, 2);
  data::Geometry geometry;
  geometry.spacing = {1.25, 0.75, 1};
  geometry.origin = {-31.5, 12.25, 100};
  geometry.direction = {1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8};
  data::write_image(file, scan, geometry);
}

}  // namespace seg::test
