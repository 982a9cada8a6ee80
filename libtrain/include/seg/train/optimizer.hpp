#pragma once

#include <torch/optim/optimizer.h>

#include <memory>
#include <string>
#include <vector>

#include "seg/net/checkpoint_value.hpp"

namespace seg::train {

std::vector<std::string> optimizer_names();

struct OptimizerOptions {
  std::string name = "sgd";  ///< of optimizer_names(); sgd has Nesterov's momentum
  double learning_rate = 0.01, weight_decay = 3e-5;
  double momentum = 0.99;  ///< sgd
  double epsilon = 1e-8;   ///< adam, adamw
  bool amsgrad = false;    ///< adam, adamw
};

/// Parameters that learn at the same rate.
struct ParameterGroup {
  std::vector<at::Tensor> parameters;
  double rate_factor = 1;  ///< times the schedule's learning rate
};

/// One of PyTorch's optimisers over groups of parameters.
struct Optimizer {
  std::unique_ptr<torch::optim::Optimizer> method;
  std::vector<double> rate_factors;  ///< of its groups
};

/// Weight decay on every parameter (adamw: decoupled from the gradient). Empty groups are left out.
Optimizer make_optimizer(const std::vector<ParameterGroup>& groups,
                         const OptimizerOptions& options);

/// Each group gets its part of it.
void set_learning_rate(Optimizer& optimizer, double learning_rate);

/// Moves the parameters that have gradients; with SGD on a GPU all of a group in one pass.
void take_step(Optimizer& optimizer);

/// Of those parameters that have one.
std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters);

/// Scales the gradients so that their norm over all parameters is at most 12, as nnU-Net.
/// @returns the norm before.
double clip_gradients(const std::vector<at::Tensor>& parameters);

/// The optimiser in the form of PyTorch's state_dict(): {"state": {0: {"momentum_buffer": ...}},
/// "param_groups": [...]}, parameters numbered in their order; tensors on the CPU.
net::Value optimizer_state(const Optimizer& optimizer);

/// Puts such a state back; learning rates stay. Parameters without an entry start without one.
/// @param source names the file in errors.
/// @throws Error when the state is of another network, other groups or another optimiser.
void load_optimizer_state(Optimizer& optimizer, const net::Value& state, const std::string& source);

}  // namespace seg::train
