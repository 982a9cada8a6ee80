#pragma once

#include <functional>
#include <memory>

#include "seg/data/augment.hpp"

namespace seg::train {

/// A GPU's work of a training pass, forward and backward, recorded once and then started as a
/// whole: small networks are otherwise limited by the time it takes to start each kernel. Shapes
/// must not change, and the stream must be another than the default one.
class StepGraph {
 public:
  /// Whether seg was built with recording (cuda/) or without (stub/), and the device is a GPU.
  static bool can_record(at::Device device);

  /// Computes the loss of a batch, and from the loss times `scale` the parameters' gradients, which
  /// are undefined before. Both are of one element on the GPU.
  using Pass = std::function<at::Tensor(const data::Batch& batch, const at::Tensor& scale)>;

  explicit StepGraph(Pass pass);
  ~StepGraph();

  /// @returns the loss; it and the gradients stay valid until the next call.
  /// @param clear_gradients makes gradients undefined.
  at::Tensor run(const data::Batch& batch, double scale,
                 const std::function<void()>& clear_gradients);

 private:
  struct Recording;

  Pass pass_;
  int runs_ = 0;
  std::unique_ptr<Recording> recording_;
};

}  // namespace seg::train
