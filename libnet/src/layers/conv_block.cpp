#include "layers/conv_block.hpp"

namespace seg::net {

ConvBlock::ConvBlock(ConvolutionSizes sizes, LayerStyle style) : style_(std::move(style)) {
  sizes.bias = style_.conv_bias;
  conv_ = register_module("conv", std::make_shared<Convolution>(sizes));
  if (style_.norm) norm_ = register_module("norm", style_.norm(sizes.outputs));
}

at::Tensor ConvBlock::normalise(const at::Tensor& x) { return norm_ ? norm_->forward(x) : x; }

at::Tensor ConvBlock::activate(const at::Tensor& x) {
  return style_.activation ? style_.activation(x) : x;
}

at::Tensor ConvBlock::normalise_and_activate(at::Tensor&& x) {
  const bool leaky = style_.leaky_slope.has_value() || !style_.activation;
  if (norm_ && leaky)
    return norm_->forward_with_leaky_relu(std::move(x), style_.leaky_slope.value_or(1));
  return activate(normalise(x));
}

at::Tensor ConvBlock::behind_convolution(at::Tensor&& x) {
  if (style_.dropout) x = style_.dropout(x, is_training());
  if (style_.activation_first) return normalise(activate(x));
  return normalise_and_activate(std::move(x));
}

at::Tensor ConvBlock::forward(const at::Tensor& x) { return behind_convolution(conv_->forward(x)); }

at::Tensor ConvBlock::forward_joined(std::vector<at::Tensor> parts) {
  return behind_convolution(conv_->forward_joined(std::move(parts)));
}

NamedAsUpstream::Children ConvBlock::upstream_children() const {
  Children children{{"conv", conv_}};
  if (norm_) children.emplace_back("norm", norm_);
  children.emplace_back("all_modules.0", conv_);
  const bool after_activation = style_.activation_first && style_.activation;
  const int place = 1 + (style_.dropout ? 1 : 0) + (after_activation ? 1 : 0);
  if (norm_) children.emplace_back("all_modules." + std::to_string(place), norm_);
  return children;
}

LayerPtr conv_stack(std::int64_t count, const ConvolutionSizes& first, const LayerStyle& style) {
  ConvolutionSizes next = first;
  next.inputs = first.outputs;
  next.stride.clear();
  std::vector<LayerPtr> blocks;
  for (std::int64_t i = 0; i < count; ++i) {
    blocks.push_back(std::make_shared<ConvBlock>(i == 0 ? first : next, style));
  }
  return std::make_shared<Sequence>("convs", std::make_shared<Sequence>(std::move(blocks)));
}

}  // namespace seg::net
