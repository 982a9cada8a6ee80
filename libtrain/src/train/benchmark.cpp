#include "seg/train/benchmark.hpp"

#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>

#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"
#include "train/batches.hpp"
#include "train/fold_folder.hpp"
#include "train/step_memory.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

/// Where the batches of a benchmark come from.
struct BatchSource {
  std::function<data::Batch()> training, validation;
};

at::Tensor random_target(const Task& task, const std::vector<double>& scales,
                         const at::Tensor& data) {
  const bool regions = task.labels.has_regions();
  const bool skeleton = task.loss_options().loss == Loss::dice_ce_skeleton;
  const std::int64_t channels = regions
                                    ? task.labels.network_outputs() + (task.labels.ignore ? 1 : 0)
                                : skeleton ? 2
                                           : 1;
  std::vector<std::int64_t> shape{data.size(0), channels};
  for (std::size_t axis = 0; axis < scales.size(); ++axis)
    shape.push_back(static_cast<std::int64_t>(
        static_cast<double>(data.size(static_cast<std::int64_t>(axis) + 2)) * scales[axis]));
  const at::Tensor values = at::rand(shape, data.options());
  if (regions) return values > 0.5;
  return (values * std::ranges::max(task.labels.all)).round().to(at::kShort);
}

data::Batch random_batch(const Training& training) {
  const auto& configuration = training.task.configuration;
  std::vector<std::int64_t> shape{
      configuration.batch_size,
      static_cast<std::int64_t>(training.task.dataset.channel_names.size())};
  shape.insert(shape.end(), configuration.patch_size.begin(), configuration.patch_size.end());
  data::Batch batch;
  batch.data = at::rand(shape, at::device(training.learner.device));
  for (const auto& scales : training.task.head_scales)
    batch.targets.push_back(random_target(training.task, scales, batch.data));
  return batch;
}

void check(const std::atomic<bool>& stop) {
  if (stop) throw Error(ErrorKind::interrupted, {"the benchmark", "was stopped", "start it again"});
}

double epoch_seconds(Training& training, const BatchSource& source, const std::atomic<bool>& stop) {
  const auto start = std::chrono::steady_clock::now();
  training.learner.network->train(true);
  for (std::int64_t i = 0; i < training.task.recipe.iterations; ++i) {
    check(stop);
    train_step(training.learner, source.training());
  }
  training.learner.network->train(false);
  for (std::int64_t i = 0; i < training.task.recipe.val_iterations; ++i) {
    check(stop);
    validation_step(training.learner, source.validation());
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double fastest_epoch(Training& training, const BatchSource& source, const std::atomic<bool>& stop) {
  double fastest = std::numeric_limits<double>::infinity();
  for (std::int64_t epoch = 0; epoch < training.task.recipe.epochs; ++epoch)
    fastest = std::min(fastest, epoch_seconds(training, source, stop));
  return fastest;
}

std::string host_name() {
  std::string name(256, '\0');
  gethostname(name.data(), name.size() - 1);
  return name.c_str();
}

/// The entry's name and its values, as nnU-Net forms them.
std::pair<std::string, Json> entry(const Training& training, double fastest) {
  const bool cuda = training.learner.device.is_cuda();
  const Json cudnn = cuda ? Json(at::detail::getCUDAHooks().versionCuDNN()) : Json();
  const std::string device = device_name(training.learner.device), host = host_name();
  const std::string gpus = cuda ? "1" : "0";
  const std::string name = host + "__" + (cuda ? cudnn.dump() : "None") + "__" + TORCH_VERSION +
                           "__" + device + "__num_gpus_" + gpus;
  return {name,
          {{"torch_version", TORCH_VERSION},
           {"cudnn_version", cudnn},
           {"gpu_name", device},
           {"fastest_epoch", fastest},
           {"num_gpus", cuda ? 1 : 0},
           {"hostname", host}}};
}

BenchmarkResult record(const Training& training, const FoldFolder& folder, double fastest) {
  const auto [name, values] = entry(training, fastest);
  const Recipe& recipe = training.task.recipe;
  return {folder.add_benchmark(name, values), fastest,
          fastest / static_cast<double>(recipe.iterations + recipe.val_iterations)};
}

}  // namespace

std::vector<BenchmarkResult> benchmark(const fs::path& work, const TrainOptions& options,
                                       const std::atomic<bool>& stop, const Reporter& reporter) {
  if (options.resume) throw Error("the benchmark", "always starts anew", "leave out `resume`");
  const OwnStream stream(choose_device(options.device));
  Task task = read_task(work, options);
  choose_recipe(task, std::nullopt);
  const std::string trainer = "nnUNetTrainerBenchmark_5epochs";
  const auto folder_of = [&](const std::string& name) {
    Task measured = task;
    measured.options.trainer = name;
    return measured.fold_folder();
  };
  const FoldFolder folder(folder_of(trainer), reporter);
  const FoldFolder in_memory(folder_of(trainer + "_noDataLoading"), reporter);
  Training training = set_up(std::move(task), stop, reporter);
  require_memory_for_steps(training);
  std::vector<BenchmarkResult> results;
  {
    Batches batches(training);
    const BatchSource read{[&] { return batches.next_training(); },
                           [&] { return batches.next_validation(); }};
    results.push_back(record(training, folder, fastest_epoch(training, read, stop)));
  }
  const auto repeat = [batch = random_batch(training)] { return batch; };
  results.push_back(record(training, in_memory, fastest_epoch(training, {repeat, repeat}, stop)));
  return results;
}

}  // namespace seg::train
