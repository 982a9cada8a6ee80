#pragma once

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>

#include <functional>
#include <string>

namespace seg::train {

/// "auto" (CUDA if there is one), "cpu", "cuda", "cuda:N". @throws Error when the name is unknown
/// or the device is not there.
at::Device choose_device(const std::string& name);

/// Autocast type: "auto" takes fp16 on CUDA, bf16 on a CPU with bf16 instructions, else fp32.
/// @returns kHalf, kBFloat16 or kFloat.
/// @throws Error for other names, and for fp16 on a CPU.
at::ScalarType choose_precision(const std::string& name, at::Device device);

/// Has a GPU compute fp32 in fp32; LibTorch's convolutions would take TF32 else.
void forbid_tf32();

/// The same within its life, for fp32 on a GPU, and for the whole process.
class ExactFloats {
 public:
  ExactFloats(at::Device device, at::ScalarType precision);
  ~ExactFloats();
  ExactFloats(const ExactFloats&) = delete;
  ExactFloats& operator=(const ExactFloats&) = delete;

 private:
  bool changes_, cudnn_before_ = false, cublas_before_ = false;
};

/// "cpu", or the name of the GPU if seg was built for one.
std::string device_name(at::Device device);

/// "fp32", "bf16" or "fp16".
std::string precision_name(at::ScalarType precision);

/// Within its life, what this thread does on a GPU goes to a stream of its own, as recording a
/// graph needs; on the CPU nothing.
class OwnStream {
 public:
  explicit OwnStream(at::Device device);

 private:
  c10::OptionalStreamGuard guard_;
};

/// Sets the number of threads of LibTorch and OpenMP; 0 takes all cores.
/// @throws Error naming the setting "threads" for a negative number or one above 1024.
void set_threads(int threads);

/// Does `work` in a thread that is made for it, with `threads` threads of LibTorch and OpenMP (0:
/// all cores), and waits; what it throws reaches the caller. No setting of any other thread
/// changes.
void with_own_threads(int threads, const std::function<void()>& work);

/// LibTorch's loops that the calling thread starts get one thread: it works beside the network,
/// whose threads would sleep between loops if there were more of them than cores.
void use_one_thread();

}  // namespace seg::train
