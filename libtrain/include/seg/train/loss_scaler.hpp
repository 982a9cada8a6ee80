#pragma once

#include <vector>

#include "seg/net/checkpoint_value.hpp"
#include "seg/train/optimizer.hpp"

namespace seg::train {

/// Keeps fp16 gradients in range: the loss is multiplied by `scale` before the backward pass.
/// PyTorch's GradScaler: the scale halves when a gradient overflows (that step is left out) and
/// doubles after 2000 steps without.
struct LossScaler {
  bool enabled = false;  ///< off for bf16 and fp32: scale 1, no step is left out
  double scale = 65536;
  std::int64_t steps_since_change = 0;
};

/// The loss to call backward() on.
at::Tensor scaled(const LossScaler& scaler, const at::Tensor& loss);

/// Undoes the scaling of the gradients, clips their norm to 12 and takes the step, or leaves it out
/// when a gradient overflowed.
void clip_and_step(LossScaler& scaler, Optimizer& optimizer,
                   const std::vector<at::Tensor>& parameters);

/// PyTorch's state_dict() of a GradScaler; None when it is off.
net::Value scaler_state(const LossScaler& scaler);
void load_scaler_state(LossScaler& scaler, const net::Value& state);

}  // namespace seg::train
