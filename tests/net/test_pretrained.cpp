#include "seg/net/pretrained.hpp"

#include "net/filled_network.hpp"
#include "net/pretrained_oracle.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "test_files.hpp"

#include "catch.hpp"

namespace {

using namespace seg;
using Names = std::vector<std::string>;

std::filesystem::path recorded_weights() { return test::shared_data() / "oracles/networks"; }

bool without_recorded_weights() {
  if (std::filesystem::exists(recorded_weights())) return false;
  seg::test::skip("no network oracles");
  return true;
}

std::shared_ptr<net::Network> tiny_mednext(const Json& changes) {
  Json arguments = Json::parse(R"({"n_channels": 2, "exp_r": 2, "block_counts": 1, "do_res": true,
    "do_res_up_down": true, "dim": "2d", "kernel_size": 3, "deep_supervision": true})");
  arguments.update(changes);
  return net::build_network({"MedNeXt", arguments, Json::array()}, {1, 2, true});
}

std::shared_ptr<net::Network> tiny_flexible(std::int64_t inputs) {
  const Json arguments = {{"backbone", "resnet10"}, {"spatial_dims", 2}};
  return net::build_network({"FlexibleUNet", arguments, Json::array()}, {inputs, 2, true});
}

// Tensors whose names start with a prefix, without it.
net::Value part_of(const net::Network& network, const std::string& prefix) {
  net::Value::Dict dict;
  for (const auto& [name, tensor] : net::state_dict(network)) {
    if (name.rfind(prefix, 0) != 0) continue;
    dict.push_back({net::Value{name.substr(prefix.size())}, net::Value{tensor.detach().clone()}});
  }
  return {dict};
}

at::Tensor tensor_of(const net::Network& network, const std::string& wanted) {
  for (const auto& [name, tensor] : net::state_dict(network)) {
    if (name == wanted) return tensor;
  }
  throw std::runtime_error("no " + wanted);
}

}  // namespace

TEST_CASE("weights are taken over as upstream takes them over") {
  if (without_recorded_weights()) return;
  const auto folder = recorded_weights() / "checkpoints";
  CHECK(test::compare_upkern(recorded_weights() / "mednext_upkern_S_3to5.json") == Names{});
  CHECK(test::compare_fine_tuning(folder / "stunet_tiny_finetune.json") == Names{});
  CHECK(test::compare_encoder(folder / "med3d_tiny_zip.pth.json") == Names{});
  CHECK(test::compare_stunet(folder / "stunet_tiny_v1.model.json") == Names{});
}

TEST_CASE(
    "kernels of another size are resampled in 2D too, their mean stays for constant kernels") {
  const auto small = tiny_mednext(Json::object()), large = tiny_mednext({{"kernel_size", 5}});
  {
    const at::NoGradGuard no_gradients;
    for (const auto& [name, tensor] : net::state_dict(*small)) tensor.fill_(0.25);
  }
  const auto report = net::take_over_weights(*large, part_of(*small, ""), {}, "small");
  CHECK(report.resampled.size() == 17);
  CHECK(report.fresh.size() == 10);
  CHECK(report.missing.empty());
  const auto kernel = tensor_of(*large, "bottleneck.0.conv1.weight");
  CHECK(kernel.sizes() == at::IntArrayRef({32, 1, 5, 5}));
  CHECK(at::equal(kernel, at::full_like(kernel, 0.25)));
}

TEST_CASE("kernels of 7 are made of those of 3 and of 5, in networks of any number of blocks") {
  for (const int small_kernel : {3, 5}) {
    const Json blocks{{"block_counts", {1, 2, 1, 1, 2, 1, 1, 2, 1}}, {"dim", "3d"}};
    Json smaller = blocks, larger = blocks;
    smaller["kernel_size"] = small_kernel;
    larger["kernel_size"] = nullptr;  // upstream's own size is 7
    const auto small = tiny_mednext(smaller), large = tiny_mednext(larger);
    const auto report = net::take_over_weights(*large, part_of(*small, ""), {}, "small");
    CHECK(report.resampled.size() == 20);
    CHECK((report.missing.empty() && report.mismatched.empty()));
    const std::string name = "dec_block_1.1.conv1.weight";
    const auto expected =
        at::upsample_trilinear3d(tensor_of(*small, name), {7, 7, 7}, /*align_corners=*/false);
    CHECK(at::equal(tensor_of(*large, name), expected));
    const at::NoGradGuard no_gradients;
    large->eval();
    CHECK(large->forward(at::ones({1, 1, 32, 32, 32}))[0].isfinite().all().item<bool>());
  }
}

