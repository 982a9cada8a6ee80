#include "kernels/fused_norm.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "layers/norm.hpp"

#include "catch.hpp"
#include "devices.hpp"

namespace {

struct NormCase {
  at::Tensor x, weight, bias;
};

NormCase norm_case(const std::vector<std::int64_t>& shape, at::ScalarType type,
                   at::Device device = at::kCPU) {
  const auto format =
      shape.size() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
  const at::Tensor x = (at::randn(shape) * 3 + 7).to(device, type).contiguous(format);
  return {x.requires_grad_(), (at::rand({shape[1]}) + 0.5).to(device).requires_grad_(),
          at::randn({shape[1]}).to(device).requires_grad_()};
}

/// The same in double precision, term by term.
at::Tensor norm_by_layers(const NormCase& one, double slope) {
  const at::Tensor x = one.x.to(at::kDouble).flatten(2);
  const at::Tensor centred = x - x.mean(2, true);
  const at::Tensor hat = centred / (centred.square().mean(2, true) + 1e-5).sqrt();
  const at::Tensor normal = hat * one.weight.unsqueeze(1) + one.bias.unsqueeze(1);
  return at::leaky_relu(normal, slope).view(one.x.sizes());
}

double largest_gap(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

std::vector<at::Tensor> gradients_of(const at::Tensor& y, const NormCase& one) {
  const auto weights = at::linspace(-1, 1, y.numel(), y.device()).view(y.sizes());
  return torch::autograd::grad({(y * weights).sum()}, {one.x, one.weight, one.bias});
}

}  // namespace

TEST_CASE("the fused norm gives what instance norm and leaky ReLU give", "[gpu]") {
  for (const at::Device device : seg::test::devices())
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{2, 32, 9, 11, 13},
                                                   {3, 5, 40, 41},
                                                   {1, 1, 3, 4, 5},
                                                   {2, 320, 7, 6}})
      for (const double slope : {0.01, 0.0, 1.0}) {
        const NormCase one = norm_case(shape, at::kFloat, device);
        REQUIRE(seg::net::is_fusable(one.x));
        const at::Tensor y =
            seg::net::fused_instance_norm(one.x, one.weight, one.bias, {1e-5, slope});
        CHECK(largest_gap(y, norm_by_layers(one, slope)) < 1e-5);
        CHECK(y.strides() == one.x.strides());
      }
}

TEST_CASE("the fused norm's gradients are those of instance norm and leaky ReLU", "[gpu]") {
  for (const at::Device device : seg::test::devices())
    for (const std::vector<std::int64_t>& shape :
         {std::vector<std::int64_t>{2, 6, 7, 9, 8}, {2, 40, 21, 18, 5}, {1, 6, 7, 9, 8}}) {
      const NormCase one = norm_case(shape, at::kFloat, device);
      const auto fused = gradients_of(
          seg::net::fused_instance_norm(one.x, one.weight, one.bias, {1e-5, 0.01}), one);
      const auto layers = gradients_of(norm_by_layers(one, 0.01), one);
      for (std::size_t i = 0; i < layers.size(); ++i)
        CHECK(largest_gap(fused[i], layers[i]) < 1e-5 * (1 + layers[i].abs().max().item<double>()));
    }
}

TEST_CASE("an instance norm's gradients do not depend on how the numbers lie in memory") {
  const auto layout = [](bool last) {
    return last ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::Contiguous;
  };
  const std::int64_t items = GENERATE(1, 2);
  const bool last = GENERATE(false, true), gradient_last = GENERATE(false, true);
  NormCase one = norm_case({items, 8, 5, 6, 7}, at::kFloat);
  one.x = one.x.detach().contiguous(layout(last)).requires_grad_();
  seg::net::InstanceNorm norm(8, {});
  norm.weight.set_data(one.weight.detach());
  norm.bias.set_data(one.bias.detach());
  const at::Tensor gradient = at::randn(one.x.sizes()).contiguous(layout(gradient_last));
  const auto ours =
      torch::autograd::grad({norm.forward(one.x)}, {one.x, norm.weight, norm.bias}, {gradient});
  const auto exact = torch::autograd::grad({norm_by_layers(one, 1)}, {one.x, one.weight, one.bias},
                                           {gradient.to(at::kDouble)});
  for (std::size_t i = 0; i < exact.size(); ++i)
    CHECK(largest_gap(ours[i], exact[i]) < 1e-5 * (1 + exact[i].abs().max().item<double>()));
}

TEST_CASE("the fused norm in lower precision is as close as the rounding of its result", "[gpu]") {
  for (const at::Device device : seg::test::devices())
    for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
      const NormCase one = norm_case({1, 16, 20, 21}, type, device);
      if (!seg::net::is_fusable(one.x)) continue;
      const at::Tensor y = seg::net::fused_instance_norm(one.x, one.weight, one.bias, {1e-5, 0.01});
      CHECK(y.scalar_type() == type);
      const at::Tensor expected = norm_by_layers(one, 0.01);
      CHECK((y - expected).abs().le(expected.abs() / 256 + 1e-6).all().item<bool>());
    }
}

