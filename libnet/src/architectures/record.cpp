#include "seg/net/record.hpp"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/frontend/tracer.h>

namespace seg::net {

std::shared_ptr<torch::jit::Graph> record(Network& network, at::IntArrayRef shape) {
  const at::NoGradGuard no_gradients;
  for (at::Tensor& parameter : network.parameters()) parameter.requires_grad_(false);
  network.eval();
  network.set_deep_supervision(false);
  std::vector<std::int64_t> empty_batch = shape.vec();
  empty_batch.at(0) = 0;  // there is nothing to compute, and no operation may depend on its size
  const auto run = [&](torch::jit::Stack inputs) -> torch::jit::Stack {
    const torch::jit::tracer::NoWarn quiet;
    return {network.forward(inputs.at(0).toTensor()).front()};
  };
  const auto without_name = [](const at::Tensor&) { return std::string(); };
  constexpr bool strict = true;
  constexpr bool in_place_as_new = true;
  const auto recorded = torch::jit::tracer::trace({at::empty(empty_batch)}, run, without_name,
                                                  strict, in_place_as_new);
  return recorded.first->graph;
}

}  // namespace seg::net
