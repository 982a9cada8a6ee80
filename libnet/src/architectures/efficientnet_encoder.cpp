#include "architectures/efficientnet_encoder.hpp"

#include <array>
#include <cmath>

#include "layers/inverted_bottleneck.hpp"
#include "layers/norm.hpp"

namespace seg::net {
namespace {

// A row of equal blocks of b0; the first one has the stride. Some rows end in a map of the pyramid.
struct Stack {
  std::int64_t blocks, kernel, stride, expansion, inputs, outputs;
  bool in_pyramid;
};

constexpr std::array<Stack, 7> b0{{{1, 3, 1, 1, 32, 16, true},
                                   {2, 3, 2, 6, 16, 24, true},
                                   {2, 5, 2, 6, 24, 40, true},
                                   {3, 3, 2, 6, 40, 80, false},
                                   {3, 5, 1, 6, 80, 112, true},
                                   {4, 5, 2, 6, 112, 192, false},
                                   {1, 3, 1, 6, 192, 320, true}}};

// Multiples of 8, at most a tenth below the exact width.
std::int64_t scaled_width(std::int64_t channels, double factor) {
  const double exact = static_cast<double>(channels) * factor;
  const auto rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(exact + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * exact ? rounded + 8 : rounded;
}

Stack scaled(Stack stack, const EfficientNetSizes& sizes) {
  stack.blocks =
      static_cast<std::int64_t>(std::ceil(static_cast<double>(stack.blocks) * sizes.depth));
  stack.inputs = scaled_width(stack.inputs, sizes.width);
  stack.outputs = scaled_width(stack.outputs, sizes.width);
  return stack;
}

std::int64_t count_blocks(const EfficientNetSizes& sizes) {
  std::int64_t count = 0;
  for (const auto& stack : b0) count += scaled(stack, sizes).blocks;
  return count;
}

// Classification's last layer, which no segmentation uses: upstream's files have it.
class UnusedClassifier : public torch::nn::Module {
 public:
  explicit UnusedClassifier(std::int64_t inputs) {
    register_parameter("weight", at::zeros({1000, inputs}));
    register_parameter("bias", at::zeros({1000}));
  }
};

std::shared_ptr<Convolution> bare_convolution(std::array<std::int64_t, 2> channels,
                                              std::array<std::int64_t, 2> kernel_and_stride,
                                              std::pair<std::size_t, std::int64_t> axes_and_size) {
  ConvolutionSizes sizes;
  sizes.inputs = channels[0];
  sizes.outputs = channels[1];
  sizes.kernel.assign(axes_and_size.first, kernel_and_stride[0]);
  sizes.stride.assign(axes_and_size.first, kernel_and_stride[1]);
  sizes.bias = false;
  return std::make_shared<Convolution>(padded_for(sizes, axes_and_size.second));
}

class EfficientNetEncoder : public Encoder {
 public:
  EfficientNetEncoder(const EfficientNetSizes& sizes, const EncoderOptions& options)
      : sizes_(sizes), options_(options), all_blocks_(count_blocks(sizes)) {
    const auto axes = options.dimensions;
    const auto width = scaled_width(32, sizes.width), top = scaled_width(1280, sizes.width);
    stem_ = register_module(
        "_conv_stem", bare_convolution({options.inputs, width}, {3, 2}, {axes, sizes.image_size}));
    norm_ = register_module("_bn0", options.norm(width));
    size_ = size_after(sizes.image_size, 2);
    for (const auto& stack : b0) add(scaled(stack, sizes));
    blocks_ = register_module("_blocks", std::make_shared<Sequence>(stacks_));
    register_module("_conv_head", bare_convolution({channels_.back(), top}, {1, 1}, {axes, size_}));
    register_module("_bn1", options.norm(top));
    register_module("_fc", std::make_shared<UnusedClassifier>(top));
  }

  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    at::Tensor features = at::silu(norm_->forward(stem_->forward(x)));
    std::vector<at::Tensor> pyramid;
    for (std::size_t i = 0; i < b0.size(); ++i) {
      features = stacks_[i]->forward(features);
      if (b0[i].in_pyramid) pyramid.push_back(features);
    }
    return pyramid;
  }

 private:
  void add(const Stack& stack) {
    const auto first = next_block_;
    std::vector<LayerPtr> blocks;
    for (std::int64_t i = 0; i < stack.blocks; ++i) {
      blocks.push_back(std::make_shared<InvertedBottleneck>(block_of(stack, i == 0),
                                                            options_.dimensions, options_.norm));
      if (i == 0) size_ = size_after(size_, stack.stride);
      ++next_block_;
    }
    stacks_.push_back(
        std::make_shared<Sequence>(std::move(blocks), static_cast<std::size_t>(first)));
    if (stack.in_pyramid) channels_.push_back(stack.outputs);
  }

  InvertedBottleneckSizes block_of(const Stack& stack, bool first) const {
    InvertedBottleneckSizes block;
    block.inputs = first ? stack.inputs : stack.outputs;
    block.outputs = stack.outputs;
    block.kernel = stack.kernel;
    block.stride = first ? stack.stride : 1;
    block.expansion = stack.expansion;
    block.image_size = size_;
    block.drop_rate = options_.drop_connect_rate * static_cast<double>(next_block_) /
                      static_cast<double>(all_blocks_);
    return block;
  }

  EfficientNetSizes sizes_;
  EncoderOptions options_;
  std::int64_t all_blocks_, next_block_ = 0, size_ = 0;
  LayerPtr stem_, norm_, blocks_;
  std::vector<LayerPtr> stacks_;
};

}  // namespace

std::shared_ptr<Encoder> efficientnet_encoder(const EfficientNetSizes& sizes,
                                              const EncoderOptions& options) {
  auto complete = options;
  if (!complete.norm) {
    NormOptions batch;
    batch.eps = 1e-3;
    batch.momentum = 0.01;
    batch.track_running_stats = true;
    complete.norm = [batch](auto channels) { return std::make_shared<BatchNorm>(channels, batch); };
  }
  return std::make_shared<EfficientNetEncoder>(sizes, complete);
}

}  // namespace seg::net
