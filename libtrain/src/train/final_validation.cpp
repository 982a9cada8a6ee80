#include "train/final_validation.hpp"

#include <algorithm>
#include <limits>

#include "predict/segment_cases.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/store.hpp"
#include "seg/train/evaluate.hpp"
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

Reporter validation_reporter(const RunLog& log) {
  return {[&log](const std::string& line) { log.say(line); },
          [&log](const std::string& line) { log.warn(line); },
          [&log](const std::string&, std::size_t done, std::size_t total) {
            log.advance("validation", static_cast<std::int64_t>(done),
                        static_cast<std::int64_t>(total));
          }};
}

std::optional<plan::Configuration> next_stage(const Task& task) {
  if (!task.configuration.next_stage) return std::nullopt;
  return task.plans.configuration(*task.configuration.next_stage);
}

Segmenter segmenter_of(const Run& run) {
  return {run.task, {run.learner.network}, window_options(run), run.options.save_probabilities,
          next_stage(run.task)};
}

PreparedCase open_case(const Task& task, const std::string& name) {
  const auto stored = data::open_case(task.data_folder, name, task.previous_stage_folder);
  data::read_ahead(stored.data);
  return {name, network_input(stored.data, stored.previous_stage, task.labels), stored.properties};
}

/// Writes the case's labels, also to where the next stage of a cascade finds them.
void write_case(const Task& task, const SegmentedCase& segmented, const fs::path& folder) {
  const std::string& name = segmented.name;
  write_segmentation({folder / (name + task.dataset.file_ending), folder / name}, segmented, task);
  if (segmented.next_stage.defined())
    data::write_npy(
        next_stage_folder(task.model_folder, *task.configuration.next_stage) / (name + ".npy"),
        segmented.next_stage.unsqueeze(0));
}

/// @returns false when stopped.
bool segment_all(Run& run, const fs::path& folder, const Watch& watch) {
  const auto& cases = run.task.split.val;
  run.learner.network->set_deep_supervision(false);
  CaseFlow flow{.names = cases, .source = {}, .sink = {}, .stop = &watch.stop};
  flow.source = [&](std::size_t i, const Reporter&) { return open_case(run.task, cases[i]); };
  flow.sink = [&](const SegmentedCase& segmented) { write_case(run.task, segmented, folder); };
  segment_cases(segmenter_of(run), flow, validation_reporter(watch.log));
  return !watch.stop;
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
