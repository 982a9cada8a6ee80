#include "seg/plan/named_architecture.hpp"

namespace seg::plan {

std::optional<Architecture> architecture_named(const std::string& name) {
  if (name != "ResEncL") return std::nullopt;
  const Json triple = {3, 3, 3}, half = {2, 2, 2}, whole = {1, 1, 1};
  const Json arguments = {{"n_stages", 6},
                          {"features_per_stage", {32, 64, 128, 256, 320, 320}},
                          {"conv_op", "torch.nn.modules.conv.Conv3d"},
                          {"kernel_sizes", {triple, triple, triple, triple, triple, triple}},
                          {"strides", {whole, half, half, half, half, half}},
                          {"n_blocks_per_stage", {1, 3, 4, 6, 6, 6}},
                          {"n_conv_per_stage_decoder", {1, 1, 1, 1, 1}},
                          {"conv_bias", true},
                          {"norm_op", "torch.nn.modules.instancenorm.InstanceNorm3d"},
                          {"norm_op_kwargs", {{"eps", 1e-5}, {"affine", true}}},
                          {"dropout_op", nullptr},
                          {"dropout_op_kwargs", nullptr},
                          {"nonlin", "torch.nn.LeakyReLU"},
                          {"nonlin_kwargs", {{"inplace", true}}}};
  return Architecture{"dynamic_network_architectures.architectures.unet.ResidualEncoderUNet",
                      arguments,
                      {"conv_op", "norm_op", "dropout_op", "nonlin"}};
}

}  // namespace seg::plan