TEST_CASE("self-supervised weights go into encoder and stem, adapted as their plan says") {
  const auto network = [](std::int64_t channels, const Json& first_kernel) {
    const Json arguments{{"n_stages", 2},
                         {"features_per_stage", {4, 6}},
                         {"conv_op", "torch.nn.modules.conv.Conv3d"},
                         {"kernel_sizes", {first_kernel, {3, 3, 3}}},
                         {"strides", {{1, 1, 1}, {2, 2, 2}}},
                         {"n_blocks_per_stage", {1, 1}},
                         {"n_conv_per_stage_decoder", {1}},
                         {"conv_bias", true},
                         {"norm_op", "torch.nn.modules.instancenorm.InstanceNorm3d"},
                         {"norm_op_kwargs", {{"eps", 1e-5}, {"affine", true}}},
                         {"dropout_op", nullptr},
                         {"dropout_op_kwargs", nullptr},
                         {"nonlin", "torch.nn.LeakyReLU"},
                         {"nonlin_kwargs", {{"inplace", true}}}};
    return net::build_network({"ResidualEncoderUNet", arguments, Json::array()},
                              {channels, 2, true});
  };
  const auto from = network(1, {3, 3, 3}), to = network(3, {1, 3, 3});
  const auto decoder = tensor_of(*to, "decoder.stages.0.convs.0.conv.weight").detach().clone();
  net::Value::Dict plan{{net::Value{"key_to_encoder"}, net::Value{"backbone.stages"}},
                        {net::Value{"key_to_stem"}, net::Value{"backbone.stem"}}};
  net::Value::Dict weights;
  for (const auto& [name, tensor] : net::state_dict(*from)) {
    const bool encoder = name.rfind("encoder.", 0) == 0;
    weights.push_back(
        {net::Value{encoder ? "backbone." + name.substr(8) : name}, net::Value{tensor.detach()}});
  }
  const net::Value file{net::Value::Dict{{net::Value{"network_weights"}, {weights}},
                                         {net::Value{"nnssl_adaptation_plan"}, {plan}}}};
  const auto report = net::take_over_weights(*to, file, {}, "ssl.pth");
  CHECK(report.widened == Names{"encoder.stem.convs.0.conv.weight"});
  CHECK(report.averaged.size() == 2);
  CHECK(report.unexpected.empty());
  CHECK(std::all_of(report.missing.begin(), report.missing.end(),
                    [](const auto& name) { return name.rfind("decoder.", 0) == 0; }));
  CHECK(at::equal(tensor_of(*to, "decoder.stages.0.convs.0.conv.weight"), decoder));
  const auto stem = tensor_of(*from, "encoder.stem.convs.0.conv.weight");
  CHECK(at::allclose(tensor_of(*to, "encoder.stem.convs.0.conv.weight"),
                     stem.expand({-1, 3, -1, -1, -1}).mean(2, true) / 3));
  const std::string block = "encoder.stages.0.blocks.0.conv1.conv.weight";
  CHECK(at::allclose(tensor_of(*to, block), tensor_of(*from, block).mean(2, true)));
  const std::string deeper = "encoder.stages.1.blocks.0.conv1.conv.weight";
  CHECK(at::equal(tensor_of(*to, deeper), tensor_of(*from, deeper)));
}

TEST_CASE("an encoder's file goes into the encoder, repeated over several input channels") {
  const auto from = tiny_flexible(1), to = tiny_flexible(3);
  const net::Value file{net::Value::Dict{{net::Value{"state_dict"}, part_of(*from, "encoder.")}}};
  const auto report = net::take_over_weights(*to, file, {}, "med3d.pth");
  CHECK(report.widened == Names{"encoder.conv1.weight"});
  CHECK(report.unexpected.empty());
  CHECK(std::all_of(report.missing.begin(), report.missing.end(),
                    [](const auto& name) { return name.rfind("decoder.", 0) == 0; }));
  const auto wide = tensor_of(*to, "encoder.conv1.weight");
  for (int channel = 0; channel < 3; ++channel) {
    CHECK(at::equal(wide.narrow(1, channel, 1), tensor_of(*from, "encoder.conv1.weight")));
  }
  CHECK(report.taken_over().size() == report.loaded.size() + 1);
}

TEST_CASE("what does not fit keeps its start and is reported with both shapes") {
  const auto from = tiny_mednext({{"n_channels", 3}}), to = tiny_mednext(Json::object());
  const auto before = tensor_of(*to, "stem.weight").detach().clone();
  const auto report =
      net::take_over_weights(*to, part_of(*from, ""), {.fresh_heads = false}, "other.pth");
  CHECK(report.loaded == Names{"dummy_tensor", "out_0.conv_out.bias", "out_1.conv_out.bias",
                               "out_2.conv_out.bias", "out_3.conv_out.bias",
                               "out_4.conv_out.bias"});
  CHECK(report.mismatched.front() == "stem.weight (3x1x1x1 in the file, 2x1x1x1 in the network)");
  CHECK(at::equal(tensor_of(*to, "stem.weight"), before));
  CHECK(net::summary(report).size() == 2);
}

TEST_CASE("a file without anything that fits is refused and changes nothing") {
  const auto to = tiny_mednext(Json::object());
  const net::Value file{net::Value::Dict{{net::Value{"other"}, net::Value{at::zeros({2})}}}};
  CHECK_THROWS_WITH(net::take_over_weights(*to, file, {}, "other.pth"),
                    ContainsSubstring("other.pth") && ContainsSubstring("no tensor in it fits"));
}
