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
#include "seg/plan/files.hpp"
#include "seg/train/device.hpp"
#include "train/batches.hpp"
#include "train/run_state.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

/// Where the batches of a benchmark come from.
struct BatchSource {
  std::function<data::Batch()> training, validation;
};

Run benchmark_run(const fs::path& work, const TrainOptions& options, const Reporter& reporter) {
  set_threads(options.threads);
  const auto device = choose_device(options.device);
  Task task = read_task(work, options);
  const Machine machine{device, choose_precision(options.precision, device)};
  Learner learner = make_learner(task, options, machine, reporter);
  RunState state = start_state(static_cast<std::int64_t>(task.labels.foreground().size()));
  return {options, std::move(task), std::move(learner), std::move(state)};
}

at::Tensor random_target(const Task& task, const std::vector<double>& scales,
                         const at::Tensor& data) {
  const bool regions = task.labels.has_regions();
  const std::int64_t channels =
      regions ? task.labels.network_outputs() + (task.labels.ignore ? 1 : 0) : 1;
  std::vector<std::int64_t> shape{data.size(0), channels};
  for (std::size_t axis = 0; axis < scales.size(); ++axis)
    shape.push_back(static_cast<std::int64_t>(
        static_cast<double>(data.size(static_cast<std::int64_t>(axis) + 2)) * scales[axis]));
  const at::Tensor values = at::rand(shape, data.options());
  if (regions) return values > 0.5;
  return (values * std::ranges::max(task.labels.all)).round().to(at::kShort);
}

data::Batch random_batch(const Run& run) {
  const auto& configuration = run.task.configuration;
  std::vector<std::int64_t> shape{configuration.batch_size,
                                  static_cast<std::int64_t>(run.task.dataset.channel_names.size())};
  shape.insert(shape.end(), configuration.patch_size.begin(), configuration.patch_size.end());
  data::Batch batch;
  batch.data = at::rand(shape, at::device(run.learner.device));
  for (const auto& scales : run.task.head_scales)
    batch.targets.push_back(random_target(run.task, scales, batch.data));
  return batch;
}

void check(const std::atomic<bool>& stop) {
  if (stop) throw Error(ErrorKind::interrupted, {"the benchmark", "was stopped", "start it again"});
}

double epoch_seconds(Run& run, const BatchSource& source, const std::atomic<bool>& stop) {
  const auto start = std::chrono::steady_clock::now();
  run.learner.network->train(true);
  for (std::int64_t i = 0; i < run.task.recipe.iterations; ++i) {
    check(stop);
    train_step(run.learner, source.training());
  }
  run.learner.network->train(false);
  for (std::int64_t i = 0; i < run.task.recipe.val_iterations; ++i) {
    check(stop);
    validation_step(run.learner, source.validation());
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double fastest_epoch(Run& run, const BatchSource& source, const std::atomic<bool>& stop) {
  double fastest = std::numeric_limits<double>::infinity();
  for (std::int64_t epoch = 0; epoch < run.task.recipe.epochs; ++epoch)
    fastest = std::min(fastest, epoch_seconds(run, source, stop));
  return fastest;
}

std::string host_name() {
  std::string name(256, '\0');
  gethostname(name.data(), name.size() - 1);
  return name.c_str();
}

/// The entry's name and its values, as nnU-Net forms them.
std::pair<std::string, Json> entry(const Run& run, double fastest) {
  const bool cuda = run.learner.device.is_cuda();
  const Json cudnn = cuda ? Json(at::detail::getCUDAHooks().versionCuDNN()) : Json();
  const std::string device = device_name(run.learner.device), host = host_name();
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

BenchmarkResult record(const Run& run, const std::string& trainer, double fastest) {
  const Task& task = run.task;
  const fs::path model = task.work.results(trainer, task.plans.plans_name, task.configuration.name);
  const fs::path file = model / ("fold_" + run.options.fold) / "benchmark_result.json";
  Json results = fs::exists(file) ? read_json(file) : Json::object();
  const auto [name, values] = entry(run, fastest);
  results[name] = values;
  write_json(file, results);
  return {
      file, fastest,
      fastest / static_cast<double>(run.task.recipe.iterations + run.task.recipe.val_iterations)};
}

}  // namespace

std::vector<BenchmarkResult> benchmark(const fs::path& work, const TrainOptions& options,
                                       const std::atomic<bool>& stop, const Reporter& reporter) {
  const OwnStream stream(choose_device(options.device));
  Run run = benchmark_run(work, options, reporter);
  const std::string trainer = "nnUNetTrainerBenchmark_5epochs";
  std::vector<BenchmarkResult> results;
  {
    Batches batches(run);
    const BatchSource read{[&] { return batches.next_training(); },
                           [&] { return batches.next_validation(); }};
    results.push_back(record(run, trainer, fastest_epoch(run, read, stop)));
  }
  const auto repeat = [batch = random_batch(run)] { return batch; };
  results.push_back(
      record(run, trainer + "_noDataLoading", fastest_epoch(run, {repeat, repeat}, stop)));
  return results;
}

}  // namespace seg::train
