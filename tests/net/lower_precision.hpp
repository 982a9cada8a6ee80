#pragma once

#include <ATen/autocast_mode.h>

namespace seg::test {

/// Autocast to bf16 on the CPU while it lives, as training and prediction have it.
class LowerPrecision {
 public:
  explicit LowerPrecision(bool enabled = true) {
    at::autocast::set_autocast_enabled(at::kCPU, enabled);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  }
  ~LowerPrecision() {
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }
  LowerPrecision(const LowerPrecision&) = delete;
  LowerPrecision& operator=(const LowerPrecision&) = delete;
};

}  // namespace seg::test
