#include "train/batches.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

#include "seg/data/memory.hpp"
#include "seg/data/store.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {

constexpr int kBatchesInStock = 2;  // patches are cut from mapped files, faster than used

data::AugmentationOptions augmentation_options(const Task& task, bool train) {
  data::AugmentationOptions options;
  options.patch_size = task.configuration.patch_size;
  options.geometry = task.geometry;
  options.deep_supervision_scales = task.head_scales;
  options.use_mask_for_norm = task.configuration.use_mask_for_norm;
  options.labels = task.labels;
  options.cascade = task.configuration.previous_stage.has_value();
  options.mirror = task.recipe.mirroring;
  options.sampling = {task.recipe.image_sampling == "nearest",
                      task.recipe.label_sampling == "nearest"};
  if (task.loss_options().loss == Loss::dice_ce_skeleton)
    options.skeleton = data::SkeletonOptions{task.recipe.skeleton_tube};
  options.table = task.recipe.augmentation;
  options.train = train && task.recipe.augment;
  options.seed = task.recipe.seed;
  return options;
}

data::SamplerOptions sampler_options(const Task& task, bool train) {
  data::SamplerOptions options;
  const auto& patch = task.configuration.patch_size;
  options.patch_size = train ? task.geometry.initial_patch_size : patch;
  options.final_patch_size = patch;
  options.batch_size = task.configuration.batch_size;
  options.share = data::share_of(task.options.ranks, options.batch_size);
  options.foreground_fraction = task.recipe.foreground_fraction;
  options.oversampling = data::oversampling_named(task.recipe.oversampling);
  options.seed = task.recipe.seed;
  options.validation = !train;
  return options;
}

std::vector<data::StoredCase> open_cases(const Task& task, const std::vector<std::string>& names) {
  std::vector<data::StoredCase> cases;
  for (const auto& name : names)
    cases.push_back(data::open_case(task.data_folder, name, task.previous_stage_folder));
  return cases;
}

data::BatchLoader::Make cutter(const Training& training, bool train) {
  const Task& task = training.task;
  auto cases = open_cases(task, train ? task.split.train : task.split.val);
  return [cases = std::move(cases), options = sampler_options(task, train), labels = task.labels,
          pin = training.learner.device.is_cuda()](auto epoch, auto iteration) {
    use_one_thread();
    auto batch = data::sample_batch(cases, options, labels, epoch, iteration);
    if (pin) {
      batch.data = batch.data.pin_memory();
      batch.seg = batch.seg.pin_memory();
    }
    return batch;
  };
}

data::LoaderOptions loader_options(const Training& training, bool train) {
  data::LoaderOptions options;
  const auto& state = training.state;
  const Recipe& recipe = training.task.recipe;
  options.threads = train ? std::clamp(at::get_num_threads() / 4, 1, 4) : 1;
  constexpr std::int64_t kShareOfMemory = 8;
  options.queue_bytes = std::min(
      options.queue_bytes,
      static_cast<std::size_t>(data::memory_to_use(training.task.options.memory) / kShareOfMemory));
  options.queue_batches = static_cast<std::uint64_t>(options.threads + kBatchesInStock);
  options.first_epoch = static_cast<std::uint64_t>(state.epoch);
  options.first_iteration =
      static_cast<std::uint64_t>(train ? state.iteration : state.val_iteration);
  options.iterations_per_epoch =
      static_cast<std::uint64_t>(train ? recipe.iterations : recipe.val_iterations);
  return options;
}

data::Batch prepare(data::RawBatch raw, at::Device device,
                    const data::AugmentationOptions& options) {
  const torch::NoGradGuard no_gradient;
  raw.data = raw.data.to(device, /*non_blocking=*/true);
  raw.seg = raw.seg.to(device, /*non_blocking=*/true);
  return data::augment(raw, options);
}

}  // namespace

Batches::Batches(const Training& training)
    : device_(training.learner.device),
      training_options_(augmentation_options(training.task, true)),
      validation_options_(augmentation_options(training.task, false)),
      training_(cutter(training, true), loader_options(training, true)),
      validation_(cutter(training, false), loader_options(training, false)) {}

data::Batch Batches::next_training() {
  return prepare(training_.next(), device_, training_options_);
}

data::Batch Batches::next_validation() {
  return prepare(validation_.next(), device_, validation_options_);
}

}  // namespace seg::train
