#include "layers/inverted_bottleneck.hpp"

#include <numeric>

namespace seg::net {
namespace {

ConvolutionSizes without_bias(std::int64_t inputs, std::int64_t outputs, std::size_t dimensions) {
  ConvolutionSizes sizes;
  sizes.inputs = inputs;
  sizes.outputs = outputs;
  sizes.kernel.assign(dimensions, 1);
  sizes.bias = false;
  return sizes;
}

ConvolutionSizes depthwise_sizes(const InvertedBottleneckSizes& block, std::size_t dimensions) {
  const auto middle = block.inputs * block.expansion;
  auto sizes = without_bias(middle, middle, dimensions);
  sizes.kernel.assign(dimensions, block.kernel);
  sizes.stride.assign(dimensions, block.stride);
  sizes.groups = middle;
  return padded_for(sizes, block.image_size);
}

}  // namespace

InvertedBottleneck::InvertedBottleneck(const InvertedBottleneckSizes& sizes, std::size_t dimensions,
                                       const NormMaker& norm)
    : residual_(sizes.stride == 1 && sizes.inputs == sizes.outputs), drop_rate_(sizes.drop_rate) {
  const auto middle = sizes.inputs * sizes.expansion;
  const auto narrow = std::max<std::int64_t>(1, sizes.inputs / 4);
  const std::vector<std::int64_t> one(dimensions, 1);
  const auto add = [this](const char* name, const ConvolutionSizes& convolution) {
    return register_module(name, std::make_shared<Convolution>(convolution));
  };
  if (sizes.expansion != 1) {
    expand_ = add("_expand_conv", without_bias(sizes.inputs, middle, dimensions));
    norm0_ = register_module("_bn0", norm(middle));
  }
  depthwise_ = add("_depthwise_conv", depthwise_sizes(sizes, dimensions));
  norm1_ = register_module("_bn1", norm(middle));
  squeeze_ = register_module("_se_reduce", convolution(middle, narrow, one));
  excite_ = register_module("_se_expand", convolution(narrow, middle, one));
  project_ = add("_project_conv", without_bias(middle, sizes.outputs, dimensions));
  norm2_ = register_module("_bn2", norm(sizes.outputs));
}

at::Tensor InvertedBottleneck::excite(const at::Tensor& x) const {
  std::vector<std::int64_t> space(x.dim() - 2);
  std::iota(space.begin(), space.end(), 2);
  const auto squeezed = at::silu(squeeze_->forward(x.mean(space, true)));
  return at::sigmoid(excite_->forward(squeezed)) * x;
}

at::Tensor InvertedBottleneck::drop(const at::Tensor& x) const {
  if (!is_training() || drop_rate_ == 0) return x;
  std::vector<std::int64_t> shape(x.dim(), 1);
  shape[0] = x.size(0);
  const auto kept = (at::rand(shape, x.options()) + (1 - drop_rate_)).floor();
  return x / (1 - drop_rate_) * kept;
}

at::Tensor InvertedBottleneck::forward(const at::Tensor& x) {
  at::Tensor y = expand_ ? at::silu(norm0_->forward(expand_->forward(x))) : x;
  y = at::silu(norm1_->forward(depthwise_->forward(y)));
  y = norm2_->forward(project_->forward(excite(y)));
  return residual_ ? drop(y) + x : y;
}

std::int64_t size_after(std::int64_t image_size, std::int64_t stride) {
  return (image_size + stride - 1) / stride;
}

ConvolutionSizes padded_for(ConvolutionSizes sizes, std::int64_t image_size) {
  const auto kernel = sizes.kernel.front();
  const auto stride = sizes.stride.empty() ? 1 : sizes.stride.front();
  const auto reach = (size_after(image_size, stride) - 1) * stride + kernel;
  const auto padding = std::max<std::int64_t>(reach - image_size, 0);
  sizes.padding.assign(sizes.kernel.size(), padding / 2);
  sizes.padding_behind = padding % 2;
  return sizes;
}

}  // namespace seg::net
