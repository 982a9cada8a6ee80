#include "seg/train/device.hpp"

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <omp.h>
#include <torch/cuda.h>

#include <exception>
#include <thread>

#include "base/gpu_name.hpp"
#include "seg/data/cores.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

at::Device parse_device(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || device.is_cuda()) return device;
  } catch (const c10::Error&) {
  }
  throw Error(SettingValue{"device", name}, "is no device seg knows",
              "use auto, cpu, cuda or cuda:N");
}

Error no_such_device(at::Device device, const std::string& problem, const std::string& remedy) {
  return {ErrorKind::not_found, {"device " + device.str(), problem, remedy, "device"}};
}

at::Device existing_cuda_device(at::Device device) {
  const int count = static_cast<int>(torch::cuda::device_count());
  const int index = device.has_index() ? device.index() : 0;
  if (count == 0)
    throw no_such_device(device, "no CUDA device was found",
                         "use the device cpu, or a LibTorch built for CUDA and a working driver");
  if (index >= count)
    throw no_such_device(device, "there are only " + std::to_string(count),
                         "use cuda:0 to cuda:" + std::to_string(count - 1));
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

constexpr int most_threads = 1024;  // OpenMP's runtime ends the program when it gets no more

int thread_count(int threads) {
  if (threads < 0)
    throw Error(SettingValue{"threads", std::to_string(threads)}, "is negative",
                "use 0 for all cores");
  if (threads > most_threads)
    throw Error(SettingValue{"threads", std::to_string(threads)},
                "is beyond " + std::to_string(most_threads), "use 0 for all cores");
  return threads > 0 ? threads : data::all_cores();
}

/// LibTorch would print its warnings, which are for who writes networks.
struct SilentWarnings : c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

bool cpu_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

at::ScalarType automatic_precision(at::Device device) {
  if (device.is_cuda()) return at::kHalf;
  return cpu_has_bf16() ? at::kBFloat16 : at::kFloat;
}

}  // namespace

at::Device choose_device(const std::string& name) {
  if (name == "auto")
    return torch::cuda::is_available() ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  const at::Device device = parse_device(name);
  return device.is_cuda() ? existing_cuda_device(device) : device;
}

at::ScalarType choose_precision(const std::string& name, at::Device device) {
  if (name == "auto") return automatic_precision(device);
  if (name == "fp32") return at::kFloat;
  if (name == "bf16") return at::kBFloat16;
  if (name == "fp16" && device.is_cuda()) return at::kHalf;
  if (name == "fp16")
    throw Error(SettingValue{"precision", name}, "needs a CUDA device", "use bf16 or fp32");
  throw Error(SettingValue{"precision", name}, "is unknown", "use auto, fp32, bf16 or fp16");
}

void forbid_tf32() {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
}

ExactFloats::ExactFloats(at::Device device, at::ScalarType precision)
    : changes_(device.is_cuda() && precision == at::kFloat) {
  if (!changes_) return;
  cudnn_before_ = at::globalContext().allowTF32CuDNN();
  cublas_before_ = at::globalContext().allowTF32CuBLAS();
  forbid_tf32();
}

ExactFloats::~ExactFloats() {
  if (!changes_) return;
  at::globalContext().setAllowTF32CuDNN(cudnn_before_);
  at::globalContext().setAllowTF32CuBLAS(cublas_before_);
}

std::string device_name(at::Device device) {
  return device.is_cuda() ? gpu_name(device) : device.str();
}

std::string precision_name(at::ScalarType precision) {
  if (precision == at::kHalf) return "fp16";
  return precision == at::kBFloat16 ? "bf16" : "fp32";
}

OwnStream::OwnStream(at::Device device) {
  if (device.is_cuda())
    guard_.reset_stream(c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device));
}

void set_threads(int threads) { at::set_num_threads(thread_count(threads)); }

void with_own_threads(int threads, const std::function<void()>& work) {
  const int count = thread_count(threads);
  std::exception_ptr failure;
  std::thread([&] {
    SilentWarnings silent;
    const c10::WarningUtils::WarningHandlerGuard guard(&silent);
    at::get_num_threads();  // LibTorch sets up each thread at its first use, so that must be over
    omp_set_num_threads(count);
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void use_one_thread() {
  at::get_num_threads();  // LibTorch sets up each thread at its first use, so that must be over
  omp_set_num_threads(1);
}

}  // namespace seg::train
