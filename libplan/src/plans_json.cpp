#include <cmath>

#include "decisions.hpp"
#include "intensity_json.hpp"
#include "order_statistics.hpp"
#include "resampling_json.hpp"
#include "unet_arguments.hpp"

namespace seg::plan {
namespace {

Json unet_arguments(const ConfigurationPlan& plan) {
  return unet_arguments(UNet{.axes = plan.patch_size().size(),
                             .residual_encoder = plan.network.residual_encoder,
                             .features_per_stage = plan.network.features_per_stage,
                             .kernel_sizes = plan.topology.kernel_sizes,
                             .strides = plan.topology.strides,
                             .encoder_blocks = plan.network.encoder_blocks,
                             .decoder_blocks = plan.network.decoder_blocks});
}

Json network_arguments(const PlannerPreset& preset, const ConfigurationPlan& plan) {
  const Json unet = unet_arguments(plan);
  Json json = *preset.arch_kwargs;
  json.update(preset.reference(plan.patch_size().size()).arch_kwargs);
  for (const auto& key : preset.arch_kwargs_from_plan) json[key] = unet.at(key);
  return json;
}

Json architecture_json(const Decisions& decisions, const ConfigurationPlan& plan) {
  const PlannerPreset& preset = decisions.task.preset;
  Json json = {{"network_class_name", preset.network_class_name}};
  if (preset.arch_kwargs) {
    json["arch_kwargs"] = network_arguments(preset, plan);
    json["_kw_requires_import"] = Json::array();
  } else {
    json["arch_kwargs"] = unet_arguments(plan);
    json["_kw_requires_import"] = unet_imports();
  }
  return json;
}

std::vector<Extents> head_scales(const HeadRule& rule, const Topology& topology) {
  std::vector<Extents> scales;
  Extents scale(topology.patch_size.size(), 1);
  for (std::size_t head = 0; head < *rule.count; ++head) {
    for (std::size_t axis = 0; axis < scale.size(); ++axis)
      scale[axis] /= static_cast<double>(topology.strides.at(head)[axis]);
    scales.push_back(scale);
  }
  return scales;
}

/// What seg's trainer has to know of networks that nnU-Net does not have; nnU-Net ignores it.
void add_training(const PlannerPreset& preset, const ConfigurationPlan& plan, Json& json) {
  if (preset.heads.count) json["head_scales"] = head_scales(preset.heads, plan.topology);
  if (!preset.heads.weights.empty()) json["head_weights"] = preset.heads.weights;
  if (preset.training) json["training"] = *preset.training;
}

Json configuration_json(const Decisions& decisions, const ConfigurationPlan& plan,
                        const std::string& data_identifier) {
  Json json;
  json["data_identifier"] = data_identifier;
  json["preprocessor_name"] = "DefaultPreprocessor";
  json["batch_size"] = plan.batch_size;
  json["patch_size"] = plan.patch_size();
  json["median_image_size_in_voxels"] = plan.images.median_shape;
  json["spacing"] = plan.images.spacing;
  json["normalization_schemes"] = decisions.normalization.schemes;
  json["use_mask_for_norm"] = decisions.normalization.use_mask;
  const auto& resampling = decisions.task.preset.resampling;
  resampling ? add_resampling(json, *resampling) : add_default_resampling(json);
  json["architecture"] = architecture_json(decisions, plan);
  add_training(decisions.task.preset, plan, json);
  return json;
}

Json fullres_json(const Decisions& decisions, const ConfigurationPlan& plan,
                  const std::string& name) {
  const auto& plans = decisions.task.preset.shares_fullres_data_of;
  return configuration_json(decisions, plan, plans.value_or(decisions.plans_name) + "_" + name);
}

Json lowres_json(const Decisions& decisions) {
  const ConfigurationPlan& plan = *decisions.lowres.plan;
  Json json = configuration_json(decisions, plan, decisions.plans_name + "_3d_lowres");
  // nnU-Net writes this median shape as integers, that of the other configurations as floats.
  const Extents& shape = plan.images.median_shape;
  json["median_image_size_in_voxels"] = Voxels(shape.begin(), shape.end());
  json["batch_dice"] = false;
  json["next_stage"] = "3d_cascade_fullres";
  return json;
}

Json configurations_json(const Decisions& decisions) {
  Json json;
  json["2d"] = fullres_json(decisions, decisions.in_2d, "2d");
  json["2d"]["batch_dice"] = true;
  if (!decisions.fullres) return json;
  const bool cascade = decisions.lowres.kept();
  if (cascade) json["3d_lowres"] = lowres_json(decisions);
  json["3d_fullres"] = fullres_json(decisions, *decisions.fullres, "3d_fullres");
  json["3d_fullres"]["batch_dice"] = cascade;
  if (cascade)
    json["3d_cascade_fullres"] = {{"inherits_from", "3d_fullres"}, {"previous_stage", "3d_lowres"}};
  return json;
}

template <class T>
std::array<double, 3> exact_median_per_axis(const std::vector<std::array<T, 3>>& cases) {
  return {median(along_axis(cases, 0)), median(along_axis(cases, 1)), median(along_axis(cases, 2))};
}

std::array<std::int64_t, 3> rounded(const std::array<double, 3>& values) {
  return {std::llrint(values[0]), std::llrint(values[1]), std::llrint(values[2])};
}

}  // namespace

Json plans_json(const Decisions& decisions, const Fingerprint& fingerprint) {
  const auto& order = decisions.transpose.forward;
  Json json;
  json["dataset_name"] = decisions.dataset_name;
  json["plans_name"] = decisions.plans_name;
  json["original_median_spacing_after_transp"] =
      transposed(exact_median_per_axis(fingerprint.spacings), order);
  json["original_median_shape_after_transp"] =
      rounded(transposed(exact_median_per_axis(fingerprint.shapes_after_crop), order));
  json["image_reader_writer"] = decisions.image_reader;
  json["transpose_forward"] = order;
  json["transpose_backward"] = decisions.transpose.backward;
  json["configurations"] = configurations_json(decisions);
  json["experiment_planner_used"] = decisions.task.preset.planner_class;
  json["label_manager"] = "LabelManager";
  json["foreground_intensity_properties_per_channel"] =
      intensities_to_json(fingerprint.intensities);
  return json;
}

}  // namespace seg::plan
