#pragma once

#include "layers/layer_style.hpp"

namespace seg::net {

/// An image encoder as a decoder sees it: feature maps at 1/2, 1/4, 1/8, ... of the input.
class Encoder : public torch::nn::Module {
 public:
  /// @returns the pyramid, the highest resolution first.
  virtual std::vector<at::Tensor> forward(const at::Tensor& x) = 0;

  /// Channels of each map.
  const std::vector<std::int64_t>& channels() const { return channels_; }

 protected:
  std::vector<std::int64_t> channels_;
};

struct EncoderOptions {
  std::int64_t inputs = 1;
  std::size_t dimensions = 3;
  NormMaker norm;  ///< empty: the encoder's own batch norm
  double drop_connect_rate = 0.2;
};

/// resnet10, 18, 34, 50, 101, 152, 200 (He et al. 2016, widths of Med3D) or efficientnet-b0 to -b8
/// and -l2 (Tan & Le 2019), as MONAI has them. @throws Error that lists them for another name.
std::shared_ptr<Encoder> build_encoder(const std::string& backbone, const EncoderOptions& options);

}  // namespace seg::net
