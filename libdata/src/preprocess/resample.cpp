#include "seg/data/resample.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "image/channels.hpp"
#include "preprocess/resize_image.hpp"
#include "preprocess/resize_labels.hpp"
#include "preprocess/separate_axis.hpp"
#include "preprocess/torch_resample.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/known_methods.hpp"

namespace seg::data {
namespace {

using Shape = std::array<std::int64_t, 3>;
using Spacing = std::array<double, 3>;

struct Steps {
  Shape in_plane;           ///< extent after the first step, with the coarse axis as it was
  Shape full;               ///< extent in the end
  std::optional<int> axis;  ///< coarse axis that is resampled on its own
  int order = 3, order_z = 0;
};

bool anisotropic(const Spacing& spacing, double threshold) {
  const auto [smallest, largest] = std::minmax_element(spacing.begin(), spacing.end());
  return *largest / *smallest > threshold;
}

/// The axis with the largest spacing, if it is the only one.
std::optional<int> coarsest_axis(const Spacing& spacing) {
  const auto largest = std::max_element(spacing.begin(), spacing.end());
  if (std::count(spacing.begin(), spacing.end(), *largest) != 1) return std::nullopt;
  return static_cast<int>(largest - spacing.begin());
}

int spline_order(const Json& arguments, const char* key, int otherwise) {
  const int order = arguments.value(key, otherwise);
  if (order != 0 && order != 1 && order != 3)
    throw Error("plans.json", "asks for resampling of order " + std::to_string(order),
                "use 0, 1 or 3");
  return order;
}

Steps steps_to(const TargetGrid& grid) {
  const Json& arguments = grid.method.arguments;
  // nnU-Net's function separates only when the plan says null or true.
  return {grid.shape, grid.shape, separate_axis_of(grid, /*otherwise=*/false),
          spline_order(arguments, "order", 3), spline_order(arguments, "order_z", 0)};
}

bool is_seg(const plan::Resampling& method) { return method.arguments.value("is_seg", false); }

/// Cubic interpolation overshoots; each part that was resampled on its own keeps its range.
void clip_to_range(at::Tensor& result, const at::Tensor& source, std::optional<int> axis) {
  std::vector<std::int64_t> dims;
  for (int other = 0; other < 3; ++other)
    if (other != axis) dims.push_back(other);
  result.clamp_(source.amin(dims, true), source.amax(dims, true));
}

at::Tensor resample_image(const at::Tensor& channel, const Steps& steps) {
  const at::Tensor source = channel.to(at::kFloat);
  at::Tensor result = resize_image(source, steps.in_plane, steps.order);
  if (steps.order == 3) clip_to_range(result, source, steps.axis);
  return steps.in_plane == steps.full ? result : resize_image(result, steps.full, steps.order_z);
}

at::Tensor resample_labels(const at::Tensor& channel, const Steps& steps) {
  const at::Tensor result = resize_labels(channel.to(at::kShort), steps.in_plane, steps.order);
  if (steps.in_plane == steps.full) return result;
  return steps.order_z == 0 ? resize_labels(result, steps.full, 0)
                            : resize_labels_by_threshold(result, steps.full, steps.order_z);
}

at::Tensor resample_by_splines(const at::Tensor& data, const TargetGrid& grid) {
  Steps steps = steps_to(grid);
  if (steps.axis) steps.in_plane[*steps.axis] = data.size(*steps.axis + 1);
  const auto one_channel = is_seg(grid.method) ? resample_labels : resample_image;
  std::vector<at::Tensor> channels;
  for (const at::Tensor& channel : data.unbind())
    channels.push_back(one_channel(channel, steps).to(data.scalar_type()).unsqueeze(0));
  return joined_channels(channels);
}

std::array<AxisTaps, 3> spline_taps(const Shape& from, const TargetGrid& grid) {
  const Steps steps = steps_to(grid);
  std::array<AxisTaps, 3> taps;
  for (int a = 0; a < 3; ++a)
    taps[a] = axis_taps(a == steps.axis ? steps.order_z : steps.order, from[a], grid.shape[a]);
  return taps;
}

void check(const at::Tensor& data, const TargetGrid& grid) {
  if (data.dim() != 4) throw std::logic_error("resample: the array must be [C, Z, Y, X]");
  if (!plan::is_one_of(grid.method.function, plan::kResamplingFunctions))
    throw Error("plans.json",
                "names the unknown resampling function '" + grid.method.function + "'",
                "use " + seg::joined(plan::kResamplingFunctions));
  if (*std::ranges::min_element(grid.shape) < 1 || data.numel() == 0)
    throw Error("resampling", "the image has no voxel left at the target spacing",
                "check the spacing of the image and of the plan");
}

}  // namespace

Shape resampled_shape(const Shape& shape, const Spacing& spacing, const Spacing& new_spacing) {
  Shape result;
  for (int axis = 0; axis < 3; ++axis)
    result[axis] = static_cast<std::int64_t>(
        std::nearbyint(spacing[axis] / new_spacing[axis] * static_cast<double>(shape[axis])));
  return result;
}

std::optional<int> separate_axis(const Spacing& spacing, const Spacing& new_spacing,
                                 std::optional<bool> force, double threshold) {
  if (force) return *force ? coarsest_axis(spacing) : std::nullopt;
  if (anisotropic(spacing, threshold)) return coarsest_axis(spacing);
  return anisotropic(new_spacing, threshold) ? coarsest_axis(new_spacing) : std::nullopt;
}

bool keeps_shape(const plan::Resampling& method) { return method.function == plan::kNoResampling; }

at::Tensor resample(const at::Tensor& data, const TargetGrid& grid) {
  check(data, grid);
  if (keeps_shape(grid.method) || data.sizes().slice(1) == at::IntArrayRef(grid.shape)) return data;
  return uses_torch(grid.method) ? resample_by_torch(data, grid) : resample_by_splines(data, grid);
}

std::optional<std::array<AxisTaps, 3>> neighbour_taps(const Shape& from, const TargetGrid& grid) {
  if (is_seg(grid.method)) return std::nullopt;
  if (keeps_shape(grid.method))
    return std::array{axis_taps(0, from[0], from[0]), axis_taps(0, from[1], from[1]),
                      axis_taps(0, from[2], from[2])};
  if (uses_torch(grid.method)) return torch_taps(from, grid);
  const auto taps = spline_taps(from, grid);
  const auto is_wide = [](const AxisTaps& axis) { return axis.count > 2; };
  if (std::ranges::any_of(taps, is_wide)) return std::nullopt;
  return taps;
}

}  // namespace seg::data
