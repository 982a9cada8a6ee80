#include <algorithm>
#include <array>
#include <cmath>

#include "evaluate/panels.hpp"
#include "evaluate/patient_planes.hpp"
#include "seg/train/overlay.hpp"

namespace seg::train {
namespace {

/// From `first` up to, not with, `end`.
struct Range {
  std::int64_t first = 0, end = 0;
  std::int64_t size() const { return end - first; }
};

/// Of a line of booleans, where it is true; all of it where it never is.
Range extent(const at::Tensor& line) {
  const at::Tensor places = line.nonzero().flatten();
  if (places.numel() == 0) return {0, line.size(0)};
  return {places[0].item<std::int64_t>(), places[-1].item<std::int64_t>() + 1};
}

/// A third of its size more on either side, and at least `least` in all, within [0, whole).
Range widened(const Range& range, std::int64_t least, std::int64_t whole) {
  const std::int64_t margin =
      std::max<std::int64_t>((range.size() + 2) / 3, (least - range.size() + 1) / 2);
  return {std::max<std::int64_t>(0, range.first - margin), std::min(whole, range.end + margin)};
}

/// Of an upright volume: the axis with the largest spacing, the first of equal ones.
std::int64_t coarsest_axis(const data::Geometry& geometry) {
  if (geometry.dimensions == 2) return 0;
  const auto& spacing = geometry.spacing;  // x, y, z
  std::int64_t axis = 0;
  for (std::int64_t other = 1; other < 3; ++other)
    if (spacing[2 - other] > 1.001 * spacing[2 - axis]) axis = other;
  return axis;
}

std::vector<std::int64_t> evenly_chosen(const Range& slices, std::int64_t most) {
  const std::int64_t count = std::clamp<std::int64_t>(most, 1, slices.size());
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < count; ++i)
    chosen.push_back(slices.first + (2 * i + 1) * slices.size() / (2 * count));
  return chosen;
}

/// What of every slice is shown.
struct Window {
  Range rows, columns;
  at::Tensor of(const at::Tensor& slice) const {
    return slice.slice(0, rows.first, rows.end).slice(1, columns.first, columns.end);
  }
};

Window window_on(const at::Tensor& labelled, std::int64_t axis) {
  constexpr std::int64_t least = 32;  // voxels: less shows nothing of what lies around
  const at::Tensor shadow = labelled.any(axis);
  const at::Tensor seen = axis == 0 ? shadow : shadow.flip(0);  // as plane() turns it
  return {widened(extent(seen.any(1)), least, seen.size(0)),
          widened(extent(seen.any(0)), least, seen.size(1))};
}

std::size_t widest_of(const OverlaySlices& slices, const at::Tensor& labelled, std::int64_t axis) {
  std::vector<std::int64_t> areas;
  for (const std::int64_t index : slices.indices)
    areas.push_back(labelled.select(axis, index).sum().item<std::int64_t>());
  return static_cast<std::size_t>(std::ranges::max_element(areas) - areas.begin());
}

const char* plane_name(const data::Geometry& geometry, std::int64_t axis) {
  constexpr std::array names{"axial", "coronal", "sagittal"};
  return geometry.dimensions == 2 ? "picture" : names[static_cast<std::size_t>(axis)];
}

}  // namespace

OverlaySlices overlay_slices(const OverlayInput& input, const SliceOptions& options) {
  check_shapes(input);
  const OverlayInput shown = upright(input);
  const at::Tensor grey = grey_levels(shown.scan), nothing = at::zeros_like(shown.labels);
  const at::Tensor& left = shown.reference.defined() ? shown.labels : nothing;
  const at::Tensor& right = shown.reference.defined() ? shown.reference : shown.labels;
  const at::Tensor labelled = left.logical_or(right);
  const std::int64_t axis = coarsest_axis(shown.geometry);
  const Window window = window_on(labelled, axis);
  const auto spacing = plane_spacing(shown.geometry, axis);
  const double height = window.rows.size() * spacing[0], width = window.columns.size() * spacing[1];
  const double scale = static_cast<double>(options.panel_size) / std::max(height, width);
  const std::array size{pixels(height * scale), pixels(width * scale)};
  std::vector<std::int64_t> others{0, 1, 2};
  others.erase(others.begin() + axis);
  OverlaySlices result{plane_name(shown.geometry, axis), grey.size(axis), {}, {}, 0};
  const Range slices = extent(labelled.sum(others) > 0);
  result.indices = evenly_chosen(slices, options.most);
  for (const std::int64_t index : result.indices) {
    const auto seen = [&](const at::Tensor& volume) { return window.of(plane(volume, axis, index)); };
    const at::Tensor none = seen(nothing);
    result.pictures.push_back(
        side_by_side({painted(resized({seen(grey), none, seen(left)}, size)),
                      painted(resized({seen(grey), none, seen(right)}, size))}));
  }
  result.widest = widest_of(result, labelled, axis);
  return result;
}

}  // namespace seg::train
