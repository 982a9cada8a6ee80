#pragma once

#include <cstddef>
#include <string>

#include "seg/plan/files.hpp"

namespace seg::plan {

/// What differs between nnU-Net's U-Nets.
struct UNet {
  std::size_t axes = 3;
  bool residual_encoder = false;
  Json features_per_stage, kernel_sizes, strides, encoder_blocks, decoder_blocks;
};

/// "arch_kwargs" as nnU-Net's planners write them.
Json unet_arguments(const UNet& network);

/// Those of them that name a Python class: "_kw_requires_import".
Json unet_imports();

}  // namespace seg::plan
