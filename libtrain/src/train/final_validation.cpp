#include "final_validation.hpp"

#include <limits>

#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/resample.hpp"
#include "seg/data/store.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/export.hpp"
#include "seg/train/model.hpp"
#include "seg/train/sliding_window.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

SlidingWindowOptions window_options(const Run& run) {
  SlidingWindowOptions options;
  options.patch_size = run.task.configuration.patch_size;
  options.mirror_axes = run.task.mirror_axes();
  options.device = run.learner.device;
  options.precision = run.learner.precision;
  return options;
}

/// Leaves a case's labels where the next stage of a cascade finds them.
void write_for_next_stage(const Task& task, const data::StoredCase& stored,
                          const at::Tensor& logits) {
  if (!task.configuration.next_stage) return;
  const auto next = task.plans.configuration(*task.configuration.next_stage);
  const auto& properties = stored.properties;
  const auto shape = data::resampled_shape(properties.shape_after_cropping, properties.spacing,
                                           data::target_spacing(next, properties.spacing));
  const TargetGrid grid{shape, properties.target_spacing, properties.target_spacing,
                        task.configuration.resampling_probabilities};
  const auto labels = labels_on_grid(logits, grid, task.labels).unsqueeze(0);
  data::write_npy(next_stage_folder(task.model_folder, next.name) / (stored.name + ".npy"), labels);
}

void segment(Run& run, const std::string& name, const fs::path& file) {
  const Task& task = run.task;
  const auto stored = data::open_case(task.data_folder, name, task.previous_stage_folder);
  const auto logits = sliding_window_logits(
      *run.learner.network, network_input(stored.data, stored.previous_stage, task.labels),
      window_options(run));
  write_for_next_stage(task, stored, logits);
  const auto labels =
      logits_to_labels(logits, stored.properties, task.plans, task.configuration, task.labels);
  data::write_label_map(file, labels, stored.properties.geometry);
}

/// @returns false when stopped.
bool segment_all(Run& run, const fs::path& folder, const Watch& watch) {
  const auto& cases = run.task.split.val;
  run.learner.network->set_deep_supervision(false);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    watch.log.advance("validation", static_cast<std::int64_t>(i),
                      static_cast<std::int64_t>(cases.size()));
    if (watch.stop) return false;
    segment(run, cases[i], folder / (cases[i] + run.task.dataset.file_ending));
  }
  const auto total = static_cast<std::int64_t>(cases.size());
  watch.log.advance("validation", total, total);
  return true;
}

void link_to(const fs::path& label, const fs::path& link) {
  std::error_code there_is_none;
  if (fs::equivalent(label, link, there_is_none)) return;
  write_atomically(
      link, [&](const fs::path& temporary) { fs::create_symlink(fs::absolute(label), temporary); });
}

/// A folder with links to the label maps of the training cases, wherever the dataset keeps them.
fs::path reference_folder(const Task& task) {
  const fs::path folder = task.work.root / "gt_segmentations";
  for (const auto& scan : data::work_cases(task.work))
    if (scan.label) link_to(*scan.label, folder / (scan.name + task.dataset.file_ending));
  return folder;
}

double foreground_dice(const Json& summary) {
  const Json& dice = summary.at("foreground_mean").at("Dice");
  return dice.is_number() ? dice.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::optional<double> validate_fold(Run& run, const Watch& watch) {
  const fs::path folder = run.task.fold_folder / "validation";
  fs::remove_all(folder);
  if (!segment_all(run, folder, watch)) return std::nullopt;
  EvaluateOptions options;
  options.file_ending = run.task.dataset.file_ending;
  options.threads = run.options.threads;
  const Json summary = evaluate_folder(folder, reference_folder(run.task), run.task.labels, options,
                                       folder / "summary.json");
  const double dice = foreground_dice(summary);
  watch.log.say("validation on " + std::to_string(run.task.split.val.size()) +
                " cases: foreground mean Dice " + std::to_string(dice));
  return dice;
}

std::optional<double> earlier_validation(const fs::path& fold_folder) {
  const fs::path file = fold_folder / "validation" / "summary.json";
  if (!fs::exists(file)) return std::nullopt;
  return foreground_dice(read_json(file));
}

}  // namespace seg::train
