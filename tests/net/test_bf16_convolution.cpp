#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/cpu/bf16_convolution.hpp"
#include "kernels/memory_layout.hpp"
#include "net/lower_precision.hpp"
#include "seg/net/instruction_set.hpp"

#include "catch.hpp"
#include "skip.hpp"

namespace {

using namespace seg;

bool has_tiles() {
  if (net::instruction_set() == net::InstructionSet::amx) return true;
  test::skip("no AMX");
  return false;
}

class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

struct ConvolutionCase {
  std::vector<std::int64_t> image, kernel;  // [B, inputs, (Z,) Y, X], [outputs, inputs, ...]
};

struct Operands {
  at::Tensor x, weight, bias;
};

at::Tensor in_fastest_layout(const at::Tensor& x) { return x.contiguous(net::channels_last(x)); }

/// Numbers that bf16 holds, so that the exact result is that of the same numbers.
Operands random_operands(const ConvolutionCase& c) {
  const auto random = [](const std::vector<std::int64_t>& shape) {
    return at::randn(shape).to(at::kBFloat16).to(at::kFloat);
  };
  return {in_fastest_layout(random(c.image)).requires_grad_(), random(c.kernel).requires_grad_(),
          random({c.kernel[0]}).requires_grad_()};
}

at::Tensor convolved_by_library(const Operands& o) {
  if (o.x.dim() == 4) return at::conv2d(o.x, o.weight, o.bias, {1, 1}, {1, 1});
  return at::conv3d(o.x, o.weight, o.bias, {1, 1, 1}, {o.weight.size(2) / 2, 1, 1});
}

Operands in_double(const Operands& o) {
  const auto exact = [](const at::Tensor& values) {
    return values.detach().to(at::kDouble).requires_grad_();
  };
  return {exact(o.x), exact(o.weight), exact(o.bias)};
}

double relative_error(const at::Tensor& result, const at::Tensor& exact) {
  return ((result.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

}  // namespace

TEST_CASE("convolutions in bf16 and their gradients are the library's in fp64", "[kernels]") {
  if (!has_tiles()) return;
  const auto c = GENERATE(
      ConvolutionCase{{2, 32, 6, 8, 10}, {32, 32, 3, 3, 3}},
      ConvolutionCase{{1, 96, 5, 7, 3}, {64, 96, 3, 3, 3}},
      ConvolutionCase{{2, 32, 1, 1, 1}, {32, 32, 3, 3, 3}},
      ConvolutionCase{{1, 32, 1, 1, 1}, {64, 32, 3, 3, 3}},
      ConvolutionCase{{2, 64, 3, 7, 6}, {32, 64, 1, 3, 3}},
      ConvolutionCase{{3, 32, 9, 6}, {64, 32, 3, 3}},
      ConvolutionCase{{1, 32, 1, 40}, {32, 32, 3, 3}},
      ConvolutionCase{{2, 32, 23, 41, 19}, {32, 32, 3, 3, 3}},  // rearranged in several parts
      ConvolutionCase{{2, 64, 129, 130}, {64, 64, 3, 3}});
  const Threads threads(GENERATE(1, 2, 3));
  const Operands operands = random_operands(c), exact_operands = in_double(operands);
  const at::Tensor exact = convolved_by_library(exact_operands),
                   dy = at::randn(exact.sizes()).to(at::kBFloat16);  // channels first
  const auto gradients =
      torch::autograd::grad({exact}, {exact_operands.x, exact_operands.weight, exact_operands.bias},
                            {dy.to(at::kDouble)});
  const test::LowerPrecision autocast;
  REQUIRE(net::suits_bf16_convolution(operands.x, operands.weight));
  const at::Tensor y = net::bf16_convolution(operands.x, operands.weight, operands.bias);
  CHECK(y.scalar_type() == at::kBFloat16);
  CHECK(y.is_contiguous(net::channels_last(y)));
  constexpr double rounded_once = 2.5e-3, sums = 1e-5;
  CHECK(relative_error(y, exact) < rounded_once);
  const auto ours = torch::autograd::grad({y}, {operands.x, operands.weight, operands.bias}, {dy});
  CHECK(ours[1].scalar_type() == at::kFloat);
  CHECK(relative_error(ours[0], gradients[0]) < rounded_once);
  CHECK(relative_error(ours[1], gradients[1]) < sums);
  CHECK(relative_error(ours[2], gradients[2]) < sums);
}

TEST_CASE("the gradient of a kernel's voxel counts the places at its distance", "[kernels]") {
  if (!has_tiles()) return;
  const test::LowerPrecision autocast;
  const at::Tensor x = in_fastest_layout(at::ones({2, 32, 4, 9, 7})),
                   weight = at::zeros({64, 32, 3, 3, 3}).requires_grad_();
  const at::Tensor y = net::bf16_convolution(x, weight, {});
  const auto gradient =
      torch::autograd::grad({y}, {weight}, {at::ones_like(y)})[0].reshape({64 * 32, 3, 3, 3});
  const auto pairs = [](std::int64_t length) {  // of voxels 1 apart, of each with itself, 1 apart
    const double all = static_cast<double>(length);
    return at::tensor({all - 1, all, all - 1}).to(at::kFloat);
  };
  const at::Tensor expected = 2 * pairs(4).view({3, 1, 1}) * pairs(9).view({3, 1}) * pairs(7);
  CHECK(at::equal(gradient, expected.expand_as(gradient)));
}

TEST_CASE("a convolution in bf16 learns the same twice, and nothing from what it is not given",
          "[kernels]") {
  if (!has_tiles()) return;
  const test::LowerPrecision autocast;
  const auto [x, weight, bias] = random_operands({{2, 32, 7, 20, 20}, {32, 32, 3, 3, 3}});
  const auto gradient = [&](const at::Tensor& image) {
    const at::Tensor y = net::bf16_convolution(image, weight, bias);
    return torch::autograd::grad({y.to(at::kFloat).square().sum()}, {weight})[0];
  };
  CHECK(at::equal(gradient(x), gradient(x)));
  CHECK(at::equal(gradient(x.detach()), gradient(x)));
}

TEST_CASE("convolutions are left to the library where matrix tiles do not suit them", "[kernels]") {
  const auto [x, weight, bias] = random_operands({{1, 32, 8, 8, 8}, {32, 32, 3, 3, 3}});
  CHECK_FALSE(net::suits_bf16_convolution(x, weight));  // in fp32
  const test::LowerPrecision autocast;
  CHECK(net::suits_bf16_convolution(x, weight) ==
        (net::instruction_set() == net::InstructionSet::amx));
  CHECK_FALSE(net::suits_bf16_convolution(x.contiguous(), weight));
  CHECK_FALSE(net::suits_bf16_convolution(x, weight.detach()));
  CHECK_FALSE(
      net::suits_bf16_convolution(in_fastest_layout(x.narrow(1, 0, 16)), weight.narrow(1, 0, 16)));
  const at::NoGradGuard predicts;
  CHECK_FALSE(net::suits_bf16_convolution(x, weight));
}
