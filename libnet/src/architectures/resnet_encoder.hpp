#pragma once

#include "architectures/encoder.hpp"

namespace seg::net {

struct ResNetSizes {
  bool bottleneck = false;           ///< 1x1, 3x3, 1x1 convolutions with four times the width
  std::vector<std::int64_t> blocks;  ///< per stage
  bool zero_padded = false;          ///< shortcut A: sampling and zero channels, no convolution
  std::vector<std::int64_t> widths = {64, 128, 256, 512};
};

std::shared_ptr<Encoder> resnet_encoder(const ResNetSizes& sizes, const EncoderOptions& options);

}  // namespace seg::net
