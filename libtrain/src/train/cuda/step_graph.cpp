#include "train/step_graph.hpp"

#include <ATen/cuda/CUDAGraph.h>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

/// cuDNN and cuBLAS set themselves up in their first runs, which must not be recorded.
constexpr int kRunsBefore = 3;

data::Batch copy_of(const data::Batch& batch) {
  data::Batch copy{batch.data.clone(), {}};
  for (const auto& target : batch.targets) copy.targets.push_back(target.clone());
  return copy;
}

}  // namespace

struct StepGraph::Recording {
  data::Batch batch;
  at::Tensor scale, loss;
  at::cuda::CUDAGraph graph;

  Recording(const Pass& pass, const data::Batch& example)
      : batch(copy_of(example)), scale(at::ones({1}, example.data.options().dtype(at::kFloat))) {
    try {
      // Readers of batches go on allocating pinned memory.
      graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      loss = pass(batch, scale);
      graph.capture_end();
    } catch (const c10::Error& error) {
      throw Error("training on the GPU",
                  std::string("the step cannot be recorded: ") + error.what_without_backtrace(),
                  "set \"cuda_graphs\" to false");
    }
  }

  at::Tensor replay(const data::Batch& next, double next_scale) {
    batch.data.copy_(next.data);
    for (std::size_t i = 0; i < batch.targets.size(); ++i) batch.targets[i].copy_(next.targets[i]);
    scale.fill_(next_scale);
    graph.replay();
    return loss;
  }
};

bool StepGraph::can_record(at::Device device) { return device.is_cuda(); }

StepGraph::StepGraph(Pass pass) : pass_(std::move(pass)) {}

StepGraph::~StepGraph() = default;

at::Tensor StepGraph::run(const data::Batch& batch, double scale,
                          const std::function<void()>& clear_gradients) {
  if (recording_) return recording_->replay(batch, scale);
  clear_gradients();
  if (runs_++ < kRunsBefore)
    return pass_(batch, at::full({1}, scale, batch.data.options().dtype(at::kFloat)));
  recording_ = std::make_unique<Recording>(pass_, batch);
  return recording_->replay(batch, scale);
}

}  // namespace seg::train
