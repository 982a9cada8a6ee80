#pragma once

#include "architectures/encoder.hpp"

namespace seg::net {

struct EfficientNetSizes {
  double width = 1, depth = 1;    ///< factors on b0's channels and blocks
  std::int64_t image_size = 224;  ///< nominal side, which padding goes by
};

std::shared_ptr<Encoder> efficientnet_encoder(const EfficientNetSizes& sizes,
                                              const EncoderOptions& options);

}  // namespace seg::net
