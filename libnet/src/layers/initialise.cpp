#include "layers/initialise.hpp"

#include <torch/nn/init.h>

#include "layers/norm.hpp"
#include "layers/residual_block.hpp"

namespace seg::net {
namespace {

void draw(Convolution& convolution) {
  torch::nn::init::kaiming_normal_(convolution.weight, 1e-2);
  if (convolution.bias.defined()) torch::nn::init::zeros_(convolution.bias);
}

void draw_uniform(Convolution& convolution) {
  torch::nn::init::kaiming_uniform_(convolution.weight, std::sqrt(5.0));
  if (!convolution.bias.defined()) return;
  const auto inputs = static_cast<double>(convolution.weight[0].numel());
  torch::nn::init::uniform_(convolution.bias, -1 / std::sqrt(inputs), 1 / std::sqrt(inputs));
}

void draw_by_outputs(Convolution& convolution) {
  torch::nn::init::kaiming_normal_(convolution.weight, 0, torch::kFanOut, torch::kReLU);
  if (convolution.bias.defined()) torch::nn::init::zeros_(convolution.bias);
}

void draw_as_ege_unet(Convolution& convolution) {
  const bool flat = convolution.weight.dim() == 4;
  const auto groups = flat ? convolution.groups() : 1;
  draw_uniform(convolution);
  const auto outputs =
      static_cast<double>(convolution.weight.size(0) * convolution.weight[0][0].numel() / groups);
  torch::nn::init::normal_(convolution.weight, 0, std::sqrt(2 / outputs));
  if (flat) torch::nn::init::zeros_(convolution.bias);
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

void initialise_by_outputs(torch::nn::Module& network) {
  for (const auto& module : network.modules()) {
    if (auto* convolution = module->as<Convolution>()) draw_by_outputs(*convolution);
  }
}

void initialise_as_ege_unet(torch::nn::Module& network) {
  for (const auto& module : network.modules()) {
    if (auto* convolution = module->as<Convolution>()) draw_as_ege_unet(*convolution);
  }
}

void initialise_as_torch(torch::nn::Module& network) {
  for (const auto& module : network.modules()) {
    if (auto* convolution = module->as<Convolution>()) draw_uniform(*convolution);
  }
}

}  // namespace seg::net
