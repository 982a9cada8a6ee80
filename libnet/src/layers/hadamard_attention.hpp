#pragma once

#include "layers/layer.hpp"

namespace seg::net {

/// EGE-UNet's grouped multi-axis Hadamard product attention (Ruan et al. 2023), 2D: three quarters
/// of the channels are multiplied by learned maps over two axes each (rows and columns, channels
/// and rows, channels and columns), the last quarter is convolved.
class HadamardAttention : public Layer {
 public:
  /// @param inputs a multiple of 4.
  HadamardAttention(std::int64_t inputs, std::int64_t outputs);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  /// The maps, stretched to the size of x: [1, C, Y, X], [C, Y, 1], [C, 1, X].
  at::Tensor over_rows_and_columns(const at::Tensor& x) const;
  at::Tensor over_rows(const at::Tensor& x) const;
  at::Tensor over_columns(const at::Tensor& x) const;

  at::Tensor map_xy_, map_zx_, map_zy_;
  LayerPtr conv_xy_, conv_zx_, conv_zy_, conv_rest_, norm1_, norm2_, mix_;
};

/// EGE-UNet's group aggregation bridge: merges features of two resolutions and a mask in four
/// groups of channels with growing dilation.
class AggregationBridge : public torch::nn::Module {
 public:
  /// @param upper, lower channels at the low and at the high resolution; lower a multiple of 4.
  AggregationBridge(std::int64_t upper, std::int64_t lower);

  /// @param mask logits [B, 1, Y, X] as large as lower. @returns [B, lower, Y, X].
  at::Tensor forward(const at::Tensor& upper, const at::Tensor& lower, const at::Tensor& mask);

 private:
  LayerPtr project_, merge_;
  std::vector<LayerPtr> groups_;
};

/// Bilinear, corners on corners: how EGE-UNet resizes everything.
at::Tensor resized(const at::Tensor& x, at::IntArrayRef size);

}  // namespace seg::net
