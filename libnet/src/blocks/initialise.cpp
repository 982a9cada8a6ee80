#include "blocks/initialise.hpp"

#include <torch/nn/init.h>

#include "blocks/norm.hpp"
#include "blocks/residual_block.hpp"

namespace seg::net {
namespace {

void draw(Convolution& convolution) {
  torch::nn::init::kaiming_normal_(convolution.weight, 1e-2);
  if (convolution.bias.defined()) torch::nn::init::zeros_(convolution.bias);
}

void silence(const ResidualBlock& block) {
  const auto norm = std::dynamic_pointer_cast<Norm>(block.last_norm());
  if (!norm || !norm->weight.defined()) return;
  torch::nn::init::zeros_(norm->weight);
  torch::nn::init::zeros_(norm->bias);
}

}  // namespace

void initialise_as_nnunet(torch::nn::Module& network) {
  for (const auto& module : network.modules()) {
    if (auto* convolution = module->as<Convolution>()) draw(*convolution);
    if (const auto* block = module->as<ResidualBlock>()) silence(*block);
  }
}

}  // namespace seg::net
