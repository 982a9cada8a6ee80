#include "layers/convolution.hpp"

#include <algorithm>
#include <span>

#include "kernels/cpu/bf16_convolution.hpp"
#include "kernels/cpu/depthwise.hpp"
#include "kernels/cpu/tile_upsampling.hpp"
#include "kernels/cpu/winograd.hpp"
#include "kernels/memory_layout.hpp"
#include "layers/library_convolution.hpp"
#include "layers/transposed_convolution.hpp"

namespace seg::net {
namespace {

std::vector<std::int64_t> same_padding(const ConvolutionSizes& sizes) {
  std::vector<std::int64_t> padding;
  for (const auto length : sizes.kernel) padding.push_back(sizes.transposed ? 0 : (length - 1) / 2);
  return padding;
}

ConvolutionSizes complete(ConvolutionSizes sizes) {
  const std::vector<std::int64_t> ones(sizes.kernel.size(), 1);
  if (sizes.stride.empty()) sizes.stride = ones;
  if (sizes.dilation.empty()) sizes.dilation = ones;
  if (sizes.padding.empty()) sizes.padding = same_padding(sizes);
  return sizes;
}

std::vector<std::int64_t> weight_shape(const ConvolutionSizes& sizes) {
  std::vector<std::int64_t> shape{sizes.outputs, sizes.inputs / sizes.groups};
  if (sizes.transposed) shape = {sizes.inputs, sizes.outputs / sizes.groups};
  shape.insert(shape.end(), sizes.kernel.begin(), sizes.kernel.end());
  return shape;
}

at::Tensor padded_behind(const at::Tensor& x, std::int64_t count) {
  std::vector<std::int64_t> padding;
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) padding.insert(padding.end(), {0, count});
  return at::constant_pad_nd(x, padding);
}

bool all_are(const std::vector<std::int64_t>& values, std::int64_t expected) {
  return std::all_of(values.begin(), values.end(), [&](auto value) { return value == expected; });
}

bool keeps_size(const ConvolutionSizes& sizes) {
  return !sizes.transposed && all_are(sizes.stride, 1) && all_are(sizes.dilation, 1) &&
         sizes.padding == same_padding(sizes) &&
         std::all_of(sizes.kernel.begin(), sizes.kernel.end(), [](auto n) { return n % 2 == 1; });
}

bool is_depthwise(const ConvolutionSizes& sizes) {
  return sizes.groups > 1 && sizes.groups == sizes.inputs && sizes.inputs == sizes.outputs &&
         sizes.bias && sizes.kernel.size() == 3;
}

bool is_in_threes(const ConvolutionSizes& sizes) {
  const auto planes = std::span(sizes.kernel).last(std::min<std::size_t>(sizes.kernel.size(), 2));
  return planes.size() == 2 && planes[0] == 3 && planes[1] == 3 &&
         (sizes.kernel[0] == 3 || sizes.kernel[0] == 1);
}

bool makes_tiles(const ConvolutionSizes& sizes) {
  return sizes.transposed && sizes.kernel.size() > 1 && sizes.kernel == sizes.stride &&
         sizes.groups == 1 && all_are(sizes.padding, 0) && all_are(sizes.dilation, 1);
}

// LibTorch 2.13's oneDNN writes beyond its workspace in the gradients of strided kernels of one
// voxel with 2 to 7 inputs and channels last (AVX2, seen with valgrind).
bool needs_own_stride(const ConvolutionSizes& sizes) {
  return !sizes.transposed && sizes.inputs < 8 && all_are(sizes.kernel, 1) &&
         all_are(sizes.padding, 0) && !all_are(sizes.stride, 1);
}

at::Tensor every_nth_voxel(at::Tensor x, const std::vector<std::int64_t>& stride) {
  const auto layout = has_channels_last(x) ? channels_last(x) : at::MemoryFormat::Contiguous;
  for (std::size_t axis = 0; axis < stride.size(); ++axis)
    x = x.slice(static_cast<std::int64_t>(axis) + 2, std::nullopt, std::nullopt, stride[axis]);
  return x.contiguous(layout);
}

}  // namespace

Convolution::Convolution(ConvolutionSizes sizes) : sizes_(complete(std::move(sizes))) {
  weight = register_parameter("weight", at::empty(weight_shape(sizes_)));
  if (sizes_.bias) bias = register_parameter("bias", at::empty({sizes_.outputs}));
  depthwise_ = keeps_size(sizes_) && is_depthwise(sizes_);
  threes_ = keeps_size(sizes_) && sizes_.groups == 1 && is_in_threes(sizes_);
  tiles_ = makes_tiles(sizes_);
  if (!needs_own_stride(sizes_)) return;
  own_stride_ = sizes_.stride;
  std::ranges::fill(sizes_.stride, 1);
}

at::Tensor Convolution::forward(const at::Tensor& x) {
  auto input = sizes_.padding_behind > 0 ? padded_behind(x, sizes_.padding_behind) : x;
  if (!own_stride_.empty()) input = every_nth_voxel(input, own_stride_);
  if (!sizes_.transposed) return plain(input);
  if (tiles_ && input.is_cpu() && has_channels_last(input))
    return upsample_by_tiles(input, weight, bias);
  const bool predicts = !at::GradMode::is_enabled() && has_channels_last(input);
  if (predicts && input.is_cpu() && all_are(sizes_.dilation, 1))
    return transposed_convolution(input, weight, bias, sizes_);
  return in_layout_of(input, transposed(input));
}

at::Tensor Convolution::forward_joined(std::vector<at::Tensor> parts) {
  const bool plain = sizes_.padding_behind == 0;
  if (plain && threes_ && suits_winograd(parts, weight))
    return winograd_convolution(parts, weight, bias);
  return Layer::forward_joined(std::move(parts));
}

at::Tensor Convolution::plain(const at::Tensor& x) const {
  if (depthwise_ && at::GradMode::is_enabled() && x.is_cpu())
    return depthwise_convolution(x, weight, bias);
  if (threes_ && suits_winograd(x, weight)) return winograd_convolution(x, weight, bias);
  if (threes_ && suits_bf16_convolution(x, weight)) return bf16_convolution(x, weight, bias);
  return library_convolution(x, weight, bias, sizes_);
}

at::Tensor Convolution::transposed(const at::Tensor& x) const {
  const auto& s = sizes_;
  const std::vector<std::int64_t> no_extra(s.kernel.size(), 0);
  return s.kernel.size() == 2 ? at::conv_transpose2d(x, weight, bias, s.stride, s.padding, no_extra,
                                                     s.groups, s.dilation)
                              : at::conv_transpose3d(x, weight, bias, s.stride, s.padding, no_extra,
                                                     s.groups, s.dilation);
}

std::shared_ptr<Convolution> convolution(std::int64_t inputs, std::int64_t outputs,
                                         std::vector<std::int64_t> kernel) {
  ConvolutionSizes sizes;
  sizes.inputs = inputs;
  sizes.outputs = outputs;
  sizes.kernel = std::move(kernel);
  return std::make_shared<Convolution>(std::move(sizes));
}

}  // namespace seg::net
