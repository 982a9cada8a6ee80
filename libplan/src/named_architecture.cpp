#include "seg/plan/named_architecture.hpp"

#include "unet_arguments.hpp"

namespace seg::plan {

std::optional<Architecture> architecture_named(const std::string& name) {
  if (name != "ResEncL") return std::nullopt;
  const Json triple = {3, 3, 3}, half = {2, 2, 2}, whole = {1, 1, 1};
  return Architecture{"dynamic_network_architectures.architectures.unet.ResidualEncoderUNet",
                      unet_arguments({.axes = 3,
                                      .residual_encoder = true,
                                      .features_per_stage = {32, 64, 128, 256, 320, 320},
                                      .kernel_sizes = Json::array_t(6, triple),
                                      .strides = {whole, half, half, half, half, half},
                                      .encoder_blocks = {1, 3, 4, 6, 6, 6},
                                      .decoder_blocks = {1, 1, 1, 1, 1}}),
                      unet_imports()};
}

}  // namespace seg::plan
