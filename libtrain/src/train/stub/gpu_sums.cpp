#include "train/gpu_sums.hpp"

#include <stdexcept>

namespace seg::train {

struct GpuSums::Joined {};

std::unique_ptr<GpuSums> GpuSums::join(at::Device, data::Ranks&) { return nullptr; }

GpuSums::GpuSums(std::unique_ptr<Joined> joined) : joined_(std::move(joined)) {}

GpuSums::~GpuSums() = default;

void GpuSums::start(const at::Tensor&) {
  throw std::logic_error("seg was built without sums of GPUs");
}

void GpuSums::finish() { throw std::logic_error("seg was built without sums of GPUs"); }

}  // namespace seg::train
