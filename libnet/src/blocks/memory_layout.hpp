#pragma once

#include <ATen/ATen.h>

namespace seg::net {

/// The layout [B, (Z,) Y, X, C] in memory: on a CPU, convolutions and the fused norm are fastest
/// with the channels of a voxel side by side. @param x [B, C, (Z,) Y, X].
inline at::MemoryFormat channels_last(const at::Tensor& x) {
  return x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

}  // namespace seg::net
