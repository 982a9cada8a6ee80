#include "layers/upsampling.hpp"

#include "layers/convolution.hpp"
#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

using Axes = std::vector<std::int64_t>;

at::Tensor interpolated(const at::Tensor& x, const std::string& kind) {
  Axes size = x.sizes().slice(2).vec();
  for (auto& side : size) side *= 2;
  const bool flat = size.size() == 2;
  if (kind == "nearest")
    return flat ? at::upsample_nearest2d(x, size) : at::upsample_nearest3d(x, size);
  if (kind == "bicubic") return at::upsample_bicubic2d(x, size, false);
  return flat ? at::upsample_bilinear2d(x, size, false) : at::upsample_trilinear3d(x, size, false);
}

// Channels [C * 2^d] become blocks of 2 x 2 (x 2) elements; the last axis runs fastest.
at::Tensor shuffled(const at::Tensor& x) {
  const auto axes = x.dim() - 2;
  Axes split{x.size(1) >> axes};
  Axes order{0, 1};
  split.insert(split.end(), static_cast<std::size_t>(axes), 2);
  for (std::int64_t axis = 0; axis < axes; ++axis)
    order.insert(order.end(), {2 + axes + axis, 2 + axis});
  at::Tensor blocks = x.unflatten(1, split).permute(order);
  for (std::int64_t axis = 0; axis < axes; ++axis) blocks = blocks.flatten(2 + axis, 3 + axis);
  return blocks;
}

// Against checkerboards (Aitken et al. 2017): the mean over windows that end at each element.
at::Tensor smoothed(const at::Tensor& x) {
  Axes in_front;
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) in_front.insert(in_front.end(), {1, 0});
  const auto padded = at::constant_pad_nd(x, in_front);
  const Axes two(x.dim() - 2, 2);
  const Axes one(x.dim() - 2, 1);
  const Axes none(x.dim() - 2, 0);
  return x.dim() == 4 ? at::avg_pool2d(padded, two, one, none)
                      : at::avg_pool3d(padded, two, one, none);
}

// An optional convolution under upstream's name, then an operation without parameters.
class ThenOperation : public Layer {
 public:
  ThenOperation(const std::string& name, LayerPtr first,
                std::function<at::Tensor(const at::Tensor&)> second)
      : first_(std::move(first)), second_(std::move(second)) {
    if (first_) register_module(name, first_);
  }
  at::Tensor forward(const at::Tensor& x) override {
    return second_(first_ ? first_->forward(x) : x);
  }

 private:
  LayerPtr first_;
  std::function<at::Tensor(const at::Tensor&)> second_;
};

LayerPtr transposed_convolution(std::pair<std::int64_t, std::int64_t> channels,
                                std::size_t dimensions) {
  ConvolutionSizes sizes;
  std::tie(sizes.inputs, sizes.outputs) = channels;
  sizes.kernel.assign(dimensions, 2);
  sizes.stride = sizes.kernel;
  sizes.transposed = true;
  return std::make_shared<Sequence>("deconv", std::make_shared<Convolution>(sizes));
}

LayerPtr shuffling(std::pair<std::int64_t, std::int64_t> channels, std::size_t dimensions,
                   bool convolve) {
  const auto [inputs, outputs] = channels;
  const Axes three(dimensions, 3);
  const auto wide = outputs << dimensions;
  if (!convolve && inputs != wide)
    throw Error("pixelshuffle", c10::str(inputs, " channels cannot be shuffled to ", outputs),
                "keep pre_conv");
  const auto inner = std::make_shared<ThenOperation>(
      "conv_block", convolve ? convolution(inputs, wide, three) : nullptr,
      [](const at::Tensor& x) { return smoothed(shuffled(x)); });
  return std::make_shared<Sequence>("pixelshuffle", inner);
}

LayerPtr interpolation(std::pair<std::int64_t, std::int64_t> channels, std::size_t dimensions,
                       const UpsamplingOptions& options) {
  const auto [inputs, outputs] = channels;
  const bool convolve = options.convolution && inputs != outputs;
  return std::make_shared<ThenOperation>(
      "preconv", convolve ? convolution(inputs, outputs, Axes(dimensions, 1)) : nullptr,
      [kind = options.interpolation](const at::Tensor& x) { return interpolated(x, kind); });
}

}  // namespace

LayerPtr upsampling(std::pair<std::int64_t, std::int64_t> channels, std::size_t dimensions,
                    const UpsamplingOptions& options) {
  if (options.mode == "deconv") return transposed_convolution(channels, dimensions);
  if (options.mode == "pixelshuffle") return shuffling(channels, dimensions, options.convolution);
  return interpolation(channels, dimensions, options);
}

}  // namespace seg::net
