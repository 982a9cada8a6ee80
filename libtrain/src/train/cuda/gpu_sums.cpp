#include "train/gpu_sums.hpp"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/csrc/cuda/nccl.h>
#include <unistd.h>

#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

namespace nccl = torch::cuda::nccl;

/// Which GPU of which machine it is, by its place on the bus, as NCCL tells them apart; empty for a
/// CPU.
std::string place_of(at::Device device) {
  if (!device.is_cuda()) return "";
  std::string machine(256, '\0');
  gethostname(machine.data(), machine.size() - 1);
  const auto* gpu = at::cuda::getDeviceProperties(device.index());
  return std::string(machine.c_str()) + ' ' + std::to_string(gpu->pciDomainID) + ':' +
         std::to_string(gpu->pciBusID) + ':' + std::to_string(gpu->pciDeviceID);
}

bool each_has_a_gpu_of_its_own(at::Device device, data::Ranks& ranks) {
  const auto places = ranks.gather(place_of(device));
  const std::set<std::string> different(places.begin(), places.end());
  return different.size() == places.size() && !different.contains("");
}

nccl::ncclComm_t joined_gpus(data::Ranks& ranks) {
  try {
    nccl::ncclUniqueId run{};
    if (ranks.leads()) nccl::get_unique_id(run);
    ranks.take_over(
        at::from_blob(run.internal, {static_cast<std::int64_t>(sizeof run.internal)}, at::kChar));
    return nccl::comm_init_rank(ranks.count(), run, ranks.rank());
  } catch (const c10::Error& error) {
    throw Error("the GPUs of this run",
                std::string("NCCL cannot join them: ") + error.what_without_backtrace(),
                "with NCCL_DEBUG=INFO in the environment it says more");
  }
}

double seconds_between(const at::cuda::CUDAEvent& begin, const at::cuda::CUDAEvent& end) {
  return 1e-3 * static_cast<double>(begin.elapsed_time(end));
}

}  // namespace

struct GpuSums::Joined {
  data::Ranks& ranks;
  nccl::ncclComm_t gpus;
  at::cuda::CUDAStream stream;
  bool under_way = false;
  std::int64_t bytes = 0;  ///< of what is under way
  at::cuda::CUDAEvent ready{cudaEventDefault};
  at::cuda::CUDAEvent begun{cudaEventDefault}, done{cudaEventDefault};
  at::cuda::CUDAEvent waits{cudaEventDefault}, goes_on{cudaEventDefault};
};

std::unique_ptr<GpuSums> GpuSums::join(at::Device device, data::Ranks& ranks) {
  if (!each_has_a_gpu_of_its_own(device, ranks)) return nullptr;
  const c10::cuda::CUDAGuard guard(device);
  return std::unique_ptr<GpuSums>(new GpuSums(std::make_unique<Joined>(
      Joined{ranks, joined_gpus(ranks), at::cuda::getStreamFromPool(true, device.index())})));
}

GpuSums::GpuSums(std::unique_ptr<Joined> joined) : joined_(std::move(joined)) {}

GpuSums::~GpuSums() {
  // In a run that fails it would wait for sums of ranks that are gone.
  if (std::uncaught_exceptions() == 0) nccl::comm_destroy(joined_->gpus);
}

void GpuSums::start(const at::Tensor& values) {
  joined_->ready.record();
  joined_->ready.block(joined_->stream);
  if (!std::exchange(joined_->under_way, true)) joined_->begun.record(joined_->stream);
  std::vector<at::Tensor> sums{values};
  nccl::all_reduce({values}, sums, static_cast<int>(nccl::ncclRedOp::Sum), {joined_->stream},
                   {joined_->gpus});
  joined_->bytes += static_cast<std::int64_t>(values.nbytes());
}

void GpuSums::finish() {
  if (!std::exchange(joined_->under_way, false)) return;
  const auto current = at::cuda::getCurrentCUDAStream(joined_->stream.device_index());
  joined_->done.record(joined_->stream);
  joined_->waits.record(current);
  joined_->done.block(current);
  joined_->goes_on.record(current);
  joined_->goes_on.synchronize();
  joined_->ranks.note_traffic({std::exchange(joined_->bytes, 0),
                               seconds_between(joined_->begun, joined_->done),
                               seconds_between(joined_->waits, joined_->goes_on)});
}

}  // namespace seg::train