TEST_CASE("a batch norm predicts by its running statistics, in place where channels lie last") {
  const bool last = GENERATE(false, true);
  const double slope = GENERATE(0.0, 0.01, 1.0);
  seg::net::NormOptions options;
  options.track_running_stats = true;
  seg::net::BatchNorm norm(8, options);
  const NormCase one = norm_case({2, 8, 5, 6, 7}, at::kFloat);
  norm.weight.set_data(one.weight.detach());
  norm.bias.set_data(one.bias.detach());
  norm.running_mean.copy_(at::randn({8}) + 7);
  norm.running_var.copy_(at::rand({8}) * 9 + 0.5);
  norm.eval();
  const at::NoGradGuard predicting;
  const auto per_channel = [](const at::Tensor& values) {
    return values.to(at::kDouble).view({8, 1, 1, 1});
  };
  const at::Tensor exact = at::leaky_relu((one.x.to(at::kDouble) - per_channel(norm.running_mean)) /
                                                  (per_channel(norm.running_var) + 1e-5).sqrt() *
                                                  per_channel(norm.weight) +
                                              per_channel(norm.bias),
                                          slope);
  at::Tensor x =
      one.x.detach().clone(last ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::Contiguous);
  const void* memory = x.const_data_ptr();
  const at::Tensor y = norm.forward_with_leaky_relu(std::move(x), slope);
  CHECK(largest_gap(y, exact) < 1e-5);
  CHECK((y.const_data_ptr() == memory) == last);
}

TEST_CASE("the fused norm does not lose a small spread around a large mean", "[gpu]") {
  for (const at::Device device : seg::test::devices()) {
    NormCase one = norm_case({1, 4, 30, 40}, at::kFloat, device);
    one.x = (at::randn_like(one.x) + 1000).detach().requires_grad_();
    const at::Tensor y = seg::net::fused_instance_norm(one.x, one.weight, one.bias, {1e-5, 0.01});
    CHECK(largest_gap(y, norm_by_layers(one, 0.01)) < 1e-3);
  }
}

TEST_CASE("the number of threads does not change a bit of the fused norm") {
  const NormCase one = norm_case({2, 24, 20, 30, 20}, at::kFloat);
  const int before = at::get_num_threads();
  std::vector<std::vector<at::Tensor>> results;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const at::Tensor y = seg::net::fused_instance_norm(one.x, one.weight, one.bias, {1e-5, 0.01});
    results.push_back(gradients_of(y, one));
    results.back().push_back(y.detach());
  }
  at::set_num_threads(before);
  for (std::size_t i = 0; i < results[0].size(); ++i)
    CHECK(at::equal(results[0][i], results[1][i]));
}

TEST_CASE("only channels-last memory is fused") {
  CHECK_FALSE(seg::net::is_fusable(at::randn({2, 3, 4, 5, 6})));
  CHECK_FALSE(seg::net::is_fusable(at::randn({2, 3, 4})));
  CHECK_FALSE(seg::net::is_fusable(at::randn({2, 3, 4, 5}, at::kDouble)));
}

TEST_CASE("a fused norm takes the place of its input where it may and no gradients are recorded") {
  const at::Tensor x = at::randn({2, 8, 4, 5, 6}).contiguous(at::MemoryFormat::ChannelsLast3d);
  const at::Tensor before = x.clone(), weight = at::randn({8}), bias = at::randn({8});
  const auto normed = [&](const at::Tensor& input, bool overwrite) {
    return seg::net::fused_instance_norm(input, weight, bias, {1e-5, 0.01, overwrite});
  };
  const at::Tensor expected = normed(x, true);  // gradients could be recorded
  CHECK(at::equal(x, before));
  const at::NoGradGuard no_gradients;
  CHECK(at::equal(normed(x, false), expected));
  CHECK(at::equal(x, before));
  CHECK(normed(x, true).is_same(x));
  CHECK(at::equal(x, expected));
}

TEST_CASE("group norms of single channels add up large feature maps without loss") {
  const auto layout = GENERATE(at::MemoryFormat::ChannelsLast3d, at::MemoryFormat::Contiguous);
  const at::Tensor x = (at::randn({1, 8, 64, 64, 64}) + 1).contiguous(layout);
  seg::net::GroupNorm norm(8, 8, {});
  const at::Tensor weight = at::ones({8}, at::kDouble), bias = at::zeros({8}, at::kDouble),
                   exact = at::group_norm(x.to(at::kDouble), 8, weight, bias, 1e-5);
  CHECK(largest_gap(norm.forward(x).to(at::kDouble), exact) < 1e-5);
}
