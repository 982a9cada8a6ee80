#include "layers/hadamard_attention.hpp"

#include <array>

#include "layers/convolution.hpp"
#include "layers/norm.hpp"

namespace seg::net {
namespace {

constexpr std::int64_t side_of_maps = 8;

LayerPtr norm_over_channels(std::int64_t channels) {
  NormOptions options;
  options.eps = 1e-6;
  return std::make_shared<ChannelNorm>(channels, options);
}

LayerPtr depthwise_3(std::int64_t channels, std::size_t axes, std::int64_t dilation = 1) {
  ConvolutionSizes sizes;
  sizes.inputs = sizes.outputs = sizes.groups = channels;
  sizes.kernel.assign(axes, 3);
  sizes.dilation.assign(axes, dilation);
  sizes.padding.assign(axes, dilation);
  return std::make_shared<Convolution>(sizes);
}

LayerPtr pointwise_convolution(std::int64_t inputs, std::int64_t outputs, std::size_t axes) {
  return convolution(inputs, outputs, std::vector<std::int64_t>(axes, 1));
}

LayerPtr gelu_between(LayerPtr first, LayerPtr last) {
  const auto gelu = std::make_shared<Operation>([](const at::Tensor& x) { return at::gelu(x); });
  return std::make_shared<Sequence>(std::vector<LayerPtr>{std::move(first), gelu, std::move(last)});
}

LayerPtr map_convolution(std::int64_t channels, std::size_t axes) {
  return gelu_between(depthwise_3(channels, axes), pointwise_convolution(channels, channels, axes));
}

}  // namespace

at::Tensor resized(const at::Tensor& x, at::IntArrayRef size) {
  return x.sizes().slice(2) == size ? x : at::upsample_bilinear2d(x, size, true);
}

HadamardAttention::HadamardAttention(std::int64_t inputs, std::int64_t outputs) {
  const auto quarter = inputs / 4;
  map_xy_ = register_parameter("params_xy", at::ones({1, quarter, side_of_maps, side_of_maps}));
  map_zx_ = register_parameter("params_zx", at::ones({1, 1, quarter, side_of_maps}));
  map_zy_ = register_parameter("params_zy", at::ones({1, 1, quarter, side_of_maps}));
  conv_xy_ = register_module("conv_xy", map_convolution(quarter, 2));
  conv_zx_ = register_module("conv_zx", map_convolution(quarter, 1));
  conv_zy_ = register_module("conv_zy", map_convolution(quarter, 1));
  conv_rest_ = register_module(
      "dw", gelu_between(pointwise_convolution(quarter, quarter, 2), depthwise_3(quarter, 2)));
  norm1_ = register_module("norm1", norm_over_channels(inputs));
  norm2_ = register_module("norm2", norm_over_channels(inputs));
  mix_ = register_module(
      "ldw", gelu_between(depthwise_3(inputs, 2), pointwise_convolution(inputs, outputs, 2)));
}

at::Tensor HadamardAttention::over_rows_and_columns(const at::Tensor& x) const {
  return conv_xy_->forward(resized(map_xy_, x.sizes().slice(2)));
}

at::Tensor HadamardAttention::over_rows(const at::Tensor& x) const {
  const auto map = resized(map_zx_, {x.size(1), x.size(2)}).squeeze(0);
  return conv_zx_->forward(map).squeeze(0).unsqueeze(2);
}

at::Tensor HadamardAttention::over_columns(const at::Tensor& x) const {
  const auto map = resized(map_zy_, {x.size(1), x.size(3)}).squeeze(0);
  return conv_zy_->forward(map).squeeze(0).unsqueeze(1);
}

at::Tensor HadamardAttention::forward(const at::Tensor& x) {
  const auto quarters = norm1_->forward(x).chunk(4, 1);
  const auto merged = at::cat(
      {quarters[0] * over_rows_and_columns(quarters[0]), quarters[1] * over_rows(quarters[1]),
       quarters[2] * over_columns(quarters[2]), conv_rest_->forward(quarters[3])},
      1);
  return mix_->forward(norm2_->forward(merged));
}

AggregationBridge::AggregationBridge(std::int64_t upper, std::int64_t lower) {
  project_ = register_module("pre_project", pointwise_convolution(upper, lower, 2));
  const auto width = lower / 2 + 1;
  constexpr std::array<std::int64_t, 4> dilations{1, 2, 5, 7};
  for (std::size_t i = 0; i < dilations.size(); ++i) {
    groups_.push_back(register_module(
        c10::str("g", i), std::make_shared<Sequence>(std::vector<LayerPtr>{
                              norm_over_channels(width), depthwise_3(width, 2, dilations[i])})));
  }
  merge_ = register_module(
      "tail_conv", std::make_shared<Sequence>(std::vector<LayerPtr>{
                       norm_over_channels(4 * width), pointwise_convolution(4 * width, lower, 2)}));
}

at::Tensor AggregationBridge::forward(const at::Tensor& upper, const at::Tensor& lower,
                                      const at::Tensor& mask) {
  const auto above = resized(project_->forward(upper), lower.sizes().slice(2)).chunk(4, 1);
  const auto below = lower.chunk(4, 1);
  std::vector<at::Tensor> groups;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups.push_back(groups_[i]->forward(at::cat({above[i], below[i], mask}, 1)));
  }
  return merge_->forward(at::cat(groups, 1));
}

}  // namespace seg::net
