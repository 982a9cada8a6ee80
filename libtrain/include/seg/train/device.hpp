#pragma once

#include <ATen/ATen.h>

#include <string>

namespace seg::train {

/// "auto" (CUDA if there is one), "cpu", "cuda", "cuda:N". @throws Error when the device is not
/// there.
at::Device choose_device(const std::string& name);

/// Autocast type: "auto" takes fp16 on CUDA, bf16 on a CPU with bf16 instructions, else fp32.
/// @throws Error for other names.
at::ScalarType choose_precision(const std::string& name, at::Device device);

/// Sets the number of threads of LibTorch and OpenMP; 0 takes all cores.
void set_threads(int threads);

}  // namespace seg::train
