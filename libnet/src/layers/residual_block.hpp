#pragma once

#include "layers/conv_block.hpp"

namespace seg::net {

struct ResidualSizes {
  ConvolutionSizes convolution;  ///< inputs, outputs, kernel and stride of the block
  std::int64_t bottleneck = 0;   ///< channels between two 1x1 convolutions; 0: a basic block
};

/// Residual block of ResNet-D (He et al., "Bag of tricks", 2019): upstream's BasicBlockD and, with
/// bottleneck channels, BottleneckD. The skip pools (average) where the block strides and projects
/// where the width changes; the activation follows the sum.
class ResidualBlock : public Layer {
 public:
  ResidualBlock(const ResidualSizes& sizes, const LayerStyle& style);

  at::Tensor forward(const at::Tensor& x) override;
  /// Norm of the last convolution, which starts at zero upstream; null without norm.
  LayerPtr last_norm() const;

 private:
  void add_basic(const ConvolutionSizes& sizes, const LayerStyle& style);
  void add_bottleneck(const ResidualSizes& sizes, const LayerStyle& style);
  void add_skip(const ConvolutionSizes& sizes, LayerStyle style);
  void add_block(const ConvolutionSizes& sizes, const LayerStyle& style);

  std::vector<std::shared_ptr<ConvBlock>> blocks_;
  LayerPtr skip_;  ///< null: identity
  Activation activation_;
};

/// `count` blocks in a row, the first with the stride: upstream's StackedResidualBlocks.
LayerPtr residual_stack(std::int64_t count, const ResidualSizes& first, const LayerStyle& style);

}  // namespace seg::net
