#include "train/step_graph.hpp"

#include <stdexcept>

namespace seg::train {

struct StepGraph::Recording {};

bool StepGraph::can_record(at::Device) { return false; }

StepGraph::StepGraph(Pass pass) : pass_(std::move(pass)) {}

StepGraph::~StepGraph() = default;

at::Tensor StepGraph::run(const data::Batch&, double, const std::function<void()>&) {
  throw std::logic_error("seg was built without graphs of a GPU's work");
}

}  // namespace seg::train
