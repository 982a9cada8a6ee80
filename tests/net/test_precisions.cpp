#include "net/activation_sides.hpp"
#include "net/lower_precision.hpp"
#include "seg/net/network.hpp"
#include "seg/net/weights.hpp"

#include "catch.hpp"

using namespace seg;

namespace {

/// Wide enough for every kernel: Winograd's products, the fused norm, upsampling by tiles.
plan::Architecture unet_with(const std::string& class_name, const std::string& blocks) {
  Json arguments = Json::parse(R"({
    "n_stages": 3, "features_per_stage": [32, 64, 128], "conv_op": "torch.nn.modules.conv.Conv3d",
    "kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3]],
    "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
    "n_conv_per_stage_decoder": [2, 2], "conv_bias": true,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
    "norm_op_kwargs": {"eps": 1e-05, "affine": true},
    "dropout_op": null, "dropout_op_kwargs": null,
    "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": true}})");
  arguments[blocks] = {2, 2, 2};
  return {class_name, arguments, Json::array()};
}

double distance(const at::Tensor& seen, const at::Tensor& exact) {
  const double gap = (seen.to(at::kDouble) - exact).norm().item<double>();
  // Residual blocks begin with a last norm of zeros: what lies before it has no gradient.
  const double size = exact.norm().item<double>();
  return size == 0 ? gap : gap / size;
}

at::Tensor mean_square(const std::vector<at::Tensor>& heads) {
  at::Tensor loss = at::zeros({}, at::kDouble);
  for (const at::Tensor& head : heads) loss = loss + head.to(at::kDouble).square().mean();
  return loss;
}

struct Learned {
  std::vector<at::Tensor> heads, gradients;
};

/// Forward and backward pass; gradients of what has several dimensions.
Learned learn(net::Network& network, const at::Tensor& x) {
  network.zero_grad();
  Learned learned{network.forward(x), {}};
  mean_square(learned.heads).backward();
  for (const at::Tensor& parameter : network.parameters())
    if (parameter.dim() > 1) learned.gradients.push_back(parameter.grad().to(at::kDouble));
  return learned;
}

/// How far from float64 a pass may be, relative (L2). Seen are a third of that: float32 adds up
/// hundreds of terms, bfloat16 rounds each layer's input, weights and result. A wrong or missing
/// term would be off by its own size.
struct Precision {
  bool lower;
  double heads, gradients;
};

Learned learn(net::Network& network, const at::Tensor& x, const Precision& precision,
              test::ActivationSides& sides) {
  const test::LowerPrecision lower(precision.lower);
  const test::RecordSides recording(sides);
  return learn(network, x);
}

std::vector<at::Tensor> predict(net::Network& network, const at::Tensor& x,
                                const Precision& precision) {
  const test::LowerPrecision lower(precision.lower);
  const at::NoGradGuard predicts;
  return network.forward(x);
}

void copy_exactly(net::Network& from, net::Network& to) {
  const at::NoGradGuard copying;
  const auto values = from.parameters();
  auto copies = to.parameters();
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i].set_data(values[i].to(at::kDouble));
}

}  // namespace

TEST_CASE("networks predict and learn as exactly as float32 and bfloat16 can", "[kernels]") {
  const auto precision = GENERATE(Precision{false, 1e-5, 1e-4}, Precision{true, 0.04, 0.25});
  const bool residual = GENERATE(false, true);
  const std::int64_t items = GENERATE(1, 2);
  torch::manual_seed(7);  // with which a few activations are held on the other side
  const auto architecture = residual ? unet_with("ResidualEncoderUNet", "n_blocks_per_stage")
                                     : unet_with("PlainConvUNet", "n_conv_per_stage");
  const auto network = net::build_network(architecture, {1, 3, true}),
             exact_network = net::build_network(architecture, {1, 3, true});
  copy_exactly(*network, *exact_network);
  const at::Tensor x = at::randn({items, 1, 8, 32, 24});
  test::ActivationSides sides;
  const Learned seen = learn(*network, x, precision, sides);
  const auto predicted = predict(*network, x, precision);
  const test::HoldSides holding(sides);
  const Learned exact = learn(*exact_network, x.to(at::kDouble));
  CHECK(holding.all_matched());
  for (std::size_t i = 0; i < exact.heads.size(); ++i) {
    CHECK(distance(seen.heads[i], exact.heads[i]) < precision.heads);
    CHECK(distance(predicted[i], exact.heads[i]) < precision.heads);
  }
  for (std::size_t i = 0; i < exact.gradients.size(); ++i)
    CHECK(distance(seen.gradients[i], exact.gradients[i]) < precision.gradients);
}
