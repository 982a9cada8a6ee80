#include "train/final_validation.hpp"

#include <algorithm>
#include <limits>

#include "predict/case_probabilities.hpp"
#include "predict/segment.hpp"
#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/store.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/export.hpp"
#include "seg/train/model.hpp"

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

std::optional<plan::Configuration> next_stage(const Task& task) {
  if (!task.configuration.next_stage) return std::nullopt;
  return task.plans.configuration(*task.configuration.next_stage);
}

/// The grid of a case in the next stage of a cascade.
data::TargetGrid next_stage_grid(const Task& task, const plan::Configuration& next,
                                 const data::CaseProperties& properties) {
  const auto shape = data::resampled_shape(properties.shape_after_cropping, properties.spacing,
                                           data::target_spacing(next, properties.spacing));
  return {shape, properties.target_spacing, properties.target_spacing,
          task.configuration.resampling_probabilities};
}

/// Labels of a case on the grids of its scan and, in a cascade, of the next stage.
std::vector<at::Tensor> segment(Run& run, const data::StoredCase& stored, const fs::path& folder) {
  const Task& task = run.task;
  SegmentOptions options{
      window_options(run), {cropped_scan(stored.properties, task.configuration)}, task.labels};
  if (const auto next = next_stage(task))
    options.grids.push_back(next_stage_grid(task, *next, stored.properties));
  const auto input = network_input(stored.data, stored.previous_stage, task.labels);
  if (!run.options.save_probabilities) return segment_scan({run.learner.network}, input, options);
  const auto logits = sliding_window_logits({run.learner.network}, input, options.window);
  write_case_probabilities(folder / stored.name,
                           logits_to_probabilities(logits, {stored.properties, task.plans,
                                                            task.configuration, task.labels}),
                           stored.properties);
  return labels_on_grids(logits, options);
}

/// Writes the case's labels, also to where the next stage of a cascade finds them.
void segment_case(Run& run, const std::string& name, const fs::path& folder) {
  const Task& task = run.task;
  const auto stored = data::open_case(task.data_folder, name, task.previous_stage_folder);
  const auto labels = segment(run, stored, folder);
  data::write_label_map(folder / (name + task.dataset.file_ending),
                        uncropped(labels.front(), stored.properties, task.plans),
                        stored.properties.geometry);
  if (const auto next = next_stage(task))
    data::write_npy(next_stage_folder(task.model_folder, next->name) / (name + ".npy"),
                    labels.back().unsqueeze(0));
}

/// @returns false when stopped.
bool segment_all(Run& run, const fs::path& folder, const Watch& watch) {
  const auto& cases = run.task.split.val;
  run.learner.network->set_deep_supervision(false);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    watch.log.advance("validation", static_cast<std::int64_t>(i),
                      static_cast<std::int64_t>(cases.size()));
    if (watch.stop) return false;
    segment_case(run, cases[i], folder);
  }
  const auto total = static_cast<std::int64_t>(cases.size());
  watch.log.advance("validation", total, total);
  return true;
}

bool has_all_probabilities(const Run& run, const fs::path& folder) {
  return std::ranges::all_of(run.task.split.val, [&](const std::string& name) {
    return fs::exists(folder / (name + ".npz"));
  });
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
  options.reader = data::image_reader(run.task.plans);
  const Json summary = evaluate_folder(
      {folder, data::link_reference_labels(run.task.work), run.task.labels, options},
      folder / "summary.json");
  const double dice = foreground_dice(summary);
  watch.log.say("validation on " + std::to_string(run.task.split.val.size()) +
                " cases: foreground mean Dice " + std::to_string(dice));
  return dice;
}

std::optional<double> earlier_validation(const Run& run) {
  const fs::path folder = run.task.fold_folder / "validation";
  if (!fs::exists(folder / "summary.json")) return std::nullopt;
  if (run.options.save_probabilities && !has_all_probabilities(run, folder)) return std::nullopt;
  return foreground_dice(read_json(folder / "summary.json"));
}

}  // namespace seg::train
