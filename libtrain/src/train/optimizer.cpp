#include "seg/train/optimizer.hpp"

#include <torch/nn/utils/clip_grad.h>

#include <cmath>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

using net::Value;
constexpr double kMaximumGradientNorm = 12;

torch::optim::OptimizerParamGroup& only_group(torch::optim::SGD& optimizer) {
  return optimizer.param_groups().front();
}

torch::optim::SGDOptions& options_of(torch::optim::SGD& optimizer) {
  return static_cast<torch::optim::SGDOptions&>(only_group(optimizer).options());
}

Value momentum_of(torch::optim::SGD& optimizer, const at::Tensor& parameter) {
  const auto entry = optimizer.state().find(parameter.unsafeGetTensorImpl());
  if (entry == optimizer.state().end()) return {};
  const auto& state = static_cast<torch::optim::SGDParamState&>(*entry->second);
  return {state.momentum_buffer().detach().cpu()};
}

Value momenta(torch::optim::SGD& optimizer) {
  Value::Dict state;
  std::int64_t index = 0;
  for (const auto& parameter : only_group(optimizer).params()) {
    const Value momentum = momentum_of(optimizer, parameter);
    if (std::holds_alternative<at::Tensor>(momentum.data))
      state.push_back({Value{index}, Value{Value::Dict{{Value{"momentum_buffer"}, momentum}}}});
    ++index;
  }
  return {state};
}

Value parameter_group(torch::optim::SGD& optimizer) {
  const auto& options = options_of(optimizer);
  Value::List numbers;
  for (std::size_t i = 0; i < only_group(optimizer).params().size(); ++i)
    numbers.push_back({static_cast<std::int64_t>(i)});
  return {Value::Dict{{Value{"lr"}, Value{options.lr()}},
                      {Value{"momentum"}, Value{options.momentum()}},
                      {Value{"dampening"}, Value{options.dampening()}},
                      {Value{"weight_decay"}, Value{options.weight_decay()}},
                      {Value{"nesterov"}, Value{options.nesterov()}},
                      {Value{"maximize"}, Value{false}},
                      {Value{"foreach"}, Value{}},
                      {Value{"differentiable"}, Value{false}},
                      {Value{"fused"}, Value{}},
                      {Value{"params"}, Value{numbers}}}};
}

void load_momentum(torch::optim::SGD& optimizer, const std::pair<Value, Value>& entry,
                   const std::string& source) {
  const auto index = entry.first.as<std::int64_t>(source + ": optimizer_state");
  auto& parameters = only_group(optimizer).params();
  const Value* stored = entry.second.find("momentum_buffer");
  if (!stored || index < 0 || index >= static_cast<std::int64_t>(parameters.size()))
    throw Error(source, "has momentum for parameters that the network does not have");
  const auto& momentum = stored->as<at::Tensor>(source + ": momentum_buffer");
  const auto& parameter = parameters[static_cast<std::size_t>(index)];
  if (momentum.sizes() != parameter.sizes())
    throw Error(source, "momentum and parameter " + std::to_string(index) + " differ in shape");
  auto state = std::make_unique<torch::optim::SGDParamState>();
  state->momentum_buffer(momentum.to(parameter.device(), parameter.scalar_type(), false, true));
  optimizer.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
}

}  // namespace

double poly_learning_rate(double initial, std::int64_t epoch, std::int64_t epochs) {
  return initial * std::pow(1 - static_cast<double>(epoch) / static_cast<double>(epochs), 0.9);
}

torch::optim::SGD make_optimizer(const std::vector<at::Tensor>& parameters,
                                 const OptimizerOptions& options) {
  return torch::optim::SGD(parameters, torch::optim::SGDOptions(options.learning_rate)
                                           .momentum(options.momentum)
                                           .weight_decay(options.weight_decay)
                                           .nesterov(options.momentum > 0));
}

void set_learning_rate(torch::optim::SGD& optimizer, double learning_rate) {
  options_of(optimizer).lr(learning_rate);
}

double clip_gradients(const std::vector<at::Tensor>& parameters) {
  return torch::nn::utils::clip_grad_norm_(parameters, kMaximumGradientNorm);
}

net::Value optimizer_state(torch::optim::SGD& optimizer) {
  return {Value::Dict{{Value{"state"}, momenta(optimizer)},
                      {Value{"param_groups"}, Value{Value::List{parameter_group(optimizer)}}}}};
}

void load_optimizer_state(torch::optim::SGD& optimizer, const net::Value& state,
                          const std::string& source) {
  const Value* momentum = state.find("state");
  if (!momentum) throw Error(source, "has no optimiser state", "start without --resume");
  optimizer.state().clear();
  for (const auto& entry : momentum->as<Value::Dict>(source + ": optimizer_state"))
    load_momentum(optimizer, entry, source);
}

}  // namespace seg::train
