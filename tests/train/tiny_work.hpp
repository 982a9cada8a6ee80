#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <functional>
#include <string>

#include "seg/data/image.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/files.hpp"
#include "test_files.hpp"

namespace seg::test {

constexpr int kTinyCases = 6;

/// What a tiny dataset asks for.
struct TinyTask {
  Json labels = {{"background", 0}, {"ball", 1}};
  Json regions_class_order;  ///< null: no regions
  Json plans;                ///< null: tiny_plans()
  /// Label map (any integers) of the squared distance to the ball's centre; the ball is where it is
  /// below 30.
  std::function<at::Tensor(const at::Tensor&)> draw = [](const at::Tensor& distance) {
    return distance < 30;
  };
};

/// A bright ball at another place in each case.
inline void write_tiny_case(const std::filesystem::path& dataset, int number,
                            const TinyTask& task) {
  const auto axes = at::meshgrid({at::arange(20), at::arange(18), at::arange(16)}, "ij");
  const auto distance = (axes[0] - 8 - number % 3).square() + (axes[1] - 9 + number % 2).square() +
                        (axes[2] - 8).square();
  const auto texture = (axes[0] * 7 + axes[1] * 5 + axes[2] * 3 + number).remainder(4);
  const std::string name = "ball_" + std::to_string(number);
  const data::Geometry geometry;
  data::write_image(dataset / "imagesTr" / (name + "_0000.nii.gz"),
                    ((distance < 30) * 50 + texture * 5 + 10).to(at::kFloat), geometry);
  data::write_label_map(dataset / "labelsTr" / (name + ".nii.gz"),
                        task.draw(distance).to(at::kShort), geometry);
}

inline Json tiny_architecture() {
  const std::string package = "torch.nn.modules.";
  const Json cube = {3, 3, 3}, half = {2, 2, 2};
  return {{"network_class_name", "dynamic_network_architectures.architectures.unet.PlainConvUNet"},
          {"arch_kwargs",
           {{"n_stages", 3},
            {"features_per_stage", {4, 8, 8}},
            {"conv_op", package + "conv.Conv3d"},
            {"kernel_sizes", {cube, cube, cube}},
            {"strides", {Json{1, 1, 1}, half, half}},
            {"n_conv_per_stage", {1, 1, 1}},
            {"n_conv_per_stage_decoder", {1, 1}},
            {"conv_bias", true},
            {"norm_op", package + "instancenorm.InstanceNorm3d"},
            {"norm_op_kwargs", {{"eps", 1e-5}, {"affine", true}}},
            {"dropout_op", package + "dropout.Dropout3d"},
            {"dropout_op_kwargs", {{"p", 0.2}}},
            {"nonlin", "torch.nn.LeakyReLU"},
            {"nonlin_kwargs", {{"inplace", true}}}}},
          {"_kw_requires_import", {"conv_op", "norm_op", "dropout_op", "nonlin"}}};
}

inline Json tiny_configuration() {
  Json json = {{"data_identifier", "nnUNetPlans_3d_fullres"},
               {"preprocessor_name", "DefaultPreprocessor"},
               {"batch_size", 2},
               {"patch_size", {16, 16, 16}},
               {"median_image_size_in_voxels", {20.0, 18.0, 16.0}},
               {"spacing", {1.0, 1.0, 1.0}},
               {"normalization_schemes", {"ZScoreNormalization"}},
               {"use_mask_for_norm", {false}},
               {"architecture", tiny_architecture()},
               {"batch_dice", false}};
  for (const std::string what : {"data", "seg", "probabilities"}) {
    json["resampling_fn_" + what] = "resample_data_or_seg_to_shape";
    json["resampling_fn_" + what + "_kwargs"] = {{"is_seg", what == "seg"},
                                                 {"order", what == "data" ? 3 : 1},
                                                 {"order_z", 0},
                                                 {"force_separate_z", nullptr}};
  }
  return json;
}

inline Json tiny_plans() {
  const Json intensities = {{"max", 75.0}, {"mean", 65.0},          {"median", 65.0},
                            {"min", 10.0}, {"percentile_00_5", 10}, {"percentile_99_5", 75},
                            {"std", 5.0}};
  return {{"dataset_name", "Dataset900_Balls"},
          {"plans_name", "nnUNetPlans"},
          {"original_median_spacing_after_transp", {1.0, 1.0, 1.0}},
          {"original_median_shape_after_transp", {20, 18, 16}},
          {"image_reader_writer", "SimpleITKIO"},
          {"transpose_forward", {0, 1, 2}},
          {"transpose_backward", {0, 1, 2}},
          {"configurations", {{"3d_fullres", tiny_configuration()}}},
          {"experiment_planner_used", "ExperimentPlanner"},
          {"label_manager", "LabelManager"},
          {"foreground_intensity_properties_per_channel", {{"0", intensities}}}};
}

inline Json tiny_dataset_json(const TinyTask& task) {
  Json json = {{"channel_names", {{"0", "MRI"}}},
               {"labels", task.labels},
               {"numTraining", kTinyCases},
               {"file_ending", ".nii.gz"}};
  if (!task.regions_class_order.is_null()) json["regions_class_order"] = task.regions_class_order;
  return json;
}

/// A small dataset with a hand-written plan of a tiny network, preprocessed. @returns WORK.
inline std::filesystem::path write_tiny_work(const TemporaryFolder& folder,
                                             const TinyTask& task = {}) {
  const auto dataset = folder / "Dataset900_Balls", work = folder / "work";
  for (int number = 0; number < kTinyCases; ++number) write_tiny_case(dataset, number, task);
  write_json(dataset / "dataset.json", tiny_dataset_json(task));
  write_json(work / "dataset.json", tiny_dataset_json(task));
  write_json(work / "plans.json", task.plans.is_null() ? tiny_plans() : task.plans);
  const data::WorkFolder layout{work};
  write_json(layout.source(), {{"dataset_folder", dataset.string()}});
  data::preprocess_work(layout, {});
  return work;
}

}  // namespace seg::test
