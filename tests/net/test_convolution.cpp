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
  const at::Tensor x = net::in_fastest_layout(at::randn({1, 1, 64, 64, 64}));
  const at::Tensor wide = first->forward(x), narrow = second->forward(wide),
                   small = deep->forward(at::max_pool3d(narrow, {8, 8, 8}));
  CHECK(net::has_channels_last(wide));
  CHECK(net::has_channels_last(narrow));
  CHECK(net::has_channels_last(small));
  const at::Tensor expected = at::conv3d(x.to(at::kDouble), first->weight.to(at::kDouble),
                                         first->bias.to(at::kDouble), {1, 1, 1}, {1, 1, 1});
  CHECK(at::allclose(wide.to(at::kDouble), expected, 1e-5, 1e-5));
}
