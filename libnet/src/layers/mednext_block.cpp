#include "layers/mednext_block.hpp"

#include <numeric>

#include "kernels/memory_layout.hpp"
#include "layers/recompute.hpp"

namespace seg::net {
namespace {

ConvolutionSizes point_sizes(std::int64_t inputs, std::int64_t outputs,
                             const MedNextOptions& options) {
  ConvolutionSizes sizes;
  sizes.inputs = inputs;
  sizes.outputs = outputs;
  sizes.kernel.assign(options.dimensions, 1);
  return sizes;
}

ConvolutionSizes resampled(ConvolutionSizes sizes, const MedNextOptions& options) {
  if (options.sampling != Sampling::same) sizes.stride.assign(options.dimensions, 2);
  sizes.transposed = options.sampling == Sampling::up;
  return sizes;
}

ConvolutionSizes depthwise(std::int64_t channels, const MedNextOptions& options) {
  auto sizes = resampled(point_sizes(channels, channels, options), options);
  sizes.kernel.assign(options.dimensions, options.kernel);
  sizes.padding.assign(options.dimensions, options.kernel / 2);
  sizes.groups = channels;
  return sizes;
}

std::shared_ptr<Norm> block_norm(std::int64_t channels, bool layer_norm) {
  if (layer_norm) return std::make_shared<ChannelNorm>(channels, NormOptions{});
  return std::make_shared<GroupNorm>(channels, channels, NormOptions{});
}

// A transposed convolution gives 2n - 1 points: a plane of zeros goes in front of every axis.
at::Tensor padded(const at::Tensor& x) {
  std::vector<std::int64_t> padding;
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) padding.insert(padding.end(), {1, 0});
  return at::constant_pad_nd(x, padding);
}

// With channels last the library's norm adds up a channel's squares one by one: of 64^3 voxels it
// is off by 3e-5, its sum by 2e-7, in half the time. Not for gradients: those of a root end at
// zero.
at::Tensor response_sizes(const at::Tensor& x, const std::vector<std::int64_t>& space) {
  const bool predicts = x.is_cpu() && x.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
  return predicts ? (x * x).sum(space, true).sqrt() : at::linalg_vector_norm(x, 2, space, true);
}

at::Tensor activated(at::Tensor&& x) { return may_overwrite() ? at::gelu_(x) : at::gelu(x); }

at::Tensor sum(at::Tensor&& y, const at::Tensor& x) {
  const bool in_place = may_overwrite() && y.scalar_type() == x.scalar_type();
  return in_place ? y.add_(x) : y + x;
}

}  // namespace

MedNextBlock::MedNextBlock(std::int64_t inputs, std::int64_t outputs, const MedNextOptions& options)
    : options_(options) {
  const auto middle = options.expansion * inputs;
  if (options.response_norm) {
    std::vector<std::int64_t> shape(options.dimensions + 2, 1);
    shape[1] = middle;
    beta_ = register_parameter("grn_beta", at::zeros(shape));
    gamma_ = register_parameter("grn_gamma", at::zeros(shape));
  }
  const auto add = [this](const char* name, const ConvolutionSizes& sizes) {
    return register_module(name, std::make_shared<Convolution>(sizes));
  };
  conv1_ = add("conv1", depthwise(inputs, options));
  norm_ = register_module("norm", block_norm(inputs, options.layer_norm));
  conv2_ = add("conv2", point_sizes(inputs, middle, options));
  conv3_ = add("conv3", point_sizes(middle, outputs, options));
  if (options.residual && options.sampling != Sampling::same) {
    shortcut_ = add("res_conv", resampled(point_sizes(inputs, outputs, options), options));
  }
}

at::Tensor MedNextBlock::normalise_response(const at::Tensor& x) const {
  std::vector<std::int64_t> space(options_.dimensions);
  std::iota(space.begin(), space.end(), 2);
  const auto size = response_sizes(x, space);
  return gamma_ * (x * (size / (size.mean(1, true) + 1e-6))) + beta_ + x;
}

at::Tensor MedNextBlock::shortcut(const at::Tensor& x) const {
  if (!shortcut_) return x;
  const auto resampled = shortcut_->forward(x);
  return options_.sampling == Sampling::up ? padded(resampled) : resampled;
}

at::Tensor MedNextBlock::forward(const at::Tensor& x) {
  if (!options_.recompute) return compute(x);
  return recomputed([this](const at::Tensor& input) { return compute(input); }, parameters(), x);
}

at::Tensor MedNextBlock::compute(const at::Tensor& x) const {
  constexpr double no_relu = 1;
  at::Tensor y = norm_->forward_with_leaky_relu(conv1_->forward(x), no_relu);
  y = activated(conv2_->forward(y));
  if (options_.response_norm) y = normalise_response(y);
  y = conv3_->forward(y);
  if (options_.sampling == Sampling::up) y = padded(y);
  return options_.residual ? sum(std::move(y), shortcut(x)) : y;
}

}  // namespace seg::net
