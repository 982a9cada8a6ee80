#pragma once

#include "layers/convolution.hpp"
#include "layers/layer_style.hpp"

namespace seg::net {

struct InvertedBottleneckSizes {
  std::int64_t inputs = 1, outputs = 1, kernel = 3, stride = 1;
  std::int64_t expansion = 1;   ///< width of the middle, in input channels
  std::int64_t image_size = 0;  ///< nominal side of the input, which padding goes by
  double drop_rate = 0;         ///< share of items whose block is left out in training
};

/// EfficientNet's block (Sandler et al. 2018, Tan & Le 2019): 1x1 expansion, depthwise convolution,
/// squeeze and excitation, 1x1 projection; a sum around it where shapes agree.
class InvertedBottleneck : public Layer {
 public:
  InvertedBottleneck(const InvertedBottleneckSizes& sizes, std::size_t dimensions,
                     const NormMaker& norm);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  at::Tensor excite(const at::Tensor& x) const;
  at::Tensor drop(const at::Tensor& x) const;

  bool residual_;
  double drop_rate_;
  LayerPtr expand_, norm0_, depthwise_, norm1_, squeeze_, excite_, project_, norm2_;
};

/// Padding of TensorFlow's "same" convolutions for an input of a nominal size, as far as strided
/// ones may need one element more behind than in front.
ConvolutionSizes padded_for(ConvolutionSizes sizes, std::int64_t image_size);

/// The size of such a convolution's output.
std::int64_t size_after(std::int64_t image_size, std::int64_t stride);

}  // namespace seg::net
