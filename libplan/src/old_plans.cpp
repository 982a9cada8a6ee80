#include <algorithm>

#include "configuration_json.hpp"

namespace seg::plan {
namespace {

struct OldNetwork {
  const char* class_name;    ///< as nnU-Net names it today
  const char* blocks_entry;  ///< key of arch_kwargs that holds the encoder's depth
};

OldNetwork old_network(const JsonObject& configuration) {
  const auto name = configuration.get<std::string>("UNet_class_name");
  if (name == "PlainConvUNet")
    return {"dynamic_network_architectures.architectures.unet.PlainConvUNet", "n_conv_per_stage"};
  if (name == "ResidualEncoderUNet")
    return {"dynamic_network_architectures.architectures.residual_unet.ResidualEncoderUNet",
            "n_blocks_per_stage"};
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
  const std::string axes = std::to_string(configuration.at("patch_size").size()) + "d";
  const Json& depth = configuration.at("n_conv_per_stage_encoder");
  Json arguments;
  arguments["n_stages"] = depth.size();
  arguments["features_per_stage"] = features_per_stage(configuration, depth.size());
  arguments["conv_op"] = "torch.nn.modules.conv.Conv" + axes;
  arguments["kernel_sizes"] = configuration.at("conv_kernel_sizes");
  arguments["strides"] = configuration.at("pool_op_kernel_sizes");
  arguments[network.blocks_entry] = depth;
  arguments["n_conv_per_stage_decoder"] = configuration.at("n_conv_per_stage_decoder");
  arguments["conv_bias"] = true;
  arguments["norm_op"] = "torch.nn.modules.instancenorm.InstanceNorm" + axes;
  arguments["norm_op_kwargs"] = {{"eps", 1e-05}, {"affine", true}};
  arguments["dropout_op"] = nullptr;
  arguments["dropout_op_kwargs"] = nullptr;
  arguments["nonlin"] = "torch.nn.LeakyReLU";
  arguments["nonlin_kwargs"] = {{"inplace", true}};
  return {{"network_class_name", network.class_name},
          {"arch_kwargs", arguments},
          {"_kw_requires_import", {"conv_op", "norm_op", "dropout_op", "nonlin"}}};
}

Json without_old_architecture(Json json) {
  for (const char* key : {"UNet_class_name", "UNet_base_num_features", "n_conv_per_stage_encoder",
                          "n_conv_per_stage_decoder", "num_pool_per_axis", "pool_op_kernel_sizes",
                          "conv_kernel_sizes", "unet_max_num_features"})
    json.erase(key);
  return json;
}

}  // namespace seg::plan
