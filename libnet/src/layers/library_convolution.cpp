#include "layers/library_convolution.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>

#include "kernels/memory_layout.hpp"

namespace seg::net {
namespace {

// What LibTorch leaves to its own loops when it chooses: single items, by the size of their first
// four axes, although oneDNN is faster and keeps the layout where they or what is made of them are
// large, and in predictions also where they are small; on a single thread kernels of one voxel,
// which would be rounded otherwise than on several.
bool suits_onednn(const at::Tensor& x, const ConvolutionSizes& sizes) {
  constexpr std::int64_t large = 64 * 64 * 64;
  const bool is_voxel = std::ranges::count(sizes.kernel, 1) == std::ssize(sizes.kernel);
  const bool alone = is_voxel && at::get_num_threads() == 1;
  const std::int64_t largest = std::max(x.numel(), x.numel() / sizes.inputs * sizes.outputs);
  const bool faster = has_channels_last(x) && (largest >= large || !at::GradMode::is_enabled());
  return !is_recorded() && (alone || faster) && x.is_cpu() && x.dim() >= 4 &&
         x.scalar_type() == at::kFloat && !at::autocast::is_autocast_enabled(at::kCPU) &&
         at::globalContext().userEnabledMkldnn() && at::hasMKLDNN();
}

// The calls by dimension, not at::convolution, are the ones that autocast knows.
at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     const ConvolutionSizes& s) {
  switch (s.kernel.size()) {
    case 1:
      return at::conv1d(x, weight, bias, s.stride, s.padding, s.dilation, s.groups);
    case 2:
      return at::conv2d(x, weight, bias, s.stride, s.padding, s.dilation, s.groups);
    default:
      return at::conv3d(x, weight, bias, s.stride, s.padding, s.dilation, s.groups);
  }
}

}  // namespace

at::Tensor library_convolution(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, const ConvolutionSizes& s) {
  if (suits_onednn(x, s))
    return at::mkldnn_convolution(x, weight, bias, s.padding, s.stride, s.dilation, s.groups);
  // A single channel lies in both layouts: a small image keeps LibTorch's choice.
  const at::Tensor result = convolved(x, weight, bias, s);
  return x.size(1) == 1 ? result : in_layout_of(x, result);
}

}  // namespace seg::net
