#include "unet_arguments.hpp"

namespace seg::plan {

Json unet_arguments(const UNet& network) {
  const std::string axes = std::to_string(network.axes) + "d";
  Json json;
  json["n_stages"] = network.features_per_stage.size();
  json["features_per_stage"] = network.features_per_stage;
  json["conv_op"] = "torch.nn.modules.conv.Conv" + axes;
  json["kernel_sizes"] = network.kernel_sizes;
  json["strides"] = network.strides;
  json[network.residual_encoder ? "n_blocks_per_stage" : "n_conv_per_stage"] =
      network.encoder_blocks;
  json["n_conv_per_stage_decoder"] = network.decoder_blocks;
  json["conv_bias"] = true;
  json["norm_op"] = "torch.nn.modules.instancenorm.InstanceNorm" + axes;
  json["norm_op_kwargs"] = {{"eps", 1e-05}, {"affine", true}};
  json["dropout_op"] = nullptr;
  json["dropout_op_kwargs"] = nullptr;
  json["nonlin"] = "torch.nn.LeakyReLU";
  json["nonlin_kwargs"] = {{"inplace", true}};
  return json;
}

Json unet_imports() { return {"conv_op", "norm_op", "dropout_op", "nonlin"}; }

}  // namespace seg::plan
