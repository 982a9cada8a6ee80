#include "evaluate/patient_planes.hpp"

#include <algorithm>
#include <cmath>

namespace seg::train {
namespace {

// How array axes lie in the patient, by the largest direction cosine of each.
struct Orientation {
  std::vector<std::int64_t> axes;      // array axes that run along z, y and x of the patient
  std::vector<std::int64_t> reversed;  // of those, the ones that run backwards
};

Orientation orientation_of(const data::Geometry& geometry) {
  Orientation result;
  std::vector<int> free = {2, 1, 0};
  for (const int world : {2, 1, 0}) {
    const auto cosine = [&](int axis) { return geometry.direction[3 * world + axis]; };
    const auto nearest =
        std::ranges::max_element(free, {}, [&](int axis) { return std::abs(cosine(axis)); });
    if (cosine(*nearest) < 0) result.reversed.push_back(2 - world);
    result.axes.push_back(2 - *nearest);
    free.erase(nearest);
  }
  return result;
}

at::Tensor upright(const at::Tensor& volume, const Orientation& orientation) {
  if (!volume.defined()) return volume;
  return volume.to(at::kFloat).permute(orientation.axes).flip(orientation.reversed).contiguous();
}

}  // namespace

OverlayInput upright(const OverlayInput& input) {
  const Orientation orientation = orientation_of(input.geometry);
  OverlayInput result = input;
  result.scan = upright(input.scan, orientation);
  result.labels = upright(input.labels, orientation);
  result.reference = upright(input.reference, orientation);
  const auto spacing = input.geometry.array_spacing();
  for (std::size_t axis = 0; axis < 3; ++axis)  // ITK's order is x, y, z
    result.geometry.spacing[2 - axis] = spacing[orientation.axes[axis]];
  return result;
}

at::Tensor largest_structure(const at::Tensor& labels) {
  const at::Tensor foreground = labels.masked_select(labels > 0);
  if (foreground.numel() == 0) return labels > 0;
  const auto [values, inverse, counts] = at::unique_dim(foreground, 0, true, false, true);
  return labels == values[counts.argmax()];
}

std::int64_t slice_to_show(const at::Tensor& structure, std::int64_t axis) {
  std::vector<std::int64_t> others = {0, 1, 2};
  others.erase(others.begin() + axis);
  const at::Tensor areas = structure.sum(others);
  if (areas.max().item<std::int64_t>() == 0) return structure.size(axis) / 2;
  return areas.argmax().item<std::int64_t>();
}

// The head is up in coronal and sagittal planes, where rows run along z.
at::Tensor plane(const at::Tensor& volume, std::int64_t axis, std::int64_t index) {
  const at::Tensor slice = volume.select(axis, index);
  return axis == 0 ? slice : slice.flip(0);
}

std::array<double, 2> plane_spacing(const data::Geometry& geometry, std::int64_t axis) {
  const auto& spacing = geometry.spacing;
  if (axis == 0) return {spacing[1], spacing[0]};
  return {spacing[2], axis == 1 ? spacing[0] : spacing[1]};
}

// Of the volume, or of the picture if it is one; in mm.
double longest_side(const OverlayInput& input) {
  double longest = 0;
  for (std::int64_t axis = input.geometry.dimensions == 2 ? 1 : 0; axis < 3; ++axis)
    longest = std::max(longest, input.scan.size(axis) * input.geometry.spacing[2 - axis]);
  return longest;
}

}  // namespace seg::train
