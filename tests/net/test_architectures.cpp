#include <ATen/autocast_mode.h>

#include "net/filled_network.hpp"
#include "net/network_oracle.hpp"
#include "seg/net/weights.hpp"
#include "skip.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;

namespace {

std::filesystem::path network_oracles() { return test::shared_data() / "oracles/networks"; }

bool without_network_oracles() {
  if (std::filesystem::exists(network_oracles())) return false;
  seg::test::skip("no network oracles");
  return true;
}

std::shared_ptr<net::Network> flat_stunet() {
  const Json arguments = Json::parse(R"({"depth": [1, 2, 1], "dims": [4, 8, 8],
                                         "strides": [[1, 1], [2, 2]]})");
  return net::build_network({"STUNet", arguments, Json::array()}, {1, 2, true});
}

}  // namespace

TEST_CASE("STU-Net and MedNeXt answer as upstream's") {
  if (without_network_oracles()) return;
  const auto* name =
      GENERATE("stunet_small_hippocampus_plan", "mednext_custom_encdec_kernels",
               "mednext_custom_layernorm", "mednext_S_k3_2d_grn", "mednext_S_k3_3d_ds");
  INFO(name);
  const auto record = test::read_network_record(network_oracles() / (std::string(name) + ".json"));
  CHECK(test::compare_network(record).differences == std::vector<std::string>{});
}

TEST_CASE("STU-Net takes a plan's strides and runs in two dimensions") {
  const auto network = flat_stunet();
  const auto heads = network->forward(at::randn({1, 1, 8, 12}));
  REQUIRE(heads.size() == 2);
  CHECK(heads[0].sizes() == at::IntArrayRef({1, 2, 8, 12}));
  CHECK(heads[1].sizes() == at::IntArrayRef({1, 2, 4, 6}));
}

TEST_CASE("FlexibleUNet and EGE-UNet answer as upstream's") {
  if (without_network_oracles()) return;
  const auto* name = GENERATE("flex_effb0_2d_odd_size", "flex_resnet10_3d_deconv",
                              "flex_resnet18_2d", "ege_official_64x96_batch2");
  INFO(name);
  const auto record = test::read_network_record(network_oracles() / (std::string(name) + ".json"));
  CHECK(test::compare_network(record).differences == std::vector<std::string>{});
}

TEST_CASE("the largest network is built without touching memory for its weights") {
  const Json arguments = Json::parse(R"({"depth": 3, "dims": [96, 192, 384, 768, 1536, 1536],
    "strides": [[1,1,1], [2,2,2], [2,2,2], [2,2,2], [2,2,2], [2,2,2]]})");
  const net::NetworkOptions options{1, 105, true, false};
  const auto network = net::build_network({"STUNet", arguments, Json::array()}, options);
  CHECK(net::parameter_count(*network) == 1457326221);
}

TEST_CASE("norms and upsampling of FlexibleUNet can be chosen, in the encoder too") {
  const Json group = Json::parse(R"(["GROUP", {"num_groups": 4}])");
  for (const auto& [upsample, dimensions] :
       {std::pair{"pixelshuffle", 2}, std::pair{"nontrainable", 3}}) {
    const Json arguments{
        {"backbone", "efficientnet-b0"}, {"spatial_dims", dimensions}, {"norm", group},
        {"encoder_norm", group},         {"upsample", upsample},       {"interp_mode", "linear"}};
    const auto network =
        net::build_network({"FlexibleUNet", arguments, Json::array()}, {1, 2, true});
    for (const auto& [name, tensor] : net::state_dict(*network)) {
      CHECK(name.find("running") == std::string::npos);
    }
    const std::vector<std::int64_t> patch(static_cast<std::size_t>(dimensions), 64);
    std::vector<std::int64_t> shape{1, 1};
    shape.insert(shape.end(), patch.begin(), patch.end());
    CHECK(network->forward(at::zeros(shape)).at(0).sizes().slice(2) == at::IntArrayRef(patch));
  }
}

