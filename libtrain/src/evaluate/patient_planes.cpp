#include "evaluate/patient_planes.hpp"

#include <algorithm>
#include <cmath>

namespace seg::train {
namespace {

// How array axes lie in the patient, by the largest direction cosine of each.
struct Orientation {
  std::vector<std::int64_t> axes;  // array axes that run along z, y and x of the patient
  std::array<bool, 3> reversed{};  // which of those run backwards
};

Orientation orientation_of(const data::Geometry& geometry) {
  Orientation result;
  std::vector<int> free = {2, 1, 0};
  for (const int world : {2, 1, 0}) {
    const auto cosine = [&](int axis) { return geometry.direction[3 * world + axis]; };
    const auto nearest =
        std::ranges::max_element(free, {}, [&](int axis) { return std::abs(cosine(axis)); });
    result.reversed[static_cast<std::size_t>(2 - world)] = cosine(*nearest) < 0;
    result.axes.push_back(2 - *nearest);
    free.erase(nearest);
  }
  return result;
}

}  // namespace

UprightScan upright(const OverlayInput& input) {
  const Orientation orientation = orientation_of(input.geometry);
  const auto turned = [&](const at::Tensor& volume) {
    return volume.defined() ? volume.permute(orientation.axes) : volume;
  };
  UprightScan result{turned(input.scan), turned(input.labels), turned(input.reference)};
  result.reversed = orientation.reversed;
  result.dimensions = input.geometry.dimensions;
  const auto spacing = input.geometry.array_spacing();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result.spacing[axis] = spacing[static_cast<std::size_t>(orientation.axes[axis])];
    result.shape[axis] = input.scan.size(orientation.axes[axis]);
  }
  return result;
}

at::Tensor UprightScan::line(const at::Tensor& values, std::int64_t axis) const {
  return reversed[static_cast<std::size_t>(axis)] ? values.flip(0) : values;
}

// Rows run along z in coronal and sagittal planes.
at::Tensor UprightScan::turned(const at::Tensor& values, std::int64_t axis) const {
  std::vector<std::int64_t> flipped;
  if (axis == 0 ? reversed[1] : !reversed[0]) flipped.push_back(0);
  if (axis == 2 ? reversed[1] : reversed[2]) flipped.push_back(1);
  return values.flip(flipped);
}

// Counted by slices: sorting a whole volume takes eight bytes for each voxel and more.
at::Tensor largest_structure(const at::Tensor& labels) {
  const std::int64_t highest = std::max<std::int64_t>(0, labels.max().item<std::int64_t>());
  at::Tensor counts = at::zeros({highest + 1}, at::kLong);
  for (std::int64_t i = 0; i < labels.size(0); ++i)
    counts += at::bincount(labels[i].flatten().to(at::kLong).clamp_min(0), {}, highest + 1);
  counts[0] = 0;
  const auto largest = counts.argmax().item<std::int64_t>();
  return largest > 0 ? labels == largest : labels > 0;
}

std::int64_t slice_to_show(const UprightScan& shown, const at::Tensor& structure,
                           std::int64_t axis) {
  std::vector<std::int64_t> others = {0, 1, 2};
  others.erase(others.begin() + axis);
  const at::Tensor areas = shown.line(structure.sum(others), axis);
  if (areas.max().item<std::int64_t>() == 0) return structure.size(axis) / 2;
  return areas.argmax().item<std::int64_t>();
}

std::array<double, 2> plane_spacing(const UprightScan& shown, std::int64_t axis) {
  const auto& spacing = shown.spacing;
  if (axis == 0) return {spacing[1], spacing[2]};
  return {spacing[0], axis == 1 ? spacing[2] : spacing[1]};
}

// Of the volume, or of the picture if it is one; in mm.
double longest_side(const UprightScan& shown) {
  double longest = 0;
  for (std::size_t axis = shown.dimensions == 2 ? 1 : 0; axis < 3; ++axis)
    longest = std::max(longest, static_cast<double>(shown.shape[axis]) * shown.spacing[axis]);
  return longest;
}

}  // namespace seg::train
