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

SlidingWindowOptions window_options(const Training& training) {
  SlidingWindowOptions options;
  options.patch_size = training.task.configuration.patch_size;
  options.mirror_axes = training.task.mirror_axes();
  options.device = training.learner.device;
  options.precision = training.learner.precision;
  return options;
}

std::optional<plan::Configuration> next_stage(const Task& task) {
  if (!task.configuration.next_stage) return std::nullopt;
  return task.plans.configuration(*task.configuration.next_stage);
}

Segmenter segmenter_of(const Training& training) {
  const Task& task = training.task;
  return {.experiment = task,
          .networks = {training.learner.network},
          .window = window_options(training),
          .scores = {.probabilities = task.options.save_probabilities},
          .next_stage = next_stage(task)};
}

PreparedCase open_case(const Task& task, const std::string& name) {
  const auto stored = data::open_case(task.data_folder, name, task.previous_stage_folder);
  data::read_ahead(stored.data);
  return {name, network_input(stored.data, stored.previous_stage, task.labels), stored.properties};
}

/// Writes the case's labels, also to where the next stage of a cascade finds them.
void write_case(const Task& task, const SegmentedCase& segmented, const fs::path& folder) {
  const std::string& name = segmented.name;
  write_segmentation({folder / (name + task.dataset.file_ending), folder / name}, segmented);
  if (segmented.next_stage.defined())
    data::write_npy(
        next_stage_folder(task.model_folder(), *task.configuration.next_stage) / (name + ".npy"),
        segmented.next_stage.unsqueeze(0));
}

/// @returns false when stopped.
bool segment_all(Training& training, const FoldFolder& folder, const std::atomic<bool>& stop) {
  const Task& task = training.task;
  training.learner.network->set_deep_supervision(false);
  CaseFlow flow{
      .names = task.split.val, .source = {}, .sink = {}, .activity = "validation", .stop = &stop};
  flow.source = [&](std::size_t i, const Reporter&) { return open_case(task, flow.names[i]); };
  flow.sink = [&](const SegmentedCase& one) { write_case(task, one, folder.validation()); };
  flow.ranks = task.options.ranks;
  segment_cases(segmenter_of(training), flow, folder.log());
  return !(flow.ranks ? flow.ranks->any(stop) : stop.load());
}

bool has_all_probabilities(const data::Split& split, const fs::path& folder) {
  return std::ranges::all_of(
      split.val, [&](const std::string& name) { return fs::exists(folder / (name + ".npz")); });
}

/// The leader's.
double same_for_all(double value, data::Ranks* ranks) {
  if (!ranks) return value;
  const at::Tensor values = at::full({1}, value, at::kDouble);
  ranks->take_over(values);
  return values.item<double>();
}

double foreground_dice(const Json& summary) {
  const Json& dice = summary.at("foreground_mean").at("Dice");
  return dice.is_number() ? dice.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::optional<double> validate_fold(Training& training, const FoldFolder& folder,
                                    const std::atomic<bool>& stop) {
  const Task& task = training.task;
  data::Ranks* ranks = task.options.ranks;
  const fs::path output = folder.validation();
  if (data::leads(ranks)) fs::remove_all(output);
  if (!segment_all(training, folder, stop)) return std::nullopt;
  if (!data::leads(ranks)) return same_for_all(0, ranks);
  const EvaluateOptions options{.file_ending = task.dataset.file_ending,
                                .threads = task.options.threads,
                                .cases = task.split.val,
                                .reader = data::image_reader(task.plans)};
  const Json summary =
      evaluate_folder({output, data::link_reference_labels(task.work), task.labels, options},
                      output / "summary.json");
  const double dice = same_for_all(foreground_dice(summary), ranks);
  folder.require_folder();
  folder.log().say("validation on " + std::to_string(task.split.val.size()) +
                   " cases: foreground mean Dice " + std::to_string(dice));
  return dice;
}

std::optional<double> earlier_validation(const Task& task, const data::Split& split,
                                         const fs::path& output) {
  if (!fs::exists(output / "summary.json")) return std::nullopt;
  if (task.options.save_probabilities && !has_all_probabilities(split, output)) return std::nullopt;
  return foreground_dice(read_json(output / "summary.json"));
}

}  // namespace seg::train
