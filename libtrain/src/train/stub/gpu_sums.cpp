#include "train/gpu_sums.hpp"

namespace seg::train {

struct GpuSums::Joined {};

std::unique_ptr<GpuSums> GpuSums::join(at::Device, data::Ranks&) { return nullptr; }

GpuSums::GpuSums(std::unique_ptr<Joined> joined) : joined_(std::move(joined)) {}

GpuSums::~GpuSums() = default;

void GpuSums::start(const at::Tensor&) {}

void GpuSums::finish() {}

}  // namespace seg::train
