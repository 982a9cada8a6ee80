#include "seg/train/optimizer.hpp"

#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

namespace seg::train {
namespace {

constexpr double kMaximumGradientNorm = 12;

using Groups = std::vector<torch::optim::OptimizerParamGroup>;

std::unique_ptr<torch::optim::Optimizer> make_sgd(const Groups& groups,
                                                  const OptimizerOptions& options) {
  return std::make_unique<torch::optim::SGD>(groups, torch::optim::SGDOptions(options.learning_rate)
                                                         .momentum(options.momentum)
                                                         .weight_decay(options.weight_decay)
                                                         .nesterov(options.momentum > 0));
}

/// Adam or AdamW.
template <class Adam, class AdamOptions>
std::unique_ptr<torch::optim::Optimizer> make_adam(const Groups& groups,
                                                   const OptimizerOptions& options) {
  return std::make_unique<Adam>(groups, AdamOptions(options.learning_rate)
                                            .weight_decay(options.weight_decay)
                                            .eps(options.epsilon)
                                            .amsgrad(options.amsgrad));
}

std::unique_ptr<torch::optim::Optimizer> make_method(const Groups& groups,
                                                     const OptimizerOptions& options) {
  if (options.name == "sgd") return make_sgd(groups, options);
  if (options.name == "adam")
    return make_adam<torch::optim::Adam, torch::optim::AdamOptions>(groups, options);
  if (options.name == "adamw")
    return make_adam<torch::optim::AdamW, torch::optim::AdamWOptions>(groups, options);
  throw std::logic_error("unknown optimiser " + options.name);
}

}  // namespace

Optimizer make_optimizer(const std::vector<ParameterGroup>& groups,
                         const OptimizerOptions& options) {
  Groups filled;
  Optimizer optimizer;
  for (const auto& group : groups) {
    if (group.parameters.empty()) continue;
    filled.emplace_back(group.parameters);
    optimizer.rate_factors.push_back(group.rate_factor);
  }
  optimizer.method = make_method(filled, options);
  set_learning_rate(optimizer, options.learning_rate);
  return optimizer;
}

void set_learning_rate(Optimizer& optimizer, double learning_rate) {
  auto& groups = optimizer.method->param_groups();
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i].options().set_lr(learning_rate * optimizer.rate_factors[i]);
}

double clip_gradients(const std::vector<at::Tensor>& parameters) {
  return torch::nn::utils::clip_grad_norm_(parameters, kMaximumGradientNorm);
}

}  // namespace seg::train
