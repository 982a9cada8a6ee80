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
  const std::size_t count = slices.indices.size();
  std::size_t widest = 0;
  std::int64_t largest = -1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = (count / 2 + i) % count;  // of equal ones the middle first
    const auto area = labelled.select(axis, slices.indices[number]).sum().item<std::int64_t>();
    if (area <= largest) continue;
    largest = area;
    widest = number;
  }
  return widest;
}

const char* plane_name(const data::Geometry& geometry, std::int64_t axis) {
  constexpr std::array names{"axial", "coronal", "sagittal"};
  return geometry.dimensions == 2 ? "picture" : names[static_cast<std::size_t>(axis)];
}

/// Whether labels or reference are there, along one axis.
Range labelled_slices(const at::Tensor& labelled, std::int64_t axis) {
  const at::Tensor in_rows = labelled.any(axis == 2 ? 1 : 2);
  return extent(in_rows.any(axis == 0 ? 1 : 0));
}

/// An upright scan on its way to pictures.
struct View {
  OverlayInput shown;
  at::Tensor labelled;  ///< bool [Z, Y, X]
  std::int64_t axis;
  Window window;
  std::array<std::int64_t, 2> size;  ///< of a panel, pixels
};

View view_of(const OverlayInput& input, const SliceOptions& options) {
  View view{upright(input), {}, 0, {}, {}};
  view.shown.scan = grey_levels(view.shown.scan);
  view.labelled = view.shown.labels > 0;
  if (view.shown.reference.defined()) view.labelled.logical_or_(view.shown.reference > 0);
  view.axis = coarsest_axis(view.shown.geometry);
  view.window = window_on(view.labelled, view.axis);
  const auto spacing = plane_spacing(view.shown.geometry, view.axis);
  const double height = static_cast<double>(view.window.rows.size()) * spacing[0];
  const double width = static_cast<double>(view.window.columns.size()) * spacing[1];
  const double scale = static_cast<double>(options.panel_size) / std::max(height, width);
  view.size = {pixels(height * scale), pixels(width * scale)};
  return view;
}

at::Tensor picture_of(const View& view, std::int64_t index) {
  const auto seen = [&](const at::Tensor& volume) {
    return view.window.of(plane(volume, view.axis, index));
  };
  const at::Tensor grey = seen(view.shown.scan), labels = seen(view.shown.labels);
  const at::Tensor nothing = at::zeros_like(labels);
  const auto panel = [&](const at::Tensor& outlined) {
    return painted(resized({grey, nothing, outlined}, view.size));
  };
  if (!view.shown.reference.defined()) return side_by_side({panel(nothing), panel(labels)});
  return side_by_side({panel(labels), panel(seen(view.shown.reference))});
}

}  // namespace

OverlaySlices overlay_slices(const OverlayInput& input, const SliceOptions& options) {
  check_shapes(input);
  const View view = view_of(input, options);
  OverlaySlices result;
  result.plane = plane_name(view.shown.geometry, view.axis);
  result.of = view.labelled.size(view.axis);
  result.indices = evenly_chosen(labelled_slices(view.labelled, view.axis), options.most);
  for (const std::int64_t index : result.indices)
    result.pictures.push_back(picture_of(view, index));
  result.widest = widest_of(result, view.labelled, view.axis);
  return result;
}

}  // namespace seg::train
