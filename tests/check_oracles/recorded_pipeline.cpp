#include "recorded_pipeline.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "seg/data/augment.hpp"

namespace seg::oracles {
namespace {

const data::AugmentationTable& table() {
  static const data::AugmentationTable defaults;
  return defaults;
}

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

Json gamma(double probability, bool invert) {
  return at_random(probability, {{"type", "GammaTransform"},
                                 {"gamma", contrast_text(table().range("gamma"))},
                                 {"p_invert_image", invert ? 1.0 : 0.0},
                                 {"p_per_channel", 1.0},
                                 {"p_retain_stats", 1.0}});
}

Json spatial(const data::AugmentationGeometry& geometry, std::vector<std::int64_t> patch) {
  if (geometry.dummy_2d) patch.erase(patch.begin());
  return {{"type", "SpatialTransform"},
          {"patch_size", patch},
          {"random_crop", false},
          {"p_elastic_deform", 0},
          {"p_rotation", table().number("rotation_probability")},
          {"rotation", geometry.rotation_range},
          {"p_rot_per_axis", 1},
          {"p_scaling", table().number("zoom_probability")},
          {"scaling", list_of(table().range("zoom"))},
          {"p_synchronize_scaling_across_axes", 1},
          {"padding_value_seg", -1},
          {"padding_value_image", 0}};
}

Json intensity_transforms(bool dummy_2d) {
  return {at_random(table().number("noise_probability"),
                    {{"type", "GaussianNoiseTransform"},
                     {"noise_variance", list_of(table().range("noise_sigma"))},
                     {"synchronize_channels", true}}),
          at_random(table().number("blur_probability"),
                    {{"type", "GaussianBlurTransform"},
                     {"blur_sigma", list_of(table().range("blur_sigma"))},
                     {"synchronize_axes", false},
                     {"p_per_channel", table().number("blur_channel_probability")}}),
          at_random(table().number("brightness_probability"),
                    {{"type", "MultiplicativeBrightnessTransform"},
                     {"multiplier_range", contrast_text(table().range("brightness"))},
                     {"p_per_channel", 1}}),
          at_random(table().number("contrast_probability"),
                    {{"type", "ContrastTransform"},
                     {"contrast_range", contrast_text(table().range("contrast"))},
                     {"preserve_range", true},
                     {"p_per_channel", 1.0}}),
          at_random(table().number("low_resolution_probability"),
                    {{"type", "SimulateLowResolutionTransform"},
                     {"scale", list_of(table().range("low_resolution_scale"))},
                     {"synchronize_axes", true},
                     {"ignore_axes", dummy_2d ? Json{0} : Json()},
                     {"p_per_channel", table().number("low_resolution_channel_probability")}}),
          gamma(table().number("gamma_inverted_probability"), true),
          gamma(table().number("gamma_probability"), false)};
}

Json cascade_transforms() {
  return {
      {{"type", "MoveSegAsOneHotToDataTransform"}, {"source_channel_idx", 1}},
      at_random(table().number("morphology_probability"),
                {{"type", "ApplyRandomBinaryOperatorTransform"},
                 {"strel_size", list_of(table().range("morphology_radius"))},
                 {"p_per_label", table().number("morphology_label_probability")}}),
      at_random(table().number("removal_probability"),
                {{"type", "RemoveRandomConnectedComponentFromOneHotEncodingTransform"},
                 {"fill_with_other_class_p", 0},
                 {"dont_do_if_covers_more_than_x_percent", table().number("removal_largest_share")},
                 {"p_per_label", table().number("removal_label_probability")}})};
}

bool contains_type(const Json& transforms, const std::string& type) {
  return std::ranges::any_of(transforms, [&](const Json& one) { return one.at("type") == type; });
}

void append_all(Json& list, const Json& more) {
  for (const Json& entry : more) list.push_back(entry);
}

/// Steps that depend on labels and configuration are there when nnU-Net has them.
Json label_transforms(const Json& recorded) {
  Json list = {{{"type", "RemoveLabelTransform"}, {"label_value", -1}, {"set_to", 0}}};
  if (contains_type(recorded, "MoveSegAsOneHotToDataTransform"))
    append_all(list, cascade_transforms());
  if (contains_type(recorded, "ConvertSegmentationToRegionsTransform"))
    list.push_back({{"type", "ConvertSegmentationToRegionsTransform"}});
  list.push_back({{"type", "DownsampleSegForDSTransform"}});
  return list;
}

Json training_transforms(const Json& recorded, const data::AugmentationGeometry& geometry,
                         const std::vector<std::int64_t>& patch) {
  Json list = Json::array();
  if (geometry.dummy_2d) list.push_back({{"type", "Convert3DTo2DTransform"}});
  list.push_back(spatial(geometry, patch));
  if (geometry.dummy_2d) list.push_back({{"type", "Convert2DTo3DTransform"}});
  append_all(list, intensity_transforms(geometry.dummy_2d));
  list.push_back({{"type", "MirrorTransform"}, {"allowed_axes", geometry.mirror_axes}});
  if (contains_type(recorded, "MaskImageTransform"))
    list.push_back({{"type", "MaskImageTransform"}, {"set_outside_to", 0}});
  append_all(list, label_transforms(recorded));
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

/// Every setting of ours must be recorded with the same value.
void compare_settings(const Json& ours, const Json& theirs, Outcome& outcome) {
  for (const auto& [key, value] : ours.items()) {
    if (value.is_object())
      compare_settings(value, theirs.at(key), outcome);
    else if (!same_value(value, theirs.at(key)))
      outcome.fault = ours.at("type").get<std::string>() + ": " + key + " is " + value.dump();
  }
}

void compare_lists(const Json& ours, const Json& theirs, Outcome& outcome) {
  if (ours.size() != theirs.size())
    outcome.fault = std::to_string(ours.size()) + " steps";
  else
    for (std::size_t i = 0; i < ours.size(); ++i) compare_settings(ours[i], theirs[i], outcome);
}

Json validation_transforms(const Json& recorded) {
  Json list = Json::array();
  for (const Json& one : label_transforms(recorded))
    if (one.at("type") != "RandomTransform") list.push_back(one);
  return list;
}

}  // namespace

void replay_pipeline(const Json& recorded, Outcome& outcome) {
  const Json& settings = recorded.at("config");
  const std::vector<std::int64_t> patch = settings.at("patch_size");
  const auto geometry = data::augmentation_geometry(patch);
  const auto degrees = [](double radians) { return radians * 180 / std::numbers::pi; };
  const Json ours = {{"type", "geometry"},
                     {"rotation_range_rad", geometry.rotation_range},
                     {"rotation_range_deg",
                      {degrees(geometry.rotation_range[0]), degrees(geometry.rotation_range[1])}},
                     {"dummy_2d", geometry.dummy_2d},
                     {"initial_patch_size", geometry.initial_patch_size},
                     {"mirror_axes", geometry.mirror_axes}};
  Json theirs = settings;
  theirs["type"] = "geometry";
  compare_settings(ours, theirs, outcome);
  compare_lists(training_transforms(recorded.at("train"), geometry, patch), recorded.at("train"),
                outcome);
  compare_lists(validation_transforms(recorded.at("val")), recorded.at("val"), outcome);
}

}  // namespace seg::oracles
