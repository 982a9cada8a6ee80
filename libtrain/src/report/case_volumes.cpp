#include "report/case_volumes.hpp"

#include <array>

#include "evaluate/panels.hpp"
#include "report/data_uri.hpp"
#include "seg/data/image.hpp"

namespace seg::train {
namespace {

/// Which voxels of a volume are shown, in array order.
struct VolumePart {
  std::array<Interval, 3> ranges;
  std::array<std::int64_t, 3> steps{1, 1, 1};

  at::Tensor of(const at::Tensor& volume) const {
    at::Tensor part = volume;
    for (std::size_t axis = 0; axis < 3; ++axis)
      part = part.slice(static_cast<std::int64_t>(axis), ranges[axis].first, ranges[axis].end,
                        steps[axis]);
    return part;
  }
  data::Geometry of(const data::Geometry& geometry) const {
    data::Geometry result;
    result.direction = geometry.direction;
    result.origin = geometry.origin;
    for (std::size_t axis = 0; axis < 3; ++axis) {  // x, y, z
      const double start = static_cast<double>(ranges[2 - axis].first) * geometry.spacing[axis];
      for (std::size_t world = 0; world < 3; ++world)
        result.origin[world] += geometry.direction[3 * world + axis] * start;
      result.spacing[axis] = geometry.spacing[axis] * static_cast<double>(steps[2 - axis]);
    }
    return result;
  }
};

VolumePart part_around(const at::Tensor& labelled) {
  VolumePart shown;
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    const at::Tensor rows = labelled.any(axis == 2 ? 1 : 2);
    const Interval seen = extent(rows.any(axis == 0 ? 1 : 0));
    auto& range = shown.ranges[static_cast<std::size_t>(axis)];
    range = widened(seen, least_voxels_shown, labelled.size(axis));
    shown.steps[static_cast<std::size_t>(axis)] =
        (range.size() + most_voxels_along - 1) / most_voxels_along;
  }
  return shown;
}

}  // namespace

Json volumes_json(const CaseImages& images) {
  const OverlayInput& input = images.input;
  check_shapes(input);
  if (input.geometry.dimensions == 2) return {};
  at::Tensor labelled = input.labels > 0;
  if (input.reference.defined()) labelled.logical_or_(input.reference > 0);
  const VolumePart shown = part_around(labelled);
  const data::Geometry geometry = shown.of(input.geometry);
  const auto packed = [&](const at::Tensor& values, at::ScalarType type) {
    return base64(data::packed_nifti(values.to(type), geometry));
  };
  Json json{{"step", {shown.steps[2], shown.steps[1], shown.steps[0]}},
            {"scan", nullptr},
            {"prediction", packed(shown.of(input.labels), at::kShort)},
            {"reference", nullptr}};
  if (images.has_scan)
    json["scan"] = packed(grey_range(input.scan).levels(shown.of(input.scan)).round(), at::kByte);
  if (input.reference.defined()) json["reference"] = packed(shown.of(input.reference), at::kShort);
  return json;
}

}  // namespace seg::train
