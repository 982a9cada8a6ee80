#include "seg/data/splits.hpp"
#include "seg/plan/intention.hpp"
#include "seg/train/trainer.hpp"
#include "train/fold_folder.hpp"
#include "train/task.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// As they are now, or as they will be made.
std::vector<data::Split> splits_of(const Task& task, const std::vector<std::string>& cases) {
  if (task.options.fold == "all") return {};
  const fs::path file = task.work.splits();
  return fs::exists(file) ? data::read_splits(file, cases) : data::make_splits(cases);
}

std::vector<fs::path> files_of_model(const Task& task) {
  std::vector<fs::path> files;
  for (const char* name : {"dataset.json", "plans.json"})
    files.push_back(task.model_folder() / name);
  if (fs::exists(task.work.fingerprint()))
    files.push_back(task.model_folder() / "dataset_fingerprint.json");
  return files;
}

std::vector<fs::path> files_of_validation(const Task& task) {
  const fs::path folder = task.fold_folder() / "validation";
  std::vector<fs::path> files;
  for (const std::string& name : task.split.val) {
    files.push_back(folder / (name + task.dataset.file_ending));
    if (task.options.save_probabilities) files.push_back(folder / (name + ".npz"));
  }
  files.push_back(folder / "summary.json");
  return files;
}

std::vector<fs::path> files_of_fold(const Task& task) {
  auto files = files_of_run(task.fold_folder(), task.options.keep_checkpoints);
  for (const fs::path& file : files_of_validation(task)) files.push_back(file);
  return files;
}

}  // namespace

std::vector<std::string> train_intentions(const fs::path& work, const TrainOptions& options,
                                          const Reporter& reporter) {
  Task task = read_task(work, options);
  if (!options.resume && !options.overwrite) require_unfinished(task.fold_folder());
  settings_in_use(work, options, reporter);
  auto lines = data::preprocess_intentions(
      task.work, {.configuration = task.configuration.name, .plans_name = options.plans_name},
      reporter);
  const auto cases = data::work_case_names(task.work);
  const auto splits = splits_of(task, cases);
  if (options.fold != "all" && !fs::exists(task.work.splits()))
    lines.push_back(to_write(task.work.splits()));
  for (const fs::path& file : files_of_model(task)) lines.push_back(to_write(file));
  task.split = data::split_for_fold(splits, options.fold, cases);
  check_previous_stage(task);
  for (const fs::path& file : files_of_fold(task)) lines.push_back(to_write(file));
  return lines;
}

std::vector<std::string> validate_intentions(const fs::path& work, const TrainOptions& options,
                                             const Reporter& reporter) {
  Task task = read_task(work, options);
  checkpoint_named(task.fold_folder(), options.checkpoint);
  auto lines = data::preprocess_intentions(
      task.work, {.configuration = task.configuration.name, .plans_name = options.plans_name},
      reporter);
  const auto cases = data::work_case_names(task.work);
  task.split = data::split_for_fold(splits_of(task, cases), options.fold, cases);
  for (const fs::path& file : files_of_validation(task)) lines.push_back(to_write(file));
  return lines;
}

}  // namespace seg::train
