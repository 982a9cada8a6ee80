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

class NcclSums : public GpuSums {
 public:
  NcclSums(at::Device device, data::Ranks& ranks)
      : ranks_(ranks),
        gpus_(joined_gpus(ranks)),
        stream_(at::cuda::getStreamFromPool(true, device.index())) {}

  NcclSums(const NcclSums&) = delete;
  NcclSums& operator=(const NcclSums&) = delete;

  ~NcclSums() override {
    // In a run that fails it would wait for sums of ranks that are gone.
    if (std::uncaught_exceptions() == 0) nccl::comm_destroy(gpus_);
  }

  void start(const at::Tensor& values) override {
    ready_.record();
    ready_.block(stream_);
    if (!std::exchange(under_way_, true)) begun_.record(stream_);
    std::vector<at::Tensor> sums{values};
    nccl::all_reduce({values}, sums, static_cast<int>(nccl::ncclRedOp::Sum), {stream_}, {gpus_});
    bytes_ += static_cast<std::int64_t>(values.nbytes());
  }

  void finish() override {
    if (!std::exchange(under_way_, false)) return;
    const auto current = at::cuda::getCurrentCUDAStream(stream_.device_index());
    done_.record(stream_);
    waits_.record(current);
    done_.block(current);
    goes_on_.record(current);
    goes_on_.synchronize();
    ranks_.note_traffic({std::exchange(bytes_, 0), seconds_between(begun_, done_),
                         seconds_between(waits_, goes_on_)});
  }

 private:
  data::Ranks& ranks_;
  nccl::ncclComm_t gpus_;
  at::cuda::CUDAStream stream_;
  bool under_way_ = false;
  std::int64_t bytes_ = 0;  ///< of what is under way
  at::cuda::CUDAEvent ready_{cudaEventDefault};
  at::cuda::CUDAEvent begun_{cudaEventDefault}, done_{cudaEventDefault};
  at::cuda::CUDAEvent waits_{cudaEventDefault}, goes_on_{cudaEventDefault};
};

}  // namespace

std::unique_ptr<GpuSums> join_gpus(at::Device device, data::Ranks& ranks) {
  if (!each_has_a_gpu_of_its_own(device, ranks)) return nullptr;
  const c10::cuda::CUDAGuard guard(device);
  return std::make_unique<NcclSums>(device, ranks);
}

}  // namespace seg::train
