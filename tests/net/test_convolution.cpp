#include <torch/csrc/autograd/autograd.h>

#include "kernels/memory_layout.hpp"
#include "layers/convolution.hpp"

#include "catch.hpp"

using namespace seg;

TEST_CASE(
    "strided kernels of one voxel and their gradients are matrix products of every nth voxel") {
  const int inputs = GENERATE(1, 4, 8, 12);
  net::ConvolutionSizes sizes;
  sizes.inputs = inputs;
  sizes.outputs = 5;
  sizes.kernel = {1, 1, 1};
  sizes.stride = {1, 2, 3};
  net::Convolution layer(sizes);
  layer.weight.set_data(at::randn(layer.weight.sizes()));
  layer.bias.set_data(at::randn({5}));
  const bool last = GENERATE(false, true);
  at::Tensor x = at::randn({2, inputs, 4, 7, 8});
  if (last) x = x.contiguous(net::channels_last(x));

  const at::Tensor result = layer.forward(x.requires_grad_());
  const at::Tensor taken = x.slice(3, 0, 7, 2).slice(4, 0, 8, 3);
  const at::Tensor expected = at::einsum("bizyx,oi->bozyx", {taken, layer.weight.flatten(1)}) +
                              layer.bias.view({5, 1, 1, 1});
  CHECK(at::allclose(result, expected, 1e-5, 1e-5));
  const std::vector<at::Tensor> variables{x, layer.weight, layer.bias};
  const at::Tensor gradient = at::randn(result.sizes());
  const auto ours = torch::autograd::grad({result}, variables, {gradient});
  const auto theirs = torch::autograd::grad({expected}, variables, {gradient});
  for (std::size_t i = 0; i < 3; ++i) CHECK(at::allclose(ours[i], theirs[i], 1e-4, 1e-4));
}

TEST_CASE("in training too, a single large item keeps its channels last from layer to layer") {
  const auto first = net::convolution(1, 16, {3, 3, 3}),
             second = net::convolution(16, 8, {3, 3, 3}), deep = net::convolution(8, 8, {1, 3, 3});
  for (const auto& layer : {first, second, deep}) {
    layer->weight.set_data(at::randn(layer->weight.sizes()));
    layer->bias.set_data(at::randn(layer->bias.sizes()));
  }
  const std::int64_t slices = GENERATE(64, 16);
  const at::Tensor x = net::in_fastest_layout(at::randn({1, 1, slices, 64, 64}));
  const at::Tensor wide = first->forward(x), narrow = second->forward(wide),
                   small = deep->forward(at::max_pool3d(narrow, {8, 8, 8}));
  CHECK(net::has_channels_last(wide));
  CHECK(net::has_channels_last(narrow));
  CHECK(net::has_channels_last(small));
  const at::Tensor expected = at::conv3d(x.to(at::kDouble), first->weight.to(at::kDouble),
                                         first->bias.to(at::kDouble), {1, 1, 1}, {1, 1, 1});
  CHECK(at::allclose(wide.to(at::kDouble), expected, 1e-5, 1e-5));
}

TEST_CASE("a prediction's transposed convolutions are the library's, whatever stride and groups") {
  struct Sizes {
    std::vector<std::int64_t> kernel, stride, padding, space;
    std::int64_t groups, outputs;
    bool bias;
  };
  using Axes = std::vector<std::int64_t>;
  const auto [kernel, stride, padding, space, groups, outputs, bias] =
      GENERATE_COPY(values<Sizes>({{{5, 5, 5}, {2, 2, 2}, {2, 2, 2}, {4, 5, 6}, 16, 16, true},
                                   {{3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {4, 3, 1}, 16, 16, true},
                                   {{1, 1, 1}, {2, 2, 2}, {0, 0, 0}, {3, 4, 5}, 1, 8, true},
                                   {{1, 1, 1}, {2, 2, 2}, {0, 0, 0}, {3, 4, 5}, 1, 8, false},
                                   {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {3, 4, 5}, 1, 3, true},
                                   {{4, 3, 5}, {2, 1, 3}, {1, 0, 2}, {3, 4, 5}, 4, 8, true},
                                   {{7, 7}, {2, 2}, {3, 3}, {9, 8}, 16, 16, true},
                                   {{2, 5}, {3, 2}, {0, 1}, {4, 6}, 2, 6, false}}));
  net::ConvolutionSizes sizes;
  sizes.inputs = 16;
  sizes.outputs = outputs;
  sizes.kernel = kernel;
  sizes.stride = stride;
  sizes.padding = padding;
  sizes.groups = groups;
  sizes.bias = bias;
  sizes.transposed = true;
  net::Convolution layer(sizes);
  layer.weight.set_data(at::randn(layer.weight.sizes()));
  if (bias) layer.bias.set_data(at::randn({outputs}));
  Axes shape{2, 16};
  shape.insert(shape.end(), space.begin(), space.end());
  const at::Tensor x = net::in_fastest_layout(at::randn(shape));
  const at::NoGradGuard prediction;
  const at::Tensor result = layer.forward(x);
  const at::Tensor expected = at::convolution(
      x.to(at::kDouble), layer.weight.to(at::kDouble),
      bias ? std::optional(layer.bias.to(at::kDouble)) : std::nullopt, stride, padding,
      Axes(kernel.size(), 1), /*transposed=*/true, Axes(kernel.size(), 0), groups);
  REQUIRE(result.sizes() == expected.sizes());
  CHECK(net::has_channels_last(result));
  CHECK(at::allclose(result.to(at::kDouble), expected, 1e-5, 2e-5));
}
