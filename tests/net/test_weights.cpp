#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"

#include "catch.hpp"

using namespace seg;

namespace {

std::shared_ptr<net::Network> small_network(std::int64_t outputs = 2) {
  const Json arguments = Json::parse(R"({
    "n_stages": 2, "features_per_stage": [3, 4], "conv_op": "Conv2d", "kernel_sizes": 3,
    "strides": [1, 2], "n_conv_per_stage": 1, "n_conv_per_stage_decoder": 1, "conv_bias": true,
    "norm_op": "BatchNorm2d", "nonlin": "LeakyReLU"})");
  return net::build_network({"PlainConvUNet", arguments, Json::array()}, {1, outputs, true});
}

net::Value weights_of(const net::Network& network, const std::string& prefix = "") {
  net::Value::Dict dict;
  for (const auto& [name, tensor] : net::state_dict(network)) {
    dict.push_back({net::Value{prefix + name}, net::Value{tensor.detach().clone()}});
  }
  return net::Value{dict};
}

bool same(const net::Network& a, const net::Network& b) {
  const auto left = net::state_dict(a), right = net::state_dict(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& x, const auto& y) { return at::equal(x.second, y.second); });
}

void remove(net::Value& weights, const std::string& part) {
  auto& dict = std::get<net::Value::Dict>(weights.data);
  std::erase_if(dict, [&](const auto& item) {
    return std::get<std::string>(item.first.data).find(part) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("weights of the same network load, whatever wrapper wrote their names") {
  const auto* prefix = GENERATE("", "module.", "_orig_mod.", "module._orig_mod.");
  const auto from = small_network();
  const auto to = small_network();
  CHECK_FALSE(same(*from, *to));
  net::load_state_dict(*to, weights_of(*from, prefix), "file.pth");
  CHECK(same(*from, *to));
}

TEST_CASE("one name of a tensor is enough, and counters may be missing") {
  const auto from = small_network();
  const auto to = small_network();
  auto weights = weights_of(*from);
  remove(weights, "all_modules");
  remove(weights, "decoder.encoder");
  remove(weights, "num_batches_tracked");
  net::load_state_dict(*to, weights, "file.pth");
  CHECK(same(*from, *to));
}

TEST_CASE("weights of another network are refused whole, and the differences are listed") {
  const auto to = small_network();
  const auto before = weights_of(*to);
  auto weights = weights_of(*small_network(3));
  remove(weights, "encoder.stages.0");
  std::get<net::Value::Dict>(weights.data)
      .push_back({net::Value{std::string("other.weight")}, net::Value{at::zeros({1})}});
  CHECK_THROWS_WITH(
      net::load_state_dict(*to, weights, "file.pth"),
      ContainsSubstring("file.pth") &&
          ContainsSubstring("encoder.stages.0.0.convs.0.conv.weight") &&
          ContainsSubstring("1 unexpected: other.weight") &&
          ContainsSubstring("decoder.seg_layers.0.bias (3 in the file, 2 in the network)"));
  const auto after = small_network();
  net::load_state_dict(*after, before, "before");
  CHECK(same(*to, *after));
}

TEST_CASE("a value that is no dictionary of weights is named") {
  const auto to = small_network();
  CHECK_THROWS_WITH(net::load_state_dict(*to, net::Value{std::string("text")}, "file.pth"),
                    ContainsSubstring("file.pth") && ContainsSubstring("a dictionary"));
}
