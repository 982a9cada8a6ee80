#include <torch/csrc/autograd/autograd.h>

#include "kernels/cpu/tile_upsampling.hpp"
#include "kernels/memory_layout.hpp"

#include "catch.hpp"

namespace {

using namespace seg;

at::Tensor by_library(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto stride = weight.sizes().slice(2);
  return x.dim() == 4 ? at::conv_transpose2d(x, weight, bias, stride)
                      : at::conv_transpose3d(x, weight, bias, stride);
}

}  // namespace

TEST_CASE("transposed convolutions into tiles and their gradients are the library's") {
  const auto kernel = GENERATE(std::vector<std::int64_t>{2, 2, 2},
                               std::vector<std::int64_t>{1, 2, 3}, std::vector<std::int64_t>{4, 2});
  std::vector<std::int64_t> image{2, 5}, shape{5, 3};
  for (const auto length : kernel) image.push_back(length + 2);
  shape.insert(shape.end(), kernel.begin(), kernel.end());
  auto x = at::randn(image);
  x = x.contiguous(net::channels_last(x)).requires_grad_();
  const auto weight = at::randn(shape).requires_grad_(), bias = at::randn({3}).requires_grad_();
  const auto ours = net::upsample_by_tiles(x, weight, bias), theirs = by_library(x, weight, bias);
  CHECK(ours.is_contiguous(net::channels_last(ours)));
  CHECK(at::allclose(ours, theirs, 1e-5, 1e-5));
  CHECK(at::allclose(net::upsample_by_tiles(x, weight, {}), by_library(x, weight, {}), 1e-5, 1e-5));
  const auto dy = at::randn(theirs.sizes());
  const auto our_gradients = torch::autograd::grad({ours}, {x, weight, bias}, {dy}),
             their_gradients = torch::autograd::grad({theirs}, {x, weight, bias}, {dy});
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(at::allclose(our_gradients[i], their_gradients[i], 1e-4, 1e-4));
}

TEST_CASE("predictions upsample by rows as the library does") {
  const auto kernel = GENERATE(std::vector<std::int64_t>{2, 2, 2},
                               std::vector<std::int64_t>{1, 2, 4}, std::vector<std::int64_t>{3, 2});
  const at::NoGradGuard no_gradients;
  std::vector<std::int64_t> image{2, 5}, shape{5, 4};
  for (const auto length : kernel) image.push_back(length + 4);
  shape.insert(shape.end(), kernel.begin(), kernel.end());
  auto x = at::randn(image);
  x = x.contiguous(net::channels_last(x));
  const auto weight = at::randn(shape), bias = at::randn({4});
  const auto ours = net::upsample_by_tiles(x, weight, bias);
  CHECK(ours.is_contiguous(net::channels_last(ours)));
  CHECK(at::allclose(ours, by_library(x, weight, bias), 1e-5, 1e-5));
  CHECK(at::allclose(net::upsample_by_tiles(x, weight, {}), by_library(x, weight, {}), 1e-5, 1e-5));
}
