#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/cpu/depthwise.hpp"

#include "catch.hpp"

namespace {

using namespace seg;

struct DepthwiseCase {
  at::Tensor x, weight, bias, gradient;
};

DepthwiseCase random_case(std::vector<std::int64_t> kernel) {
  std::vector<std::int64_t> weight{6, 1};
  weight.insert(weight.end(), kernel.begin(), kernel.end());
  return {at::randn({2, 6, 4, 5, 7}).requires_grad_(), at::randn(weight).requires_grad_(),
          at::randn({6}).requires_grad_(), at::randn({2, 6, 4, 5, 7})};
}

at::Tensor by_library(const DepthwiseCase& c) {
  const auto sizes = c.weight.sizes();
  return at::conv3d(c.x, c.weight, c.bias, {1, 1, 1}, {sizes[2] / 2, sizes[3] / 2, sizes[4] / 2},
                    {1, 1, 1}, 6);
}

std::vector<at::Tensor> gradients_of(const at::Tensor& result, const DepthwiseCase& c) {
  return torch::autograd::grad({result}, {c.x, c.weight, c.bias},
                               {c.gradient.to(result.scalar_type())});
}

}  // namespace

TEST_CASE("depthwise convolutions and their gradients are the library's") {
  const auto kernel =
      GENERATE(std::vector<std::int64_t>{3, 3, 3}, std::vector<std::int64_t>{5, 5, 5},
               std::vector<std::int64_t>{1, 5, 3});
  const auto c = random_case(kernel);
  const auto ours = net::depthwise_convolution(c.x, c.weight, c.bias);
  const auto theirs = by_library(c);
  CHECK(at::equal(ours, theirs));
  const auto our_gradients = gradients_of(ours, c), their_gradients = gradients_of(theirs, c);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(at::allclose(our_gradients[i], their_gradients[i], 1e-4, 1e-4));
  }
}

TEST_CASE("depthwise convolutions follow autocast") {
  const auto c = random_case({3, 3, 3});
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto ours = net::depthwise_convolution(c.x, c.weight, c.bias);
  const auto theirs = by_library(c);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  CHECK(at::equal(ours, theirs));
  const auto our_gradients = gradients_of(ours, c), their_gradients = gradients_of(theirs, c);
  for (std::size_t i = 0; i < 3; ++i) {
    const double size = their_gradients[i].norm().item<double>();
    CHECK((our_gradients[i] - their_gradients[i]).norm().item<double>() < 0.01 * size);
  }
}
