#pragma once

#include <cstdint>
#include <vector>

#include "topology.hpp"

namespace seg::plan {

/// What decides the size of a U-Net's feature maps.
struct NetworkSize {
  bool residual_encoder = false;
  std::vector<Voxels> strides;
  std::vector<std::int64_t> features_per_stage;
  std::vector<std::int64_t> encoder_blocks, decoder_blocks;  ///< the decoder has one stage less
  std::int64_t outputs = 0;
};

/// Number of values that the convolutions of a PlainConvUNet or ResidualEncoderUNet produce for one
/// patch (compute_conv_feature_map_size without deep supervision): nnU-Net's measure of GPU memory.
std::int64_t conv_feature_map_size(const NetworkSize& network, const Voxels& patch_size);

}  // namespace seg::plan
