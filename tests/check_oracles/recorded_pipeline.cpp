#include "recorded_pipeline.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "augment/equal_axes.hpp"

namespace seg::oracles {
namespace {

Json list_of(const data::Range& range) { return {range.low, range.high}; }

/// nnU-Net's name for a factor that is as often below 1 as above.
std::string contrast_text(const data::Range& range) {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "BGContrast(contrast_range=(%.12g, %.12g))", range.low,
                range.high);
  return text.data();
}

Json at_random(double probability, const Json& transform) {
  return {
      {"type", "RandomTransform"}, {"transform", transform}, {"apply_probability", probability}};
}

/// Lists what may happen.
struct Steps {
  Json list = Json::array();

  void add(double probability, const Json& transform) {
    if (probability > 0) list.push_back(at_random(probability, transform));
  }
  void add_one_of(double probability, const Json& one, const Json& other) {
    if (probability > 0)
      list.push_back(
          {{"type", "OneOfTransform"},
           {"list_of_transforms", {at_random(probability, one), at_random(probability, other)}}});
  }
};

Json gamma(const data::AugmentationTable& table, double negated) {
  return Json{{"type", "GammaTransform"},
              {"gamma", contrast_text(table.range("gamma"))},
              {"p_invert_image", negated},
              {"p_per_channel", 1.0},
              {"p_retain_stats", 1.0}};
}

Json spatial(const PipelineSettings& settings) {
  const data::AugmentationTable& table = settings.table;
  auto patch = settings.patch;
  if (settings.geometry.dummy_2d) patch.erase(patch.begin());
  const auto mode = [](bool nearest) { return nearest ? "nearest" : "bilinear"; };
  return {{"type", "SpatialTransform"},
          {"patch_size", patch},
          {"random_crop", false},
          {"p_elastic_deform", 0},
          {"p_rotation", table.number("rotation_probability")},
          {"rotation", settings.geometry.rotation_range},
          {"p_rot_per_axis", table.number("rotation_axis_probability")},
          {"p_scaling", table.number("zoom_probability")},
          {"scaling", list_of(table.range("zoom"))},
          {"p_synchronize_scaling_across_axes", table.number("zoom_together_probability")},
          {"mode_image", mode(settings.sampling.nearest_images)},
          {"mode_seg", mode(settings.sampling.nearest_labels)},
          {"padding_value_seg", -1},
          {"padding_value_image", 0}};
}

/// Upper ends that are whole numbers are excluded in nnU-Net.
Json counts(const data::Range& range) { return {range.low, range.high + 1}; }

void add_axis_changes(const PipelineSettings& settings, Steps& steps) {
  const auto axes = data::equal_axes(settings.patch);
  if (axes.empty()) return;
  steps.add(settings.table.number("rot90_probability"), {{"type", "Rot90Transform"},
                                                         {"num_axis_combinations", 1},
                                                         {"num_rot_per_combination", {0, 1, 2, 3}},
                                                         {"allowed_axes", axes}});
  steps.add(settings.table.number("transpose_probability"),
            {{"type", "TransposeAxesTransform"}, {"allowed_axes", axes}});
}

void add_smoothing(const data::AugmentationTable& table, Steps& steps) {
  const double per_channel = table.number("smoothing_channel_probability");
  steps.add_one_of(table.number("smoothing_probability"),
                   {{"type", "MedianFilterTransform"},
                    {"filter_size", counts(table.range("smoothing_size"))},
                    {"p_same_for_each_channel", 0},
                    {"p_per_channel", per_channel}},
                   {{"type", "GaussianBlurTransform"},
                    {"blur_sigma", list_of(table.range("smoothing_sigma"))},
                    {"synchronize_axes", true},
                    {"p_per_channel", per_channel}});
}

void add_contrast(const data::AugmentationTable& table, Steps& steps) {
  const auto contrast = [&](bool preserve) {
    return Json{{"type", "ContrastTransform"},
                {"contrast_range", contrast_text(table.range("contrast"))},
                {"preserve_range", preserve},
                {"p_per_channel", table.number("contrast_channel_probability")}};
  };
  const double probability = table.number("contrast_probability");
  if (table.number("contrast_range_probability") == 1)
    steps.add(probability, contrast(true));
  else
    steps.add_one_of(probability, contrast(true), contrast(false));
}

Json intensity_transforms(const data::AugmentationTable& table, bool dummy_2d) {
  Steps steps;
  steps.add(table.number("noise_probability"),
            {{"type", "GaussianNoiseTransform"},
             {"noise_variance", list_of(table.range("noise_sigma"))},
             {"synchronize_channels", true}});
  steps.add(table.number("blur_probability"),
            {{"type", "GaussianBlurTransform"},
             {"blur_sigma", list_of(table.range("blur_sigma"))},
             {"synchronize_axes", false},
             {"p_per_channel", table.number("blur_channel_probability")}});
  steps.add(table.number("brightness_probability"),
            {{"type", "MultiplicativeBrightnessTransform"},
             {"multiplier_range", contrast_text(table.range("brightness"))},
             {"p_per_channel", 1}});
  steps.add(table.number("brightness_shift_probability"),
            {{"type", "BrightnessAdditiveTransform"},
             {"mu", 0},
             {"sigma", table.number("brightness_shift_sigma")},
             {"synchronize_channels", false},
             {"p_per_channel", table.number("brightness_shift_channel_probability")}});
  add_contrast(table, steps);
  steps.add(table.number("low_resolution_probability"),
            {{"type", "SimulateLowResolutionTransform"},
             {"scale", list_of(table.range("low_resolution_scale"))},
             {"synchronize_axes", true},
             {"ignore_axes", dummy_2d ? Json{0} : Json()},
             {"p_per_channel", table.number("low_resolution_channel_probability")}});
  steps.add(table.number("gamma_inverted_probability"), gamma(table, 1));
  steps.add(table.number("gamma_probability"),
            gamma(table, table.number("gamma_negation_probability")));
  return steps.list;
}

Json sides(const std::vector<std::int64_t>& patch) {
  Json list = Json::array();
  for (const auto extent : patch)
    list.push_back({std::max<std::int64_t>(1, extent / 10), extent / 3});
  return list;
}

/// What comes behind mirroring.
Json local_transforms(const PipelineSettings& settings) {
  const data::AugmentationTable& table = settings.table;
  Steps steps;
  steps.add(table.number("rectangle_probability"),
            {{"type", "BlankRectangleTransform"},
             {"rectangle_size", sides(settings.patch)},
             {"num_rectangles", counts(table.range("rectangle_number"))},
             {"p_per_channel", table.number("rectangle_channel_probability")}});
  steps.add(table.number("brightness_gradient_probability"),
            {{"type", "BrightnessGradientAdditiveTransform"},
             {"loc", {-0.5, 1.5}},
             {"same_for_all_channels", false},
             {"mean_centered", false},
             {"p_per_channel", table.number("brightness_gradient_channel_probability")}});
  steps.add(table.number("local_gamma_probability"),
            {{"type", "LocalGammaTransform"},
             {"loc", {-0.5, 1.5}},
             {"same_for_all_channels", false},
             {"p_per_channel", table.number("local_gamma_channel_probability")}});
  steps.add(table.number("sharpening_probability"),
            {{"type", "SharpeningTransform"},
             {"strength", list_of(table.range("sharpening_strength"))},
             {"p_clamp_intensities", 0},
             {"p_per_channel", table.number("sharpening_channel_probability")}});
  return steps.list;
}

Json cascade_transforms(const data::AugmentationTable& table) {
  Steps steps;
  steps.list.push_back({{"type", "MoveSegAsOneHotToDataTransform"}, {"source_channel_idx", 1}});
  steps.add(table.number("morphology_probability"),
            {{"type", "ApplyRandomBinaryOperatorTransform"},
             {"strel_size", list_of(table.range("morphology_radius"))},
             {"p_per_label", table.number("morphology_label_probability")}});
  steps.add(table.number("removal_probability"),
            {{"type", "RemoveRandomConnectedComponentFromOneHotEncodingTransform"},
             {"fill_with_other_class_p", 0},
             {"dont_do_if_covers_more_than_x_percent", table.number("removal_largest_share")},
             {"p_per_label", table.number("removal_label_probability")}});
  return steps.list;
}

bool contains_type(const Json& transforms, const std::string& type) {
  return std::ranges::any_of(transforms, [&](const Json& one) { return one.at("type") == type; });
}

void append_all(Json& list, const Json& more) {
  for (const Json& entry : more) list.push_back(entry);
}

/// Steps that depend on labels and configuration are there when nnU-Net has them.
Json label_transforms(const Json& recorded, const data::AugmentationTable& table) {
  Json list = {{{"type", "RemoveLabelTransform"}, {"label_value", -1}, {"set_to", 0}}};
  if (contains_type(recorded, "MoveSegAsOneHotToDataTransform"))
    append_all(list, cascade_transforms(table));
  if (contains_type(recorded, "ConvertSegmentationToRegionsTransform"))
    list.push_back({{"type", "ConvertSegmentationToRegionsTransform"}});
  if (contains_type(recorded, "DownsampleSegForDSTransform"))
    list.push_back({{"type", "DownsampleSegForDSTransform"}});
  return list;
}

Json training_transforms(const Json& recorded, const PipelineSettings& settings) {
  const auto& geometry = settings.geometry;
  Steps steps;
  Json& list = steps.list;
  if (geometry.dummy_2d) list.push_back({{"type", "Convert3DTo2DTransform"}});
  list.push_back(spatial(settings));
  if (geometry.dummy_2d) list.push_back({{"type", "Convert2DTo3DTransform"}});
  add_axis_changes(settings, steps);
  add_smoothing(settings.table, steps);
  append_all(list, intensity_transforms(settings.table, geometry.dummy_2d));
  if (!geometry.mirror_axes.empty())
    list.push_back({{"type", "MirrorTransform"}, {"allowed_axes", geometry.mirror_axes}});
  append_all(list, local_transforms(settings));
  if (contains_type(recorded, "MaskImageTransform"))
    list.push_back({{"type", "MaskImageTransform"}, {"set_outside_to", 0}});
  append_all(list, label_transforms(recorded, settings.table));
  return list;
}

bool same_value(const Json& ours, const Json& theirs);

bool same_entries(const Json& ours, const Json& theirs) {
  if (ours.size() != theirs.size()) return false;
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (!same_value(ours[i], theirs[i])) return false;
  return true;
}

bool same_value(const Json& ours, const Json& theirs) {
  if (ours.is_array() && theirs.is_array()) return same_entries(ours, theirs);
  if (ours.is_number() && theirs.is_number())
    return std::abs(ours.get<double>() - theirs.get<double>()) < 1e-9;
  return ours == theirs;
}

void compare_lists(const Json& ours, const Json& theirs, Outcome& outcome) {
  if (ours.size() != theirs.size())
    outcome.fault = std::to_string(ours.size()) + " steps";
  else
    for (std::size_t i = 0; i < ours.size(); ++i) compare_settings(ours[i], theirs[i], outcome);
}

Json validation_transforms(const Json& recorded) {
  Json list = Json::array();
  for (const Json& one : label_transforms(recorded, {}))
    if (one.at("type") != "RandomTransform") list.push_back(one);
  return list;
}

}  // namespace

