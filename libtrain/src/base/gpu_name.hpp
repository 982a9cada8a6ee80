#pragma once

#include <c10/core/Device.h>

#include <string>

namespace seg::train {

/// What the maker calls a GPU; its number where seg was built without CUDA (stub/).
std::string gpu_name(c10::Device gpu);

}  // namespace seg::train
