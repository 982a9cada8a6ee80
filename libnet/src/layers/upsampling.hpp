#pragma once

#include "layers/layer.hpp"

namespace seg::net {

/// How a decoder doubles the resolution: MONAI's UpSample.
struct UpsamplingOptions {
  std::string mode = "nontrainable";      ///< or deconv, pixelshuffle
  std::string interpolation = "nearest";  ///< or linear, bicubic (2D); for nontrainable
  bool convolution =
      true;  ///< 1x1 before interpolating (if the width changes), 3x3 before shuffling
};

/// Twice the resolution; channels in and out. Parameters are named as upstream's.
/// @throws Error for widths that need a convolution if there is none.
LayerPtr upsampling(std::pair<std::int64_t, std::int64_t> channels, std::size_t dimensions,
                    const UpsamplingOptions& options);

}  // namespace seg::net
