#pragma once

#include <type_traits>

#include "seg/data/augment_draws.hpp"

namespace seg::train {

/// Calls visit(name, entry) for every entry of an augmentation table.
template <class Table, class Visit>
requires std::is_same_v<std::remove_const_t<Table>, data::AugmentationTable>
void for_each_entry(Table& table, const Visit& visit) {
  visit("rotation_probability", table.rotation_probability);
  visit("zoom_probability", table.zoom_probability);
  visit("zoom", table.zoom);
  visit("noise_probability", table.noise_probability);
  visit("noise_sigma", table.noise_sigma);
  visit("blur_probability", table.blur_probability);
  visit("blur_channel_probability", table.blur_channel_probability);
  visit("blur_sigma", table.blur_sigma);
  visit("brightness_probability", table.brightness_probability);
  visit("brightness", table.brightness);
  visit("contrast_probability", table.contrast_probability);
  visit("contrast", table.contrast);
  visit("low_resolution_probability", table.low_resolution_probability);
  visit("low_resolution_channel_probability", table.low_resolution_channel_probability);
  visit("low_resolution_scale", table.low_resolution_scale);
  visit("gamma_inverted_probability", table.gamma_inverted_probability);
  visit("gamma_probability", table.gamma_probability);
  visit("gamma", table.gamma);
  visit("mirror_probability", table.mirror_probability);
  visit("morphology_probability", table.morphology_probability);
  visit("morphology_label_probability", table.morphology_label_probability);
  visit("morphology_radius", table.morphology_radius);
  visit("removal_probability", table.removal_probability);
  visit("removal_label_probability", table.removal_label_probability);
  visit("removal_largest_share", table.removal_largest_share);
}

}  // namespace seg::train
