#include "augment/transforms.hpp"

#include <algorithm>
#include <stdexcept>

namespace seg::data {

// Each is defined in the file of its name; the gammas share one.
Transform rotation_zoom(), rot90(), transpose_axes(), median_or_blur(), noise(), blur(),
    brightness(), brightness_shift(), contrast(), low_resolution(), gamma_inverted(), gamma(),
    mirror(), blank_rectangle(), brightness_gradient(), local_gamma(), sharpening(), morphology(),
    removal();

namespace {

Transform with_stream(std::uint32_t stream, Transform transform) {
  transform.stream = stream;
  return transform;
}

// The number is the transform's stream of random draws. A new transform takes a new one wherever it
// stands, and nobody takes that of one that is gone, so that all others draw what they drew before.
std::vector<Transform> listed_for_patches() {
  return {
      with_stream(1, rotation_zoom()),
      with_stream(12, rot90()),
      with_stream(13, transpose_axes()),
      with_stream(14, median_or_blur()),
      with_stream(2, noise()),
      with_stream(3, blur()),
      with_stream(4, brightness()),
      with_stream(15, brightness_shift()),
      with_stream(5, contrast()),
      with_stream(6, low_resolution()),
      with_stream(7, gamma_inverted()),
      with_stream(8, gamma()),
      with_stream(9, mirror()),
      with_stream(16, blank_rectangle()),
      with_stream(17, brightness_gradient()),
      with_stream(18, local_gamma()),
      with_stream(19, sharpening()),
  };
}

std::vector<Transform> listed_for_previous_stage() {
  return {
      with_stream(10, morphology()),
      with_stream(11, removal()),
  };
}

}  // namespace

const std::vector<Transform>& patch_transforms() {
  static const auto list = listed_for_patches();
  return list;
}

const std::vector<Transform>& previous_stage_transforms() {
  static const auto list = listed_for_previous_stage();
  return list;
}

std::vector<Transform> all_transforms() {
  std::vector<Transform> all = patch_transforms();
  all.insert(all.end(), previous_stage_transforms().begin(), previous_stage_transforms().end());
  return all;
}

const Transform& transform_named(const std::string& name) {
  static const auto all = all_transforms();
  const auto found = std::ranges::find(all, name, &Transform::name);
  if (found == all.end()) throw std::logic_error("there is no transform " + name);
  return *found;
}

Drawn drawn_for(const Transform& transform, const DrawPosition& item, const ItemFormat& format,
                const AugmentationTable& table) {
  CountedRandom random(item, transform_purpose(transform.stream));
  return transform.draw(random, format, table);
}

}  // namespace seg::data
