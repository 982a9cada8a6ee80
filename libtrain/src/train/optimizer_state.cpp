#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include "seg/plan/error.hpp"
#include "seg/train/optimizer.hpp"

namespace seg::train {
namespace {

using net::Value;
namespace optim = torch::optim;
using ParameterState = optim::OptimizerParamState;

std::vector<at::Tensor> all_parameters(const Optimizer& optimizer) {
  std::vector<at::Tensor> parameters;
  for (const auto& group : optimizer.method->param_groups())
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  return parameters;
}

std::pair<Value, Value> tensor_entry(const char* name, const at::Tensor& tensor) {
  return {Value{name}, Value{tensor.detach().cpu()}};
}

template <class AdamState>
Value::Dict adam_entries(const AdamState& state) {
  Value::Dict entries{tensor_entry("step", at::tensor(static_cast<float>(state.step()))),
                      tensor_entry("exp_avg", state.exp_avg()),
                      tensor_entry("exp_avg_sq", state.exp_avg_sq())};
  if (state.max_exp_avg_sq().defined())
    entries.push_back(tensor_entry("max_exp_avg_sq", state.max_exp_avg_sq()));
  return entries;
}

Value::Dict momentum_entries(const optim::SGDParamState& state) {
  if (!state.momentum_buffer().defined()) return {};
  return {tensor_entry("momentum_buffer", state.momentum_buffer())};
}

Value::Dict entries_of(const ParameterState& state) {
  if (const auto* sgd = dynamic_cast<const optim::SGDParamState*>(&state))
    return momentum_entries(*sgd);
  if (const auto* adam = dynamic_cast<const optim::AdamParamState*>(&state))
    return adam_entries(*adam);
  return adam_entries(dynamic_cast<const optim::AdamWParamState&>(state));
}

Value parameter_states(const Optimizer& optimizer) {
  Value::Dict states;
  std::int64_t index = 0;
  for (const auto& parameter : all_parameters(optimizer)) {
    const auto entry = optimizer.method->state().find(parameter.unsafeGetTensorImpl());
    if (entry != optimizer.method->state().end())
      states.emplace_back(Value{index}, Value{entries_of(*entry->second)});
    ++index;
  }
  return {states};
}

void add_options(const optim::SGDOptions& options, Value::Dict& group) {
  group.insert(group.end(), {{Value{"momentum"}, Value{options.momentum()}},
                             {Value{"dampening"}, Value{options.dampening()}},
                             {Value{"weight_decay"}, Value{options.weight_decay()}},
                             {Value{"nesterov"}, Value{options.nesterov()}}});
}

template <class AdamOptions>
void add_adam_options(const AdamOptions& options, Value::Dict& group) {
  const auto [first, second] = options.betas();
  group.insert(group.end(), {{Value{"betas"}, Value{Value::List{{first}, {second}}}},
                             {Value{"eps"}, Value{options.eps()}},
                             {Value{"weight_decay"}, Value{options.weight_decay()}},
                             {Value{"amsgrad"}, Value{options.amsgrad()}},
                             {Value{"capturable"}, Value{false}}});
}

void add_options(const optim::OptimizerOptions& options, Value::Dict& group) {
  if (const auto* sgd = dynamic_cast<const optim::SGDOptions*>(&options)) {
    add_options(*sgd, group);
  } else if (const auto* adam = dynamic_cast<const optim::AdamOptions*>(&options)) {
    add_adam_options(*adam, group);
    group.push_back({Value{"decoupled_weight_decay"}, Value{false}});
  } else {
    add_adam_options(dynamic_cast<const optim::AdamWOptions&>(options), group);
    group.push_back({Value{"decoupled_weight_decay"}, Value{true}});
  }
}

/// @param first number of the group's first parameter; is moved on to the next group's.
Value group_value(const optim::OptimizerParamGroup& group, std::int64_t& first) {
  Value::Dict entries{{Value{"lr"}, Value{group.options().get_lr()}}};
  add_options(group.options(), entries);
  Value::List numbers;
  for (std::size_t i = 0; i < group.params().size(); ++i) numbers.push_back({first++});
  entries.insert(entries.end(), {{Value{"maximize"}, Value{false}},
                                 {Value{"foreach"}, Value{}},
                                 {Value{"differentiable"}, Value{false}},
                                 {Value{"fused"}, Value{}},
                                 {Value{"params"}, Value{numbers}}});
  return {entries};
}

/// What a checkpoint holds of one parameter.
struct StoredState {
  const Value& entries;
  const at::Tensor& parameter;
  std::string source;

