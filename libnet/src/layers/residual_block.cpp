#include "layers/residual_block.hpp"

#include <algorithm>

#include "kernels/memory_layout.hpp"

namespace seg::net {
namespace {

class AveragePool : public Layer {
 public:
  explicit AveragePool(std::vector<std::int64_t> size) : size_(std::move(size)) {}
  at::Tensor forward(const at::Tensor& x) override {
    const std::vector<std::int64_t> padding(size_.size(), 0);
    if (size_.size() == 2) return at::avg_pool2d(x, size_, size_, padding);
    return in_layout_of(x, at::avg_pool3d(x, size_, size_, padding));
  }

 private:
  std::vector<std::int64_t> size_;
};

LayerStyle without_activation(LayerStyle style) {
  style.activation = {};
  style.leaky_slope = {};
  style.dropout = {};
  return style;
}

ConvolutionSizes pointwise(std::int64_t inputs, std::int64_t outputs, std::size_t dimensions) {
  ConvolutionSizes sizes;
  sizes.inputs = inputs;
  sizes.outputs = outputs;
  sizes.kernel.assign(dimensions, 1);
  return sizes;
}

bool strides(const ConvolutionSizes& sizes) {
  return std::any_of(sizes.stride.begin(), sizes.stride.end(), [](auto step) { return step != 1; });
}

}  // namespace

ResidualBlock::ResidualBlock(const ResidualSizes& sizes, const LayerStyle& style)
    : activation_(style.activation) {
  if (sizes.bottleneck > 0) {
    add_bottleneck(sizes, style);
  } else {
    add_basic(sizes.convolution, style);
  }
  add_skip(sizes.convolution, without_activation(style));
}

void ResidualBlock::add_block(const ConvolutionSizes& sizes, const LayerStyle& style) {
  blocks_.push_back(std::make_shared<ConvBlock>(sizes, style));
  register_module("conv" + std::to_string(blocks_.size()), blocks_.back());
}

void ResidualBlock::add_basic(const ConvolutionSizes& sizes, const LayerStyle& style) {
  add_block(sizes, style);
  ConvolutionSizes second = sizes;
  second.inputs = sizes.outputs;
  second.stride.clear();
  add_block(second, without_activation(style));
}

void ResidualBlock::add_bottleneck(const ResidualSizes& sizes, const LayerStyle& style) {
  const auto& outer = sizes.convolution;
  LayerStyle without_dropout = style;
  without_dropout.dropout = {};
  add_block(pointwise(outer.inputs, sizes.bottleneck, style.dimensions), without_dropout);
  ConvolutionSizes middle = outer;
  middle.inputs = middle.outputs = sizes.bottleneck;
  add_block(middle, style);
  add_block(pointwise(sizes.bottleneck, outer.outputs, style.dimensions),
            without_activation(style));
}

void ResidualBlock::add_skip(const ConvolutionSizes& sizes, LayerStyle style) {
  std::vector<LayerPtr> steps;
  if (strides(sizes)) steps.push_back(std::make_shared<AveragePool>(sizes.stride));
  if (sizes.inputs != sizes.outputs) {
    style.conv_bias = false;
    const auto projection = pointwise(sizes.inputs, sizes.outputs, style.dimensions);
    steps.push_back(std::make_shared<ConvBlock>(projection, style));
  }
  if (!steps.empty()) skip_ = register_module("skip", std::make_shared<Sequence>(steps));
}

at::Tensor ResidualBlock::forward(const at::Tensor& x) {
  at::Tensor result = x;
  for (const auto& block : blocks_) result = block->forward(result);
  result = result + (skip_ ? skip_->forward(x) : x);
  return activation_ ? activation_(result) : result;
}

LayerPtr ResidualBlock::last_norm() const { return blocks_.back()->norm(); }

LayerPtr residual_stack(std::int64_t count, const ResidualSizes& first, const LayerStyle& style) {
  ResidualSizes next = first;
  next.convolution.inputs = first.convolution.outputs;
  next.convolution.stride.clear();
  std::vector<LayerPtr> blocks;
  for (std::int64_t i = 0; i < count; ++i) {
    blocks.push_back(std::make_shared<ResidualBlock>(i == 0 ? first : next, style));
  }
  return std::make_shared<Sequence>("blocks", std::make_shared<Sequence>(std::move(blocks)));
}

}  // namespace seg::net
