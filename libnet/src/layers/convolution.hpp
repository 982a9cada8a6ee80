#pragma once

#include "layers/layer.hpp"

namespace seg::net {

/// Sizes of a convolution. The number of axes is that of `kernel`.
struct ConvolutionSizes {
  std::int64_t inputs = 1, outputs = 1;  ///< channels
  std::vector<std::int64_t> kernel;
  std::vector<std::int64_t> stride;    ///< empty: 1 everywhere
  std::vector<std::int64_t> padding;   ///< empty: (kernel - 1) / 2, none if transposed
  std::vector<std::int64_t> dilation;  ///< empty: 1 everywhere
  std::int64_t padding_behind = 0;     ///< further zeros, only behind the last element of each axis
  std::int64_t groups = 1;
  bool bias = true;
  bool transposed = false;
};

/// Convolution or transposed convolution over one to three axes. The weights are not drawn here.
class Convolution : public Layer {
 public:
  explicit Convolution(ConvolutionSizes sizes);
  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor forward_joined(std::vector<at::Tensor> parts) override;
  std::int64_t groups() const { return sizes_.groups; }

  at::Tensor weight;  ///< as upstream stores it: transposed ones have the inputs first
  at::Tensor bias;    ///< undefined without bias

 private:
  at::Tensor plain(const at::Tensor& x) const;
  at::Tensor transposed(const at::Tensor& x) const;

  ConvolutionSizes sizes_;
  bool depthwise_ = false;                ///< as depthwise_convolution() does it
  bool threes_ = false;                   ///< as winograd_convolution() can do it
  bool tiles_ = false;                    ///< as upsample_by_tiles() does it
  std::vector<std::int64_t> own_stride_;  ///< voxels are left out before, not by, the convolution
};

/// A convolution with stride 1, "same" padding for odd kernels, and bias.
std::shared_ptr<Convolution> convolution(std::int64_t inputs, std::int64_t outputs,
                                         std::vector<std::int64_t> kernel);

}  // namespace seg::net
