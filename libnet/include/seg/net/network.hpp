#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "seg/plan/plans.hpp"

namespace seg::net {

/// A segmentation network.
class Network : public torch::nn::Module {
 public:
  /// @param x float [B, C, (Z,) Y, X].
  /// @returns logits of each head [B, outputs, ...], highest resolution first; one head without
  /// deep supervision.
  virtual std::vector<at::Tensor> forward(const at::Tensor& x) = 0;

  /// Turns the lower heads on or off; parameters stay.
  virtual void set_deep_supervision(bool enabled) = 0;
};

struct NetworkOptions {
  std::int64_t input_channels = 1, outputs = 2;
  bool deep_supervision = true;
};

/// Builds the network that a plan names, with freshly drawn weights (upstream's initialisation,
/// from the global generator).
/// @throws Error for a class that seg does not know (lists those it knows) or arguments that do not
/// fit.
std::shared_ptr<Network> build_network(const plan::Architecture& architecture,
                                       const NetworkOptions& options);

/// Names, without package, of the networks that build_network knows.
std::vector<std::string> known_networks();

}  // namespace seg::net
