#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/small_products.hpp"
#include "kernels/cpu/winograd.hpp"
#include "kernels/memory_layout.hpp"

#include "catch.hpp"

namespace {

using namespace seg;

struct WinogradCase {
  std::vector<std::int64_t> image, kernel;
};

struct Operands {
  at::Tensor x, weight, bias;
};

Operands random_operands(const WinogradCase& c, std::int64_t inputs, std::int64_t outputs) {
  std::vector<std::int64_t> image{2, inputs}, kernel{outputs, inputs};
  image.insert(image.end(), c.image.begin(), c.image.end());
  kernel.insert(kernel.end(), c.kernel.begin(), c.kernel.end());
  const auto x = at::randn(image);
  return {x.contiguous(net::channels_last(x)).requires_grad_(), at::randn(kernel).requires_grad_(),
          at::randn({outputs}).requires_grad_()};
}

at::Tensor convolved_by_library(const at::Tensor& x, const at::Tensor& weight,
                                const at::Tensor& bias) {
  if (x.dim() == 4) return at::conv2d(x, weight, bias, {1, 1}, {1, 1});
  return at::conv3d(x, weight, bias, {1, 1, 1}, {weight.size(2) / 2, 1, 1});
}

double relative_error(const at::Tensor& result, const at::Tensor& exact) {
  const auto precise = exact.to(at::kDouble);
  return ((result.to(at::kDouble) - precise).norm() / precise.norm()).item<double>();
}

// The library's own float32 gradients reach 2.4e-6 in these cases.
constexpr double rounding = 2e-6;

}  // namespace

TEST_CASE("convolutions by Winograd's products and their gradients are the library's in fp64") {
  const auto c = GENERATE(WinogradCase{{6, 8, 10}, {3, 3, 3}}, WinogradCase{{5, 7, 3}, {3, 3, 3}},
                          WinogradCase{{1, 1, 1}, {3, 3, 3}}, WinogradCase{{3, 7, 6}, {1, 3, 3}},
                          WinogradCase{{9, 6}, {3, 3}}, WinogradCase{{41, 40, 39}, {3, 3, 3}});
  const auto outputs = GENERATE(8, 24);
  const auto [x, weight, bias] = random_operands(c, 16, outputs);
  const auto ours = net::winograd_convolution({x}, weight, bias);
  CHECK(ours.is_contiguous(net::channels_last(ours)));
  const auto double_x = x.detach().to(at::kDouble).requires_grad_(),
             double_weight = weight.detach().to(at::kDouble).requires_grad_(),
             double_bias = bias.detach().to(at::kDouble).requires_grad_();
  const auto exact = convolved_by_library(double_x, double_weight, double_bias);
  CHECK(relative_error(ours, exact) < rounding);
  const auto dy = at::randn(exact.sizes());  // channels first, unlike the result
  const auto our_gradients = torch::autograd::grad({ours}, {x, weight, bias}, {dy});
  const auto gradients =
      torch::autograd::grad({exact}, {double_x, double_weight, double_bias}, {dy.to(at::kDouble)});
  for (std::size_t i = 0; i < gradients.size(); ++i)
    CHECK(relative_error(our_gradients[i], gradients[i]) < rounding);
}

TEST_CASE("a convolution by Winograd's products needs no bias and gives the gradients asked for") {
  const auto [x, weight, bias] = random_operands({{6, 6, 6}, {3, 3, 3}}, 8, 8);
  const auto image = x.detach();
  const auto result = net::winograd_convolution({image}, weight, {});
  const auto library = convolved_by_library(image, weight, {});
  CHECK(relative_error(result, library) < rounding);
  const auto ours = torch::autograd::grad({result.sum()}, {weight}),
             theirs = torch::autograd::grad({library.sum()}, {weight});
  CHECK(relative_error(ours[0], theirs[0]) < rounding);
}

