#include <algorithm>
#include <array>
#include <cmath>

#include "evaluate/panels.hpp"
#include "evaluate/patient_planes.hpp"
#include "seg/train/overlay.hpp"

namespace seg::train {
namespace {

/// Of an upright volume: the axis with the largest spacing, the first of equal ones.
std::int64_t coarsest_axis(const UprightScan& shown) {
  if (shown.dimensions == 2) return 0;
  std::size_t axis = 0;
  for (std::size_t other = 1; other < 3; ++other)
    if (shown.spacing[other] > 1.001 * shown.spacing[axis]) axis = other;
  return static_cast<std::int64_t>(axis);
}

std::vector<std::int64_t> evenly_chosen(const Interval& slices, std::int64_t most) {
  const std::int64_t count = std::clamp<std::int64_t>(most, 1, slices.size());
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < count; ++i)
    chosen.push_back(slices.first + (2 * i + 1) * slices.size() / (2 * count));
  return chosen;
}

/// What of every slice is shown.
struct Window {
  Interval rows, columns;
  at::Tensor of(const at::Tensor& slice) const {
    return slice.slice(0, rows.first, rows.end).slice(1, columns.first, columns.end);
  }
};

Window window_on(const UprightScan& shown, const at::Tensor& labelled, std::int64_t axis) {
  const at::Tensor seen = shown.turned(labelled.any(axis), axis);
  return {widened(extent(seen.any(1)), least_voxels_shown, seen.size(0)),
          widened(extent(seen.any(0)), least_voxels_shown, seen.size(1))};
}

const char* plane_name(const UprightScan& shown, std::int64_t axis) {
  constexpr std::array names{"axial", "coronal", "sagittal"};
  return shown.dimensions == 2 ? "picture" : names[static_cast<std::size_t>(axis)];
}

/// Whether labels or reference are there, along one axis.
Interval labelled_slices(const UprightScan& shown, const at::Tensor& labelled, std::int64_t axis) {
  const at::Tensor in_rows = labelled.any(axis == 2 ? 1 : 2);
  return extent(shown.line(in_rows.any(axis == 0 ? 1 : 0), axis));
}

/// An upright scan on its way to pictures.
struct View {
  UprightScan shown;
  GreyRange greys;
  at::Tensor labelled;  ///< bool [z, y, x], as the scan is stored
  std::int64_t axis;
  Window window;
  std::array<std::int64_t, 2> size;  ///< of a panel, pixels
};

View view_of(const OverlayInput& input, const SliceOptions& options) {
  View view{upright(input), grey_range(input.scan), {}, 0, {}, {}};
  view.labelled = view.shown.labels > 0;
  if (view.shown.reference.defined()) view.labelled.logical_or_(view.shown.reference > 0);
  view.axis = coarsest_axis(view.shown);
  view.window = window_on(view.shown, view.labelled, view.axis);
  const auto spacing = plane_spacing(view.shown, view.axis);
  const double height = static_cast<double>(view.window.rows.size()) * spacing[0];
  const double width = static_cast<double>(view.window.columns.size()) * spacing[1];
  const double scale = static_cast<double>(options.panel_size) / std::max(height, width);
  view.size = {pixels(height * scale), pixels(width * scale)};
  return view;
}

at::Tensor picture_of(const View& view, std::int64_t index) {
  const auto seen = [&](const at::Tensor& volume) {
    return view.window.of(view.shown.plane(volume, view.axis, index)).to(at::kFloat);
  };
  const at::Tensor grey = view.greys.levels(seen(view.shown.scan));
  const at::Tensor labels = seen(view.shown.labels);
  const at::Tensor nothing = at::zeros_like(labels);
  const auto panel = [&](const at::Tensor& outlined) {
    return painted(resized({grey, nothing, outlined}, view.size));
  };
  if (!view.shown.reference.defined()) return side_by_side({panel(nothing), panel(labels)});
  return side_by_side({panel(labels), panel(seen(view.shown.reference))});
}

std::size_t widest_of(const OverlaySlices& slices, const View& view) {
  const std::size_t count = slices.indices.size();
  std::size_t widest = 0;
  std::int64_t largest = -1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = (count / 2 + i) % count;  // of equal ones the middle first
    const at::Tensor slice = view.shown.plane(view.labelled, view.axis, slices.indices[number]);
    const auto area = slice.sum().item<std::int64_t>();
    if (area <= largest) continue;
    largest = area;
    widest = number;
  }
  return widest;
}

}  // namespace

OverlaySlices overlay_slices(const OverlayInput& input, const SliceOptions& options) {
  check_shapes(input);
  const View view = view_of(input, options);
  OverlaySlices result;
  result.plane = plane_name(view.shown, view.axis);
  result.of = view.labelled.size(view.axis);
  result.indices =
      evenly_chosen(labelled_slices(view.shown, view.labelled, view.axis), options.most);
  for (const std::int64_t index : result.indices)
    result.pictures.push_back(picture_of(view, index));
  result.widest = widest_of(result, view);
  return result;
}

}  // namespace seg::train