TEST_CASE("patches and arguments that do not fit the new families are explained") {
  const auto build = [](const char* name, const Json& arguments) {
    return net::build_network({name, arguments, Json::array()}, {1, 2, true});
  };
  CHECK_THROWS_WITH(build("FlexibleUNet", {{"backbone", "resnet19"}}),
                    ContainsSubstring("resnet19") && ContainsSubstring("resnet152"));
  CHECK_THROWS_WITH(build("FlexibleUNet", {{"backbone", "resnet10"}, {"norm", "layer"}}),
                    ContainsSubstring("norm") && ContainsSubstring("instance"));
  CHECK_THROWS_WITH(build("EGEUNet", {{"bridge", false}}), ContainsSubstring("bridge"));
  CHECK_THROWS_WITH(build("MedNeXt", {{"n_channels", 4}, {"kernel_size", 4}}),
                    ContainsSubstring("MedNeXt") && ContainsSubstring("kernel size is 4"));
  const Json two{{"n_channels", 4}, {"enc_kernel_size", 5}, {"dec_kernel_size", 0}};
  CHECK_THROWS_WITH(build("MedNeXt", two), ContainsSubstring("kernel size is 0"));
  CHECK_THROWS_WITH(
      build("FlexibleUNet", {{"backbone", "resnet10"}})->forward(at::zeros({1, 1, 72, 72})),
      ContainsSubstring("multiple of 32"));
  CHECK_THROWS_WITH(build("EGEUNet", Json::object())->forward(at::zeros({1, 1, 48, 64})),
                    ContainsSubstring("multiple of 32x32"));
}

TEST_CASE("drop-connect leaves out whole items in training only") {
  const Json arguments{{"backbone", "efficientnet-b0"}, {"drop_connect_rate", 0.9}};
  const auto network = net::build_network({"FlexibleUNet", arguments, Json::array()}, {1, 2, true});
  const auto x = at::randn({2, 1, 32, 32});
  CHECK_FALSE(at::equal(network->forward(x)[0], network->forward(x)[0]));
  network->eval();
  CHECK(at::equal(network->forward(x)[0], network->forward(x)[0]));
}

TEST_CASE("recomputing activations changes neither outputs nor gradients") {
  const auto [name, key, value] =
      GENERATE(std::tuple{"STUNet", "recompute", Json(true)},
               std::tuple{"MedNeXt", "checkpoint_style", Json("outside_block")});
  INFO(name);
  Json arguments =
      name == std::string("STUNet")
          ? Json::parse(R"({"depth": 2, "dims": [4, 8], "strides": [[1, 1], [2, 2]]})")
          : Json::parse(R"({"n_channels": 4, "exp_r": 2, "block_counts": 2, "dim": "2d",
                                         "kernel_size": 3, "do_res": true})");
  const bool lower = GENERATE(false, true);
  std::vector<std::vector<at::Tensor>> gradients;
  for (const bool recompute : {false, true}) {
    if (recompute) arguments[key] = value;
    const auto network = net::build_network({name, arguments, Json::array()}, {1, 2, true});
    test::fill(*network);
    at::autocast::set_autocast_enabled(at::kCPU, lower);
    const auto heads = network->forward(test::filled_input("input", {2, 1, 32, 32}));
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
    heads.front().to(at::kFloat).square().mean().backward();
    auto& all = gradients.emplace_back();
    for (const auto& parameter : network->parameters()) all.push_back(parameter.grad());
  }
  // In bf16 the order in which gradients are added up shows.
  const double tolerance = lower ? 2e-2 : 1e-5;
  for (std::size_t i = 0; i < gradients[0].size(); ++i) {
    REQUIRE(gradients[0][i].defined() == gradients[1][i].defined());
    if (!gradients[0][i].defined()) continue;
    const double size = std::max(0.1, gradients[0][i].norm().item<double>());
    CHECK((gradients[0][i] - gradients[1][i]).norm().item<double>() <= tolerance * size);
  }
}

TEST_CASE("multiply-accumulates are those of convolutions, transposed ones by their input") {
  const Json arguments{{"depth", 1}, {"dims", {4, 8}}, {"strides", {{1, 1}, {2, 2}}}};
  const auto network = net::build_network({"STUNet", arguments, Json::array()}, {1, 2, true});
  const auto down = 64 * (4 * 9 + 4 * 4 * 9 + 4) + 16 * (8 * 4 * 9 + 8 * 8 * 9 + 8 * 4);
  const auto up = 16 * 8 * 4 + 64 * (4 * 8 * 9 + 4 * 4 * 9 + 4 * 8) + 64 * 4 * 2;
  CHECK(net::multiply_accumulates(*network, at::zeros({1, 1, 8, 8})) == down + up);
}

TEST_CASE("EGE-UNet trains in bf16, with channels last too") {
  const auto network = net::build_network({"EGEUNet", Json::object(), Json::array()}, {1, 2, true});
  const auto x = at::randn({1, 1, 64, 64}).contiguous(at::MemoryFormat::ChannelsLast);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto heads = network->forward(x);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  at::Tensor loss = at::zeros({});
  for (const auto& head : heads) loss = loss + head.to(at::kFloat).square().mean();
  loss.backward();
  for (const auto& parameter : network->parameters()) {
    CHECK(at::isfinite(parameter.grad()).all().item<bool>());
  }
}