void compare_settings(const Json& ours, const Json& theirs, Outcome& outcome) {
  for (const auto& [key, value] : ours.items()) {
    if (value.is_object())
      compare_settings(value, theirs.at(key), outcome);
    else if (key == "list_of_transforms")
      compare_lists(value, theirs.at(key), outcome);
    else if (!same_value(value, theirs.at(key)))
      outcome.fault = ours.value("type", "settings") + ": " + key + " is " + value.dump();
  }
}

void compare_geometry(const data::AugmentationGeometry& geometry, const Json& recorded,
                      Outcome& outcome) {
  const Json ours = {{"type", "geometry"},
                     {"rotation_range_rad", geometry.rotation_range},
                     {"dummy_2d", geometry.dummy_2d},
                     {"initial_patch_size", geometry.initial_patch_size},
                     {"mirror_axes", geometry.mirror_axes}};
  Json theirs = recorded;
  theirs["type"] = "geometry";
  if (theirs.at("mirror_axes").is_null()) theirs["mirror_axes"] = Json::array();
  compare_settings(ours, theirs, outcome);
}

void compare_training_pipeline(const Json& recorded, const PipelineSettings& settings,
                               Outcome& outcome) {
  compare_lists(training_transforms(recorded, settings), recorded, outcome);
}

void compare_validation_pipeline(const Json& recorded, Outcome& outcome) {
  compare_lists(validation_transforms(recorded), recorded, outcome);
}

void replay_pipeline(const Json& recorded, Outcome& outcome) {
  const std::vector<std::int64_t> patch = recorded.at("config").at("patch_size");
  const PipelineSettings settings{.patch = patch, .geometry = data::augmentation_geometry(patch)};
  compare_geometry(settings.geometry, recorded.at("config"), outcome);
  compare_training_pipeline(recorded.at("train"), settings, outcome);
  compare_validation_pipeline(recorded.at("val"), outcome);
}

}  // namespace seg::oracles
