#pragma once

#include "layers/convolution.hpp"
#include "layers/layer_style.hpp"
#include "layers/norm.hpp"

namespace seg::net {

/// Convolution, dropout, norm, activation: upstream's ConvDropoutNormReLU. Steps that the style
/// does not have are left out.
class ConvBlock : public Layer, public NamedAsUpstream {
 public:
  /// Bias is that of the style, not of `sizes`.
  ConvBlock(ConvolutionSizes sizes, LayerStyle style);

  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor forward_joined(std::vector<at::Tensor> parts) override;
  Children upstream_children() const override;
  const std::shared_ptr<Norm>& norm() const { return norm_; }

 private:
  at::Tensor behind_convolution(at::Tensor&& x);
  at::Tensor normalise(const at::Tensor& x);
  at::Tensor activate(const at::Tensor& x);
  at::Tensor normalise_and_activate(at::Tensor&& x);

  LayerStyle style_;
  LayerPtr conv_;
  std::shared_ptr<Norm> norm_;
};

/// `count` blocks in a row, the first with the stride: upstream's StackedConvBlocks.
LayerPtr conv_stack(std::int64_t count, const ConvolutionSizes& first, const LayerStyle& style);

}  // namespace seg::net
