#include "train/training.hpp"

#include "seg/train/device.hpp"

namespace seg::train {

Training set_up(Task task, const std::atomic<bool>& stop, const Reporter& reporter) {
  const TrainOptions& options = task.options;
  const at::Device device = choose_device(options.device);
  const Machine machine{device, choose_precision(options.precision, device)};
  if (options.preprocess_jobs > 0)
    data::preprocess_work(task.work,
                          {task.configuration.name, options.plans_name, options.preprocess_jobs,
                           &stop, options.memory, options.ranks},
                          reporter);
  find_cases(task, reporter);
  set_threads(options.threads);
  Learner learner = make_learner(task, machine, reporter);
  RunState state = start_state(static_cast<std::int64_t>(task.labels.foreground().size()));
  return {std::move(task), std::move(learner), std::move(state)};
}

}  // namespace seg::train
