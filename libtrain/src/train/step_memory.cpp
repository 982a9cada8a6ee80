#include "train/step_memory.hpp"

#include <functional>
#include <numeric>

#include "predict/memory_need.hpp"
#include "seg/data/memory.hpp"
#include "seg/plan/error.hpp"
#include "train/batches.hpp"

namespace seg::train {
namespace {

std::int64_t bytes_of(const std::vector<at::Tensor>& tensors) {
  std::int64_t bytes = 0;
  for (const at::Tensor& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

/// More than networks take as a rule: two thousand feature maps of the input's size.
std::int64_t surely_enough(const Training& training) {
  constexpr std::int64_t kBytesPerVoxel = 8192;
  const plan::Configuration& configuration = training.task.configuration;
  const auto& patch = configuration.patch_size;
  return std::accumulate(patch.begin(), patch.end(), kBytesPerVoxel * configuration.batch_size,
                         std::multiplies<>()) +
         4 * bytes_of(training.learner.parameters);
}

/// A corner of the first patch, in each of the heads' resolutions.
at::Tensor corner(const at::Tensor& of_batch, const std::vector<std::int64_t>& patch) {
  const auto small = small_patch(patch);
  at::Tensor part = of_batch.narrow(0, 0, 1);
  for (std::size_t axis = 0; axis < patch.size(); ++axis) {
    const auto dimension = static_cast<std::int64_t>(axis) + 2;
    part = part.narrow(dimension, 0, part.size(dimension) * small[axis] / patch[axis]);
  }
  return part.contiguous();
}

data::Batch small_batch(const data::Batch& batch, const std::vector<std::int64_t>& patch) {
  data::Batch small = batch;
  small.data = corner(batch.data, patch);
  for (at::Tensor& target : small.targets) target = corner(target, patch);
  return small;
}

/// The network's running means, which a step changes.
class KeptBuffers {
 public:
  explicit KeptBuffers(const net::Network& network) : buffers_(network.buffers()) {
    for (const at::Tensor& buffer : buffers_) values_.push_back(buffer.clone());
  }
  ~KeptBuffers() {
    const at::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(values_[i]);
  }
  KeptBuffers(const KeptBuffers&) = delete;
  KeptBuffers& operator=(const KeptBuffers&) = delete;

 private:
  std::vector<at::Tensor> buffers_, values_;
};

/// Beside the weights: gradients, the optimiser's state, and what a batch takes on its way through
/// the network.
std::int64_t measured_need(Training& training) {
  Learner& learner = training.learner;
  const data::Batch whole = Batches(training).next_training();
  const data::Batch small = small_batch(whole, training.task.configuration.patch_size);
  const KeptBuffers kept(*learner.network);
  learner.network->train(true);
  const std::int64_t step = peak_of_tensors([&] { loss_with_gradients(learner, small); }).host;
  learner.optimizer.method->zero_grad();
  const std::int64_t weights = bytes_of(learner.parameters);
  const std::int64_t states = training.task.recipe.optimizer == "sgd" ? 1 : 2;
  constexpr std::int64_t kCopiesOfBatch = 6;  // as it is read, augmented and waiting
  const std::int64_t times = (whole.data.numel() + small.data.numel() - 1) / small.data.numel();
  const std::int64_t features = times * (step - weights);
  // Half more for what the allocator keeps, and for kernels that work on large patches only.
  return (1 + states) * weights + features + features / 2 +
         kCopiesOfBatch * static_cast<std::int64_t>(whole.data.nbytes());
}

}  // namespace

void require_memory_for_steps(Training& training) {
  if (!training.learner.device.is_cpu()) return;
  const std::int64_t free = data::memory_to_use(training.task.options.memory);
  if (free / 2 > surely_enough(training)) return;
  const std::int64_t need = measured_need(training);
  if (need <= free) return;
  throw Error(ErrorKind::out_of_memory,
              {"training " + training.task.configuration.name,
               "a step needs about " + data::memory_text(need) + " of memory, and " +
                   data::memory_text(free) + " may still be taken",
               "allow more (`max_memory`), train with a smaller `batch_size`, or plan for less "
               "(`gpu_memory`)"});
}

}  // namespace seg::train
