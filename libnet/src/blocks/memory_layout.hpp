#pragma once

#include <ATen/ATen.h>

namespace seg::net {

/// The layout [B, (Z,) Y, X, C] in memory: on a CPU, convolutions and the fused norm are fastest
/// with the channels of a voxel side by side. @param x [B, C, (Z,) Y, X].
inline at::MemoryFormat channels_last(const at::Tensor& x) {
  return x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

/// A network's input in the layout that its layers then hand on; elsewhere than on a CPU as it is.
/// A clone sets the layout also for a single channel, where it is the same memory.
inline at::Tensor in_fastest_layout(const at::Tensor& x) {
  return x.is_cpu() ? x.clone(channels_last(x)) : x;
}

}  // namespace seg::net
