#include <ATen/autocast_mode.h>

#include "net/network_oracle.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;

namespace {

plan::Architecture small_unet() {
  const Json arguments = Json::parse(R"({
    "n_stages": 3, "features_per_stage": [4, 6, 8], "conv_op": "torch.nn.modules.conv.Conv2d",
    "kernel_sizes": [[3, 3], [3, 3], [3, 3]], "strides": [[1, 1], [2, 2], [2, 1]],
    "n_conv_per_stage": 1, "n_conv_per_stage_decoder": [1, 1], "conv_bias": true,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d",
    "norm_op_kwargs": {"eps": 1e-05, "affine": true},
    "dropout_op": null, "dropout_op_kwargs": null,
    "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": true}})");
  return {"some.package.of.old.PlainConvUNet", arguments, Json::array()};
}

net::NetworkOptions options(bool deep_supervision = true) { return {1, 2, deep_supervision}; }

}  // namespace

TEST_CASE("U-Nets answer as upstream's") {
  const auto folder = test::shared_data() / "oracles/networks";
  if (!std::filesystem::exists(folder)) {
    seg::test::skip("no network oracles");
    return;
  }
  const auto* name = GENERATE("plain3d_odd_options", "plain3d_hippocampus_ds",
                              "plain3d_hippocampus_nods", "plain2d_batchnorm_small",
                              "resenc3d_bottleneck_small", "resenc3d_equal_width_stage");
  INFO(name);
  const auto record = test::read_network_record(folder / (std::string(name) + ".json"));
  CHECK(test::compare_network(record).differences == std::vector<std::string>{});
}

TEST_CASE("a class is found whatever package is in front, others are listed") {
  auto architecture = small_unet();
  CHECK(net::build_network(architecture, options()));
  architecture.class_name = "PlainConvUNet";
  CHECK(net::build_network(architecture, options()));
  architecture.class_name = "torchvision.models.VGG";
  CHECK_THROWS_WITH(
      net::build_network(architecture, options()),
      ContainsSubstring("torchvision.models.VGG") && ContainsSubstring("ResidualEncoderUNet"));
}

TEST_CASE("arguments that do not fit are named") {
  const auto message_for = [](const std::string& key, const Json& value) {
    auto architecture = small_unet();
    architecture.arguments[key] = value;
    try {
      net::build_network(architecture, options());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK_THAT(message_for("strides", {1, 2}),
             ContainsSubstring("strides") && ContainsSubstring("3 entries"));
  CHECK_THAT(message_for("features_per_stage", {4, 0, 8}), ContainsSubstring("features_per_stage"));
  CHECK_THAT(message_for("n_stages", "three"),
             ContainsSubstring("n_stages") && ContainsSubstring("wrong type"));
  CHECK_THAT(message_for("n_stages", nullptr),
             ContainsSubstring("n_stages") && ContainsSubstring("missing"));
  CHECK_THAT(message_for("norm_op", "torch.nn.GroupNorm"), ContainsSubstring("InstanceNorm2d"));
  CHECK_THAT(message_for("norm_op", "torch.nn.InstanceNorm3d"),
             ContainsSubstring("InstanceNorm2d"));
  CHECK_THAT(message_for("stem_channels", 8), ContainsSubstring("stem_channels"));
}

TEST_CASE("inputs that a network cannot take are explained") {
  const auto network = net::build_network(small_unet(), options());
  CHECK(network->forward(at::zeros({2, 1, 8, 8})).size() == 2);
  CHECK_THROWS_WITH(network->forward(at::zeros({2, 3, 8, 8})), ContainsSubstring("1 channels"));
  CHECK_THROWS_WITH(network->forward(at::zeros({2, 1, 8, 8, 8})), ContainsSubstring("2 axes"));
  CHECK_THROWS_WITH(network->forward(at::zeros({2, 1, 8, 7})),
                    ContainsSubstring("multiple of 4x2"));
  CHECK_THROWS_WITH(network->forward(at::zeros({2, 1, 4, 2})), ContainsSubstring("single element"));
}

TEST_CASE("without deep supervision the full-resolution head is left") {
  const auto network = net::build_network(small_unet(), options());
  const auto x = at::randn({1, 1, 16, 8});
  const auto heads = network->forward(x);
  network->set_deep_supervision(false);
  const auto head = network->forward(x);
  REQUIRE(head.size() == 1);
  CHECK(at::equal(head[0], heads[0]));
  CHECK(heads[1].sizes() == at::IntArrayRef({1, 2, 8, 4}));
}

TEST_CASE("a network starts as upstream's: He normal, biases zero, residual blocks silent") {
  auto architecture = small_unet();
  architecture.class_name = "ResidualEncoderUNet";
  architecture.arguments.erase("n_conv_per_stage");
  architecture.arguments["n_blocks_per_stage"] = {1, 1, 1};
  architecture.arguments["features_per_stage"] = {32, 64, 128};
  const auto network = net::build_network(architecture, options());
  std::map<std::string, at::Tensor> state;
  for (const auto& [name, tensor] : net::state_dict(*network)) state.emplace(name, tensor);
  const auto& weight = state.at("encoder.stages.2.blocks.0.conv1.conv.weight");
  const double expected = std::sqrt(2 / (1 + 1e-4) / (64 * 9));
  CHECK(weight.std().item<double>() == Approx(expected).epsilon(0.02));
  CHECK(state.at("encoder.stages.2.blocks.0.conv1.conv.bias").abs().max().item<float>() == 0);
  CHECK(state.at("encoder.stages.2.blocks.0.conv1.norm.weight").min().item<float>() == 1);
  CHECK(state.at("encoder.stages.2.blocks.0.conv2.norm.weight").abs().max().item<float>() == 0);
}

TEST_CASE("channels-last inputs and bf16 autocast give the same answer within rounding") {
  const auto network = net::build_network(small_unet(), options(false));
  const at::NoGradGuard no_gradients;
  const auto x = at::randn({2, 1, 16, 8});
  const auto plain = network->forward(x)[0];
  const auto last = network->forward(x.contiguous(at::MemoryFormat::ChannelsLast))[0];
  CHECK(at::allclose(plain, last, 1e-4, 1e-5));
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto low = network->forward(x)[0];
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  CHECK(low.scalar_type() == at::kBFloat16);
  CHECK(at::allclose(plain, low.to(at::kFloat), 0.1, 0.1));
}
