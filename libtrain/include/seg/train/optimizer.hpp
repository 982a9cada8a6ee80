#pragma once

#include <torch/optim/sgd.h>

#include <string>

#include "seg/net/checkpoint_value.hpp"

namespace seg::train {

/// Polynomial decay: initial * (1 - epoch / epochs)^0.9; set once at the start of each epoch.
double poly_learning_rate(double initial, std::int64_t epoch, std::int64_t epochs);

struct OptimizerOptions {
  double learning_rate = 0.01, weight_decay = 3e-5, momentum = 0.99;
};

/// SGD with Nesterov momentum; weight decay on every parameter.
torch::optim::SGD make_optimizer(const std::vector<at::Tensor>& parameters,
                                 const OptimizerOptions& options);

void set_learning_rate(torch::optim::SGD& optimizer, double learning_rate);

/// Scales the gradients so that their norm over all parameters is at most 12, as nnU-Net.
/// @returns the norm before.
double clip_gradients(const std::vector<at::Tensor>& parameters);

/// The optimiser in the form of PyTorch's state_dict(): {"state": {0: {"momentum_buffer": ...}},
/// "param_groups": [...]}, parameters numbered in their order; tensors on the CPU.
net::Value optimizer_state(torch::optim::SGD& optimizer);

/// Puts such a state back; the learning rate stays. Parameters without an entry start without
/// momentum.
/// @param source names the file in errors.
/// @throws Error when the state is of another network.
void load_optimizer_state(torch::optim::SGD& optimizer, const net::Value& state,
                          const std::string& source);

}  // namespace seg::train
