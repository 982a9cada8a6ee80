#include "seg/plan/version_1.hpp"

#include <map>

#include "intensity_json.hpp"
#include "json_field.hpp"
#include "resampling_json.hpp"

namespace seg::plan {
namespace {

std::string normalization(const std::string& scheme, const std::string& source) {
  static const std::map<std::string, std::string> schemes{
      {"CT", "CTNormalization"}, {"nonCT", "ZScoreNormalization"}, {"noNorm", "NoNormalization"}};
  const auto found = schemes.find(scheme);
  if (found == schemes.end())
    throw Error(source, "normalises by the unknown scheme \"" + scheme + "\"",
                "CT, nonCT and noNorm are understood");
  return found->second;
}

Json normalizations(const JsonObject& plans) {
  const JsonObject by_channel = plans.object("normalization_schemes");
  Json schemes = Json::array();
  for (const auto& [channel, scheme] : by_channel.json.items())
    schemes.push_back(normalization(by_channel.get<std::string>(channel), plans.source));
  return schemes;
}

Json values_of(const Json& by_key) {
  Json values = Json::array();
  for (const auto& [key, value] : by_key.items()) values.push_back(value);
  return values;
}

/// v1 has them for CT only; channels of other kinds do without, but v2 has an entry for each.
Json intensities(const JsonObject& plans) {
  const JsonObject dataset = plans.object("dataset_properties");
  if (!dataset.has("intensityproperties"))
    return intensities_to_json(std::vector<IntensityProperties>(plans.at("modalities").size()));
  std::vector<IntensityProperties> channels;
  for (const auto& [channel, entry] : dataset.object("intensityproperties").json.items()) {
    const JsonObject own{entry, dataset.source};
    channels.push_back({.max = own.get<double>("mx"),
                        .mean = own.get<double>("mean"),
                        .median = own.get<double>("median"),
                        .min = own.get<double>("mn"),
                        .percentile_00_5 = own.get<double>("percentile_00_5"),
                        .percentile_99_5 = own.get<double>("percentile_99_5"),
                        .std = own.get<double>("sd")});
  }
  return intensities_to_json(channels);
}

Json dataset_of(const JsonObject& plans) {
  Json labels{{"background", 0}};
  for (const int label : plans.get<std::vector<int>>("all_classes"))
    labels["label " + std::to_string(label)] = label;
  return {{"channel_names", plans.at("modalities")},
          {"labels", labels},
          {"numTraining", 0},
          {"file_ending", ".nii.gz"}};
}

JsonObject last_stage(const JsonObject& plans) {
  const JsonObject stages = plans.object("plans_per_stage");
  if (stages.json.empty()) throw Error(stages.source, "names no stage");
  return stages.object((--stages.json.end()).key());
}

void add_poolings(const JsonObject& stage, Json& arguments) {
  const Json& poolings = stage.at("pool_op_kernel_sizes");
  Json strides = Json::array({Json::array()});
  strides[0].insert(strides[0].end(), poolings.at(0).size(), 1);
  for (const Json& pooling : poolings) strides.push_back(pooling);
  arguments["strides"] = strides;
}

Json configuration_of(const JsonObject& plans, const JsonObject& stage, Architecture network) {
  add_poolings(stage, network.arguments);
  Json json{{"data_identifier", plans.get<std::string>("data_identifier")},
            {"preprocessor_name", "DefaultPreprocessor"},
            {"batch_size", stage.at("batch_size")},
            {"patch_size", stage.at("patch_size")},
            {"median_image_size_in_voxels", stage.at("median_patient_size_in_voxels")},
            {"spacing", stage.at("current_spacing")},
            {"normalization_schemes", normalizations(plans)},
            {"use_mask_for_norm", values_of(plans.at("use_mask_for_norm"))}};
  add_default_resampling(json);
  json["architecture"] = {{"network_class_name", network.class_name},
                          {"arch_kwargs", network.arguments},
                          {"_kw_requires_import", network.requires_import}};
  json["batch_dice"] = false;
  return json;
}

}  // namespace

Version1Model convert_version_1_plans(const Json& version_1, Architecture network,
                                      const std::string& source) {
  const JsonObject plans{version_1, source};
  const JsonObject stage = last_stage(plans);
  Version1Model model;
  model.configuration = stage.at("patch_size").size() == 2 ? "2d" : "3d_fullres";
  model.dataset = dataset_of(plans);
  model.plans = {{"dataset_name", "Dataset000_Version1"},
                 {"plans_name", "nnUNetPlans"},
                 {"original_median_spacing_after_transp", stage.at("original_spacing")},
                 {"original_median_shape_after_transp", stage.at("median_patient_size_in_voxels")},
                 {"image_reader_writer", "SimpleITKIO"},
                 {"transpose_forward", plans.at("transpose_forward")},
                 {"transpose_backward", plans.at("transpose_backward")},
                 {"experiment_planner_used", "ExperimentPlanner"},
                 {"label_manager", "LabelManager"},
                 {"foreground_intensity_properties_per_channel", intensities(plans)}};
  model.plans["configurations"][model.configuration] =
      configuration_of(plans, stage, std::move(network));
  return model;
}

}  // namespace seg::plan
