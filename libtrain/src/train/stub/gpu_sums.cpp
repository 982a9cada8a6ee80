#include "train/gpu_sums.hpp"

namespace seg::train {

std::unique_ptr<GpuSums> join_gpus(at::Device /*device*/, data::Ranks& /*ranks*/) {
  return nullptr;
}

}  // namespace seg::train
