#include "base/gpu_name.hpp"

#include <ATen/cuda/CUDAContext.h>

namespace seg::train {

std::string gpu_name(c10::Device gpu) { return at::cuda::getDeviceProperties(gpu.index())->name; }

}  // namespace seg::train
