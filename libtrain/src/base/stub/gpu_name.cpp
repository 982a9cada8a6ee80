#include "base/gpu_name.hpp"

namespace seg::train {

std::string gpu_name(c10::Device gpu) { return gpu.str(); }

}  // namespace seg::train