  const at::Tensor& stored(const char* name) const {
    const Value* found = entries.find(name);
    if (!found)
      throw Error(source, std::string("has no ") + name + " of a parameter",
                  "resume with the `optimizer` of the interrupted run");
    return found->as<at::Tensor>(source + ": " + name);
  }

  at::Tensor tensor(const char* name) const {
    const auto& found = stored(name);
    if (found.sizes() != parameter.sizes())
      throw Error(source, std::string(name) + " and its parameter differ in shape",
                  "resume with the plan of the interrupted run");
    // In the parameter's layout, which the step in one pass takes for granted.
    return at::empty_like(parameter).copy_(found);
  }
};

std::unique_ptr<ParameterState> restored_momentum(const StoredState& stored) {
  auto state = std::make_unique<optim::SGDParamState>();
  state->momentum_buffer(stored.tensor("momentum_buffer"));
  return state;
}

template <class AdamState>
std::unique_ptr<ParameterState> restored_adam(const StoredState& stored) {
  auto state = std::make_unique<AdamState>();
  state->step(stored.stored("step").template item<std::int64_t>());
  state->exp_avg(stored.tensor("exp_avg"));
  state->exp_avg_sq(stored.tensor("exp_avg_sq"));
  if (stored.entries.find("max_exp_avg_sq")) state->max_exp_avg_sq(stored.tensor("max_exp_avg_sq"));
  return state;
}

std::unique_ptr<ParameterState> restored(const optim::Optimizer& method,
                                         const StoredState& stored) {
  if (dynamic_cast<const optim::SGD*>(&method)) return restored_momentum(stored);
  if (dynamic_cast<const optim::Adam*>(&method))
    return restored_adam<optim::AdamParamState>(stored);
  return restored_adam<optim::AdamWParamState>(stored);
}

void check_groups(const Optimizer& optimizer, const Value& state, const std::string& source) {
  const auto& groups = optimizer.method->param_groups();
  const Value* stored = state.find("param_groups");
  const std::size_t count = stored ? stored->as<Value::List>(source + ": param_groups").size() : 0;
  if (count != groups.size())
    throw Error(source, "has another number of parameter groups",
                "resume with the same `head_lr_factor` and `freeze`");
}

}  // namespace

Value optimizer_state(const Optimizer& optimizer) {
  Value::List groups;
  std::int64_t first = 0;
  for (const auto& group : optimizer.method->param_groups())
    groups.push_back(group_value(group, first));
  return {Value::Dict{{Value{"state"}, parameter_states(optimizer)},
                      {Value{"param_groups"}, Value{groups}}}};
}

void load_optimizer_state(Optimizer& optimizer, const Value& state, const std::string& source) {
  const Value* states = state.find("state");
  if (!states) throw Error(source, "has no optimiser state", "start anew");
  check_groups(optimizer, state, source);
  const auto parameters = all_parameters(optimizer);
  auto& method = *optimizer.method;
  method.state().clear();
  for (const auto& [number, entries] : states->as<Value::Dict>(source + ": optimizer_state")) {
    const auto index = static_cast<std::size_t>(number.as<std::int64_t>(source + ": state"));
    if (index >= parameters.size())
      throw Error(source, "has optimiser state for parameters that the network does not have");
    const auto& parameter = parameters[index];
    method.state()[parameter.unsafeGetTensorImpl()] =
        restored(method, {entries, parameter, source});
  }
}

}  // namespace seg::train
