#include <algorithm>

#include "configuration_json.hpp"
#include "unet_arguments.hpp"

namespace seg::plan {
namespace {

struct OldNetwork {
  const char* class_name;  ///< as nnU-Net names it today
  bool residual_encoder;
};

OldNetwork old_network(const JsonObject& configuration) {
  const auto name = configuration.get<std::string>("UNet_class_name");
  if (name == "PlainConvUNet")
    return {"dynamic_network_architectures.architectures.unet.PlainConvUNet", false};
  if (name == "ResidualEncoderUNet")
    return {"dynamic_network_architectures.architectures.residual_unet.ResidualEncoderUNet", true};
  throw Error(configuration.source, "unknown UNet_class_name \"" + name + "\"",
              "only PlainConvUNet and ResidualEncoderUNet of old plans are understood");
}

std::vector<std::int64_t> features_per_stage(const JsonObject& configuration, std::size_t stages) {
  const auto most = configuration.get<std::int64_t>("unet_max_num_features");
  std::int64_t count = configuration.get<std::int64_t>("UNet_base_num_features");
  std::vector<std::int64_t> features;
  for (; features.size() < stages; count = std::min(2 * count, most))
    features.push_back(std::min(count, most));
  return features;
}

}  // namespace

Json architecture_of_old_plans(const JsonObject& configuration) {
  const OldNetwork network = old_network(configuration);
  const Json& depth = configuration.at("n_conv_per_stage_encoder");
  return {{"network_class_name", network.class_name},
          {"arch_kwargs",
           unet_arguments({.axes = configuration.at("patch_size").size(),
                           .residual_encoder = network.residual_encoder,
                           .features_per_stage = features_per_stage(configuration, depth.size()),
                           .kernel_sizes = configuration.at("conv_kernel_sizes"),
                           .strides = configuration.at("pool_op_kernel_sizes"),
                           .encoder_blocks = depth,
                           .decoder_blocks = configuration.at("n_conv_per_stage_decoder")})},
          {"_kw_requires_import", unet_imports()}};
}

Json without_old_architecture(Json json) {
  for (const char* key : {"UNet_class_name", "UNet_base_num_features", "n_conv_per_stage_encoder",
                          "n_conv_per_stage_decoder", "num_pool_per_axis", "pool_op_kernel_sizes",
                          "conv_kernel_sizes", "unet_max_num_features"})
    json.erase(key);
  return json;
}

}  // namespace seg::plan