TEST_CASE("predictions by Winograd's products, of parts side by side, are the library's in fp64") {
  const auto c = GENERATE(WinogradCase{{17, 14, 21}, {3, 3, 3}},  // tiles of four voxels along Z
                          WinogradCase{{10, 14, 10}, {3, 3, 3}},  // of two
                          WinogradCase{{3, 17, 21}, {1, 3, 3}}, WinogradCase{{17, 21}, {3, 3}});
  const at::NoGradGuard no_gradients;
  const auto [x, weight, bias] = random_operands(c, 40, 24);
  const auto layout = net::channels_last(x);
  const std::vector<at::Tensor> parts{x.narrow(1, 0, 16).contiguous(layout),
                                      x.narrow(1, 16, 24).contiguous(layout)};
  const auto exact =
      convolved_by_library(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  const auto ours = net::winograd_convolution({x}, weight, bias);
  CHECK(ours.is_contiguous(layout));
  CHECK(relative_error(ours, exact) < rounding);
  REQUIRE(net::suits_winograd(parts, weight));
  CHECK(at::equal(net::winograd_convolution(parts, weight, bias), ours));
}

TEST_CASE("the gradients of parts side by side are the library's") {
  const auto [x, weight, bias] = random_operands({{6, 8, 10}, {3, 3, 3}}, 24, 16);
  const auto layout = net::channels_last(x);
  const auto first = x.detach().narrow(1, 0, 16).contiguous(layout).requires_grad_(),
             second = x.detach().narrow(1, 16, 8).contiguous(layout).requires_grad_();
  const auto ours = net::winograd_convolution({first, second}, weight, bias),
             library = convolved_by_library(x, weight, bias);
  const auto dy = at::randn(library.sizes());
  const auto our_gradients = torch::autograd::grad({ours}, {first, second, weight, bias}, {dy}),
             gradients = torch::autograd::grad({library}, {x, weight, bias}, {dy});
  const auto of_x = at::cat({our_gradients[0], our_gradients[1]}, 1);
  CHECK(relative_error(of_x, gradients[0]) < 2 * rounding);
  for (std::size_t i = 1; i < gradients.size(); ++i)
    CHECK(relative_error(our_gradients[i + 1], gradients[i]) < 2 * rounding);
  const auto frozen = net::winograd_convolution({first.detach(), second}, weight.detach(), bias);
  const auto of_second = torch::autograd::grad({frozen}, {second}, {dy});
  CHECK(at::equal(of_second[0], our_gradients[1]));
}

TEST_CASE("Winograd's products are chosen for float32, many channels and enough whole tiles") {
  const auto suits = [](const WinogradCase& c, std::int64_t inputs, std::int64_t outputs) {
    const auto operands = random_operands(c, inputs, outputs);
    return net::suits_winograd({operands.x}, operands.weight);
  };
  CHECK(suits({{10, 14, 10}, {3, 3, 3}}, 32, 16));
  CHECK(suits({{24, 24}, {3, 3}}, 16, 16));
  CHECK_FALSE(suits({{10, 14, 10}, {3, 3, 3}}, 8, 32));   // few channels
  CHECK_FALSE(suits({{10, 14, 10}, {3, 3, 3}}, 20, 32));  // not in eights
  CHECK_FALSE(suits({{4, 4, 4}, {3, 3, 3}}, 32, 32));     // few tiles
  CHECK_FALSE(suits({{1, 40, 40}, {3, 3, 3}}, 32, 32));   // tiles that stick out
  const auto [x, weight, bias] = random_operands({{10, 14, 10}, {3, 3, 3}}, 32, 32);
  CHECK_FALSE(net::suits_winograd({x.contiguous()}, weight));
  CHECK_FALSE(net::suits_winograd({x.to(at::kBFloat16)}, weight));
  at::autocast::set_autocast_enabled(at::kCPU, true);
  CHECK_FALSE(net::suits_winograd({x}, weight));
  at::autocast::set_autocast_enabled(at::kCPU, false);
}

TEST_CASE("small products are the library's batched products") {
  const auto rows = GENERATE(1, 5, 6, 13);
  const auto columns = GENERATE(8, 16, 40, 48, 64);
  const auto inner = GENERATE(7, 37);
  const auto a = at::randn({3, rows, inner}), b = at::randn({3, inner, columns});
  const auto before = at::randn({3, rows, columns}), c = at::empty({3, rows, columns});
  const auto matrices = [](const at::Tensor& of) {
    return net::Matrices<const float>{of.const_data_ptr<float>(), of.stride(0)};
  };
  const auto results = [](const at::Tensor& of) {
    return net::Matrices<float>{of.mutable_data_ptr<float>(), of.stride(0)};
  };
  const auto together = net::columns_together(columns);
  const auto in_order =
      b.reshape({3, inner, columns / together, together}).transpose(1, 2).contiguous();
  net::multiply({3, rows, inner, columns}, matrices(a), matrices(in_order), results(c));
  const auto expected = at::bmm(a, b);
  CHECK(at::allclose(c, expected, 1e-5, 1e-5));
  const auto transposed = a.transpose(1, 2).contiguous(), sum = before.clone();
  net::add_transposed_products({3, rows, inner, columns}, matrices(transposed), matrices(b),
                               results(sum));
  CHECK(at::allclose(sum, before + expected, 1e-5, 1e-5));
}
