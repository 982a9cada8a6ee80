#pragma once

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <vector>

#include "seg/data/augment.hpp"
#include "seg/data/augmentation_table.hpp"
#include "seg/data/random.hpp"

namespace seg::data {

/// Some items of a batch on their way through the transforms, on one device.
struct Items {
  at::Tensor raw_data, raw_seg;  ///< as cut out of the cases: larger than the patch
  at::Tensor data;               ///< float32 [N, C, (Z,) Y, X]; at first the centre of raw_data
  at::Tensor seg;                ///< int16 [N, S, (Z,) Y, X]; at first the centre of raw_seg
  at::Tensor previous;  ///< cascade: float32 [N, L, (Z,) Y, X], 0 or 1 for each foreground label
                        ///< of the previous stage
  std::vector<int> labels;  ///< all values that seg may have, ascending: -1, the labels, ignore
  Sampling sampling{};
};

/// What is known of an item before anything is drawn for it.
struct ItemFormat {
  int channels = 1;                   ///< image channels
  int axes = 3;                       ///< 2 or 3
  std::vector<std::int64_t> patch{};  ///< its extents
  bool dummy_2d = false;
  std::array<double, 2> rotation_range{};  ///< radians
  std::vector<int> mirror_axes;
  std::int64_t previous_labels = 0;  ///< cascade: foreground labels of the previous stage
};

/// What was drawn for one item: lists of numbers, whose meaning is the transform's own. Intensity
/// transforms have one list per channel; an empty one leaves that channel as it is. Without any
/// list the item stays as it is.
using Drawn = std::vector<std::vector<double>>;

/// One step of augmentation. Draws and changes are apart, so that items are drawn one by one, each
/// from a stream of its own, and changed together.
struct Transform {
  std::string name;
  std::vector<AugmentationParameter> parameters;  ///< whose values the table holds
  Drawn (*draw)(CountedRandom& random, const ItemFormat& format, const AugmentationTable& table);
  /// Changes items in place, on the device where they lie; `draws` has one entry for each.
  void (*apply)(const Items& items, const std::vector<Drawn>& draws);
  std::uint32_t stream = 0;  ///< the list numbers it
};

inline double draw_from(CountedRandom& random, const Range& range) {
  return random.uniform(range.low, range.high);
}

/// Bounds of a parameter that is a probability.
inline AugmentationParameter probability(const char* name, const char* meaning = "per item") {
  return {name, 0, 1, meaning};
}

}  // namespace seg::data
