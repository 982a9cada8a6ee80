#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace seg::plan {

using Extents = std::vector<double>;       ///< per axis; may end in .5 (medians)
using Voxels = std::vector<std::int64_t>;  ///< per axis

/// Where a U-Net pools and how wide its kernels are, per stage and axis (get_pool_and_conv_props).
struct Topology {
  std::vector<Voxels> strides;       ///< first stage: all 1
  std::vector<Voxels> kernel_sizes;  ///< as many as strides
  Voxels patch_size;                 ///< padded up to a multiple of `divisible_by`
  Voxels divisible_by;               ///< 2^(poolings of the axis)

  std::size_t stages() const { return strides.size(); }
};

/// What a network allows.
struct PoolingRule {
  std::optional<std::size_t> most{};   ///< no more than these, else as the data allow
  std::optional<std::size_t> fixed{};  ///< exactly these, of all axes, whatever the data
};

/// @param spacing mm; @param patch_size wished extents. With a fixed number of poolings the deepest
/// stage still has two voxels.
Topology pooling_topology(const Extents& spacing, const Extents& patch_size,
                          const PoolingRule& rule = {});

/// Extents raised to the next multiples.
Voxels pad_to_multiple(const Extents& shape, const Voxels& divisible_by);

}  // namespace seg::plan
