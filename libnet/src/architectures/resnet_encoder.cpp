#include "architectures/resnet_encoder.hpp"

#include "layers/convolution.hpp"
#include "layers/norm.hpp"

namespace seg::net {
namespace {

LayerPtr strided(std::pair<std::int64_t, std::int64_t> channels, std::int64_t kernel,
                 std::pair<std::int64_t, std::size_t> stride_and_axes) {
  ConvolutionSizes sizes;
  std::tie(sizes.inputs, sizes.outputs) = channels;
  const auto [stride, axes] = stride_and_axes;
  sizes.kernel.assign(axes, kernel);
  sizes.stride.assign(axes, stride);
  sizes.bias = false;
  return std::make_shared<Convolution>(sizes);
}

// Every stride-th element, and zeros for further channels. Upstream cuts it from the graph.
LayerPtr zero_padded_shortcut(std::int64_t outputs, std::int64_t stride) {
  return std::make_shared<Operation>([outputs, stride](const at::Tensor& x) {
    at::Tensor sampled = x.detach();
    for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
      sampled = sampled.slice(axis, 0, x.size(axis), stride);
    }
    std::vector<std::int64_t> padding(2 * static_cast<std::size_t>(x.dim() - 1), 0);
    padding.back() = outputs - x.size(1);
    return at::constant_pad_nd(sampled, padding);
  });
}

struct ResNetBlockSizes {
  std::int64_t inputs, width, stride = 1;
};

class ResNetBlock : public Layer {
 public:
  ResNetBlock(const ResNetBlockSizes& block, const ResNetSizes& sizes, const EncoderOptions& shared)
      : shared_(shared) {
    const auto [inputs, width, stride] = block;
    const auto outputs = sizes.bottleneck ? 4 * width : width;
    if (sizes.bottleneck) {
      add({inputs, width}, 1, 1);
      add({width, width}, 3, stride);
      add({width, outputs}, 1, 1);
    } else {
      add({inputs, width}, 3, stride);
      add({width, width}, 3, 1);
    }
    if (stride == 1 && inputs == outputs) return;
    shortcut_ =
        register_module("downsample", sizes.zero_padded ? zero_padded_shortcut(outputs, stride)
                                                        : projection({inputs, outputs}, stride));
  }

  at::Tensor forward(const at::Tensor& x) override {
    at::Tensor y = x;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      const bool is_last = i + 1 == convolutions_.size();
      y = norms_[i]->forward_with_leaky_relu(convolutions_[i]->forward(y), is_last ? 1 : 0);
    }
    y = y + (shortcut_ ? shortcut_->forward(x) : x);
    return at::relu_(y);
  }

 private:
  void add(std::pair<std::int64_t, std::int64_t> channels, std::int64_t kernel,
           std::int64_t stride) {
    const auto number = std::to_string(convolutions_.size() + 1);
    convolutions_.push_back(
        register_module("conv" + number, strided(channels, kernel, {stride, shared_.dimensions})));
    norms_.push_back(register_module("bn" + number, shared_.norm(channels.second)));
  }

  LayerPtr projection(std::pair<std::int64_t, std::int64_t> channels, std::int64_t stride) const {
    return std::make_shared<Sequence>(std::vector<LayerPtr>{
        strided(channels, 1, {stride, shared_.dimensions}), shared_.norm(channels.second)});
  }

  EncoderOptions shared_;
  std::vector<LayerPtr> convolutions_;
  std::vector<std::shared_ptr<Norm>> norms_;
  LayerPtr shortcut_;
};

at::Tensor halved_by_maximum(const at::Tensor& x) {
  const std::vector<std::int64_t> three(x.dim() - 2, 3), two(x.dim() - 2, 2), one(x.dim() - 2, 1);
  return x.dim() == 4 ? at::max_pool2d(x, three, two, one) : at::max_pool3d(x, three, two, one);
}

class ResNetEncoder : public Encoder {
 public:
  ResNetEncoder(const ResNetSizes& sizes, const EncoderOptions& options) {
    const auto width = sizes.widths.front();
    conv_ = register_module("conv1", strided({options.inputs, width}, 7, {2, options.dimensions}));
    norm_ = register_module("bn1", options.norm(width));
    channels_ = {width};
    for (std::size_t stage = 0; stage < sizes.blocks.size(); ++stage) {
      stages_.push_back(register_module("layer" + std::to_string(stage + 1),
                                        residual_layer(sizes, stage, options)));
      channels_.push_back(sizes.widths[stage] * (sizes.bottleneck ? 4 : 1));
    }
  }

  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    std::vector<at::Tensor> pyramid{norm_->forward_with_leaky_relu(conv_->forward(x), 0)};
    at::Tensor features = halved_by_maximum(pyramid.front());
    for (const auto& stage : stages_) {
      features = stage->forward(features);
      pyramid.push_back(features);
    }
    return pyramid;
  }

 private:
  LayerPtr residual_layer(const ResNetSizes& sizes, std::size_t stage,
                          const EncoderOptions& options) {
    ResNetBlockSizes block{channels_.back(), sizes.widths[stage], stage == 0 ? 1 : 2};
    std::vector<LayerPtr> blocks;
    for (std::int64_t i = 0; i < sizes.blocks[stage]; ++i) {
      blocks.push_back(std::make_shared<ResNetBlock>(block, sizes, options));
      block.inputs = block.width * (sizes.bottleneck ? 4 : 1);
      block.stride = 1;
    }
    return std::make_shared<Sequence>(std::move(blocks));
  }

  LayerPtr conv_;
  std::shared_ptr<Norm> norm_;
  std::vector<LayerPtr> stages_;
};

}  // namespace

std::shared_ptr<Encoder> resnet_encoder(const ResNetSizes& sizes, const EncoderOptions& options) {
  auto complete = options;
  if (!complete.norm) {
    NormOptions batch;
    batch.track_running_stats = true;
    complete.norm = [batch](auto channels) { return std::make_shared<BatchNorm>(channels, batch); };
  }
  return std::make_shared<ResNetEncoder>(sizes, complete);
}

}  // namespace seg::net
