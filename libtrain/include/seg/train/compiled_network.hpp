#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace seg::train {

/// A network that another program computes: the plugin "openvino".
class CompiledNetwork {
 public:
  virtual ~CompiledNetwork() = default;
  /// [1, outputs, (Z,) Y, X].
  virtual std::vector<std::int64_t> output_shape() const = 0;
  /// @param x [1, C, (Z,) Y, X] and `logits`, both float32 without gaps.
  virtual void run(float* x, float* logits) = 0;
};

struct CompileOptions {
  std::vector<std::int64_t> shape;        ///< [1, C, (Z,) Y, X]
  at::ScalarType precision = at::kFloat;  ///< or kBFloat16
  int threads = 1;
};

/// What the plugin exports as "seg_compile_network"; see net::record() for the graph, which it
/// keeps.
/// @throws std::runtime_error that tells in one line what it cannot do.
using CompileNetwork = std::unique_ptr<CompiledNetwork>(const std::shared_ptr<torch::jit::Graph>&,
                                                        const CompileOptions&);

}  // namespace seg::train
