#pragma once

#include <ATen/ATen.h>
#include <ATen/TracerMode.h>

#include "kernels/gpu_norm.hpp"

namespace seg::net {

/// Whether record() makes a graph of what is called: of operations of LibTorch alone, without
/// layouts or kernels of our own.
inline bool is_recorded() { return at::tracer::impl::is_dispatch_enabled(); }

/// The layout [B, (Z,) Y, X, C] in memory: convolutions and the fused norm are fastest with the
/// channels of a voxel side by side. @param x [B, C, (Z,) Y, X].
inline at::MemoryFormat channels_last(const at::Tensor& x) {
  return x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

inline bool has_channels_last(const at::Tensor& x) {
  return !is_recorded() && x.dim() >= 4 && x.is_contiguous(channels_last(x));
}

/// `result`, with its channels last where those of x are.
inline at::Tensor in_layout_of(const at::Tensor& x, const at::Tensor& result) {
  return has_channels_last(x) ? result.contiguous(channels_last(x)) : result;
}

/// Whether a layer may put its result into the memory of what it takes over: in predictions, whose
/// maps are so large that the system clears the memory of every further one.
inline bool may_overwrite() { return !at::GradMode::is_enabled() && !is_recorded(); }

/// Devices with a fused norm, without which networks would leave the layout behind each
/// convolution.
inline bool prefers_channels_last(at::Device device) {
  return !is_recorded() && (device.is_cpu() || (device.is_cuda() && has_gpu_norm()));
}

/// A network's input in the layout that its layers then hand on, where the device prefers it.
/// A clone sets the layout also for a single channel, where it is the same memory.
inline at::Tensor in_fastest_layout(const at::Tensor& x) {
  return prefers_channels_last(x.device()) ? x.clone(channels_last(x)) : x;
}

}  // namespace seg::net
