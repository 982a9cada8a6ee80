#include "layers/residual_block.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "kernels/memory_layout.hpp"

#include "catch.hpp"

using namespace seg;

TEST_CASE("a residual block's gradients are exact for one item as for several, large and small") {
  using Shape = std::vector<std::int64_t>;
  const Shape shape =
      GENERATE(Shape{1, 16, 8, 12, 10}, Shape{2, 16, 8, 12, 10}, Shape{1, 16, 16, 96, 16});
  const net::Arguments none{Json::object(), "test"};
  net::LayerStyle style;
  style.norm = net::norm_maker("instance", none);
  net::ResidualSizes sizes;
  sizes.convolution.inputs = 16;
  sizes.convolution.outputs = 24;
  sizes.convolution.kernel = {3, 3, 3};
  sizes.convolution.stride = {2, 2, 2};
  net::ResidualBlock block(sizes, style);
  for (auto& parameter : block.parameters()) parameter.set_data(at::rand(parameter.sizes()) - 0.5);

  at::Tensor x = net::in_fastest_layout(at::randn(shape));
  const auto gradients = [&](at::ScalarType type) {
    block.to(type);
    const at::Tensor input = x.to(type).requires_grad_();
    auto variables = block.parameters();
    variables.push_back(input);
    const at::Tensor y = block.forward(input);
    return torch::autograd::grad({y}, variables,
                                 {at::linspace(-1, 1, y.numel()).view(y.sizes()).to(type)});
  };
  const auto ours = gradients(at::kFloat), exact = gradients(at::kDouble);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    INFO(i);
    CHECK((ours[i] - exact[i]).norm().item<double>() <= 1e-4 * exact[i].norm().item<double>());
  }
}
