#include "topology.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace seg::plan {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
constexpr double smallest_feature_map = 4;  // UNet_featuremap_min_edge_length

/// Spacing, extent and kernels at the depth that has been reached.
struct Depth {
  Extents spacing, extent;
  Voxels kernel_size, poolings;
};

std::vector<std::size_t> axes_to_pool(const Depth& depth) {
  std::vector<std::size_t> axes;
  double finest = INFINITY;
  for (std::size_t axis = 0; axis < depth.extent.size(); ++axis) {
    if (depth.extent[axis] < 2 * smallest_feature_map) continue;
    axes.push_back(axis);
    finest = std::min(finest, depth.spacing[axis]);
  }
  std::erase_if(axes, [&](std::size_t axis) { return depth.spacing[axis] / finest >= 2; });
  const bool lone = axes.size() == 1 && depth.extent[axes[0]] < 3 * smallest_feature_map;
  return lone ? std::vector<std::size_t>{} : axes;
}

void widen_kernels(Depth& depth) {
  const double finest = std::ranges::min(depth.spacing);
  for (std::size_t axis = 0; axis < depth.spacing.size(); ++axis)
    if (depth.spacing[axis] / finest < 2) depth.kernel_size[axis] = 3;
}

Voxels pool(Depth& depth, const std::vector<std::size_t>& axes) {
  Voxels stride(depth.extent.size(), 1);
  for (const std::size_t axis : axes) {
    stride[axis] = 2;
    ++depth.poolings[axis];
    depth.spacing[axis] *= 2;
    depth.extent[axis] = std::ceil(depth.extent[axis] / 2);
  }
  return stride;
}

Topology fixed_topology(std::size_t axes, std::size_t poolings) {
  Topology topology;
  topology.strides.assign(poolings + 1, Voxels(axes, 2));
  topology.strides.front().assign(axes, 1);
  topology.kernel_sizes.assign(poolings + 1, Voxels(axes, 3));
  topology.divisible_by.assign(axes, std::int64_t{1} << poolings);
  return topology;
}

Topology topology_from_data(Depth depth, std::size_t most_poolings) {
  Topology topology;
  topology.strides.push_back(Voxels(depth.extent.size(), 1));
  for (auto pooled = axes_to_pool(depth);
       !pooled.empty() && topology.kernel_sizes.size() < most_poolings;
       pooled = axes_to_pool(depth)) {
    widen_kernels(depth);
    topology.strides.push_back(pool(depth, pooled));
    topology.kernel_sizes.push_back(depth.kernel_size);
  }
  topology.kernel_sizes.push_back(Voxels(depth.extent.size(), 3));
  for (const auto count : depth.poolings) topology.divisible_by.push_back(std::int64_t{1} << count);
  return topology;
}

}  // namespace

Voxels pad_to_multiple(const Extents& shape, const Voxels& divisible_by) {
  Voxels padded;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto multiple = static_cast<double>(divisible_by[axis]);
    padded.push_back(static_cast<std::int64_t>(std::ceil(shape[axis] / multiple) * multiple));
  }
  return padded;
}

Topology pooling_topology(const Extents& spacing, const Extents& patch_size,
                          const PoolingRule& rule) {
  const std::size_t axes = spacing.size();
  Topology topology =
      rule.fixed ? fixed_topology(axes, *rule.fixed)
                 : topology_from_data({spacing, patch_size, Voxels(axes, 1), Voxels(axes, 0)},
                                      rule.most.value_or(no_limit));
  topology.patch_size = pad_to_multiple(patch_size, topology.divisible_by);
  if (rule.fixed && topology.patch_size == topology.divisible_by) topology.patch_size.back() *= 2;
  return topology;
}

}  // namespace seg::plan
