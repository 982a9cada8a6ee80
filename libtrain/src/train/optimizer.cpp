#include "seg/train/optimizer.hpp"

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <stdexcept>

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

struct Method {
  const char* name;
  std::unique_ptr<torch::optim::Optimizer> (*make)(const Groups&, const OptimizerOptions&);
};
constexpr Method kMethods[] = {
    {"sgd", make_sgd},
    {"adam", make_adam<torch::optim::Adam, torch::optim::AdamOptions>},
    {"adamw", make_adam<torch::optim::AdamW, torch::optim::AdamWOptions>}};

std::unique_ptr<torch::optim::Optimizer> make_method(const Groups& groups,
                                                     const OptimizerOptions& options) {
  for (const Method& method : kMethods)
    if (options.name == method.name) return method.make(groups, options);
  throw std::logic_error("there is no optimiser " + options.name);
}

/// The parameters of a group that have gradients, with these and their momentum.
struct Movable {
  std::vector<at::Tensor> parameters, gradients, momenta;
};

Movable movable(torch::optim::SGD& method, const torch::optim::OptimizerParamGroup& group) {
  Movable result;
  for (const auto& parameter : group.params()) {
    if (!parameter.grad().defined()) continue;
    auto& entry = method.state()[parameter.unsafeGetTensorImpl()];
    if (!entry) entry = std::make_unique<torch::optim::SGDParamState>();
    auto& state = static_cast<torch::optim::SGDParamState&>(*entry);
    // The first momentum is the gradient itself: without dampening, as if it had been zero before.
    if (!state.momentum_buffer().defined()) state.momentum_buffer(at::zeros_like(parameter));
    result.parameters.push_back(parameter);
    result.gradients.push_back(parameter.grad());
    result.momenta.push_back(state.momentum_buffer());
  }
  return result;
}

void take_fused_step(torch::optim::SGD& method) {
  const at::NoGradGuard no_gradient;
  for (const auto& group : method.param_groups()) {
    const auto& options = static_cast<const torch::optim::SGDOptions&>(group.options());
    const auto [parameters, gradients, momenta] = movable(method, group);
    if (parameters.empty()) continue;
    at::_fused_sgd_(parameters, gradients, momenta, options.weight_decay(), options.momentum(),
                    options.lr(), options.dampening(), options.nesterov(), /*maximize=*/false,
                    /*is_first_step=*/false);
  }
}

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const Method& method : kMethods) names.emplace_back(method.name);
  return names;
}

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

void take_step(Optimizer& optimizer) {
  auto* sgd = dynamic_cast<torch::optim::SGD*>(optimizer.method.get());
  const bool fused = sgd && static_cast<torch::optim::SGDOptions&>(sgd->defaults()).momentum() > 0;
  fused ? take_fused_step(*sgd) : static_cast<void>(optimizer.method->step());
}

std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  return gradients;
}

double clip_gradients(const std::vector<at::Tensor>& parameters) {
  const at::NoGradGuard no_gradient;
  const auto gradients = gradients_of(parameters);
  if (gradients.empty()) return 0;
  const double norm = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  const double factor = kMaximumGradientNorm / (norm + 1e-6);
  if (factor < 1) at::_foreach_mul_(gradients, factor);
  return norm;
}

}  // namespace seg::train
