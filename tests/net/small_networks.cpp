#include "net/small_networks.hpp"

#include "net/filled_network.hpp"

namespace seg::test {
namespace {

const std::string style_3d = R"(
    "conv_op": "torch.nn.modules.conv.Conv3d", "conv_bias": true,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
    "norm_op_kwargs": {"eps": 1e-05, "affine": true},
    "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": true})";
const std::string style_2d = R"(
    "conv_op": "torch.nn.modules.conv.Conv2d", "conv_bias": true,
    "norm_op": "torch.nn.modules.batchnorm.BatchNorm2d", "norm_op_kwargs": {"eps": 1e-05},
    "dropout_op": "torch.nn.Dropout2d", "dropout_op_kwargs": {"p": 0.2},
    "nonlin": "torch.nn.ReLU", "nonlin_kwargs": {"inplace": true})";
const std::string stages_3d = R"({"n_stages": 3, "features_per_stage": [16, 32, 48],
    "kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3]], "n_conv_per_stage_decoder": [1, 2],
    "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2]], )";
const std::string stages_2d = R"({"n_stages": 3, "features_per_stage": [16, 24, 32],
    "kernel_sizes": [[3, 3], [3, 3], [3, 3]], "n_conv_per_stage_decoder": [1, 2],
    "strides": [[1, 1], [2, 2], [2, 2]], )";

std::vector<SmallNetwork> unets() {
  return {{"PlainConvUNet",
           stages_3d + R"("n_conv_per_stage": [2, 2, 2], )" + style_3d + "}",
           {8, 32, 32}},
          {"PlainConvUNet",
           stages_2d + R"("n_conv_per_stage": [2, 2, 2], )" + style_2d + "}",
           {32, 48}},
          {"ResidualEncoderUNet",
           stages_3d + R"("n_blocks_per_stage": [1, 2, 2], )" + style_3d + "}",
           {8, 32, 32}},
          {"ResidualEncoderUNet",
           stages_2d + R"("n_blocks_per_stage": [1, 2, 2], )" + style_2d + "}",
           {32, 48}},
          {"STUNet",
           R"({"depth": [1, 1, 1], "dims": [16, 32, 32],
                     "pool_op_kernel_sizes": [[2, 2, 2], [1, 2, 2]]})",
           {8, 32, 32}},
          {"STUNet",
           R"({"depth": [1, 2], "dims": [16, 32], "pool_op_kernel_sizes": [[2, 2]],
                     "conv_kernel_sizes": [[3, 3], [3, 3]]})",
           {32, 32}}};
}

std::vector<SmallNetwork> mednexts() {
  return {{"MedNeXt",
           R"({"n_channels": 8, "exp_r": 2, "kernel_size": 3, "deep_supervision": true,
                      "do_res": true, "do_res_up_down": true,
                      "block_counts": [1, 1, 1, 1, 1, 1, 1, 1, 1], "grn": true})",
           {32, 32, 32}},
          {"MedNeXt",
           R"({"n_channels": 8, "exp_r": 2, "kernel_size": 5, "dim": "2d",
                      "do_res": true, "do_res_up_down": true, "norm_type": "layer",
                      "block_counts": [1, 1, 1, 1, 1, 1, 1, 1, 1]})",
           {32, 48}}};
}

std::vector<SmallNetwork> flexible_unets() {
  return {{"FlexibleUNet", R"({"backbone": "resnet10", "spatial_dims": 3})", {32, 32, 64}},
          {"FlexibleUNet",
           R"({"backbone": "resnet18", "spatial_dims": 2, "interp_mode": "bilinear",
                           "act": "elu"})",
           {64, 64}},
          {"FlexibleUNet",
           R"({"backbone": "resnet10", "spatial_dims": 2, "upsample": "pixelshuffle",
                           "norm": ["group", {"num_groups": 4}], "act": "swish"})",
           {64, 64}},
          {"FlexibleUNet",
           R"({"backbone": "resnet18", "spatial_dims": 3, "upsample": "deconv",
                           "norm": "instance", "act": "gelu"})",
           {32, 64, 64}},
          {"FlexibleUNet",
           R"({"backbone": "resnet10", "spatial_dims": 3, "interp_mode": "trilinear",
                           "upsample": "nontrainable"})",
           {32, 32, 64}},
          {"FlexibleUNet",
           R"({"backbone": "resnet10", "spatial_dims": 2, "interp_mode": "bicubic"})",
           {64, 64}},
          {"FlexibleUNet", R"({"backbone": "efficientnet-b0", "spatial_dims": 3})", {32, 64, 64}},
          {"FlexibleUNet", R"({"backbone": "efficientnet-b0", "spatial_dims": 2})", {64, 96}},
          {"FlexibleUNet", R"({"backbone": "resnet10", "spatial_dims": 2})", {64, 64}}};
}

}  // namespace

const std::vector<SmallNetwork>& small_networks() {
  static const std::vector<SmallNetwork> all = [] {
    std::vector<SmallNetwork> networks = unets();
    for (const auto& family : {mednexts(), flexible_unets()})
      networks.insert(networks.end(), family.begin(), family.end());
    networks.push_back({"EGEUNet", "{}", {64, 96}});
    return networks;
  }();
  return all;
}

std::shared_ptr<net::Network> filled_network(const SmallNetwork& description) {
  const auto network = net::build_network(
      {description.class_name, Json::parse(description.arguments), Json::array()}, {2, 3, true});
  fill(*network);
  network->set_deep_supervision(false);
  network->eval();
  return network;
}

at::Tensor input_for(const SmallNetwork& description, std::int64_t batch) {
  std::vector<std::int64_t> shape{batch, 2};
  shape.insert(shape.end(), description.patch.begin(), description.patch.end());
  return filled_input("x", shape);
}

}  // namespace seg::test
