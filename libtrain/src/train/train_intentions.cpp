#include <algorithm>

#include "base/sorted_entries.hpp"
#include "seg/data/splits.hpp"
#include "seg/plan/intention.hpp"
#include "seg/train/trainer.hpp"
#include "train/checkpoint.hpp"
#include "train/final_validation.hpp"
#include "train/fold_folder.hpp"
#include "train/start_checks.hpp"
#include "train/task.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// Finds the cases as a run would, of splits as they are or will be made.
void find_coming_split(Task& task, const std::vector<std::string>& cases) {
  task.split = data::coming_split(task.work.splits(), task.options.fold, cases);
  check_split(task);
  check_previous_stage(task);
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
    if (task.options.save_probabilities)
      for (const char* ending : {".npz", ".pkl", ".json"})
        files.push_back(folder / (name + ending));
  }
  files.push_back(folder / "summary.json");
  return files;
}

std::vector<fs::path> files_of_fold(const Task& task) {
  auto files = files_of_run(task.fold_folder(), task.options.keep_checkpoints);
  for (const fs::path& file : files_of_validation(task)) files.push_back(file);
  return files;
}

/// Beside what is written, what was there and goes.
void tell_files(const std::vector<fs::path>& written, const std::vector<fs::path>& earlier,
                std::vector<std::string>& lines) {
  for (const fs::path& file : written) lines.push_back(to_write(file));
  for (const fs::path& file : earlier)
    if (std::ranges::find(written, file) == written.end()) lines.push_back(to_remove(file));
}

}  // namespace

std::vector<std::string> train_intentions(const fs::path& work, const TrainOptions& options,
                                          const Reporter& reporter) {
  Task task = read_task(work, options);
  check_start(task, reporter);
  bool finished = false;
  if (options.resume) {
    const Checkpoint earlier = read_checkpoint(checkpoint_to_resume(task.fold_folder()));
    choose_recipe(task, settings_of(earlier, reporter));
    finished = epochs_of(earlier) >= task.recipe.epochs;
  }
  auto lines = data::preprocess_intentions(
      task.work, {.configuration = task.configuration.name, .plans_name = options.plans_name},
      reporter);
  const auto cases = data::work_case_names(task.work);
  if (options.fold != "all" && data::will_write_splits(task.work.splits(), cases))
    lines.push_back(to_write(task.work.splits()));
  find_coming_split(task, cases);
  const fs::path folder = task.fold_folder();
  auto earlier = sorted_entries(folder / "validation");
  if (finished && earlier_validation(task, task.split, folder / "validation")) {
    lines.push_back(to_leave(checkpoint_to_resume(folder), "has all its epochs"));
    for (const fs::path& file : earlier) lines.push_back(to_leave(file, "is of them"));
    return lines;
  }
  if (finished) {
    tell_files(files_of_validation(task), earlier, lines);
    return lines;
  }
  auto files = files_of_model(task);
  for (const fs::path& file : files_of_fold(task)) files.push_back(file);
  for (const fs::path& file : checkpoints_in(folder)) earlier.push_back(file);
  tell_files(files, earlier, lines);
  return lines;
}

std::vector<std::string> validate_intentions(const fs::path& work, const TrainOptions& options,
                                             const Reporter& reporter) {
  Task task = read_task(work, options);
  choose_recipe_to_validate(
      task, settings_of(read_checkpoint(checkpoint_named(task.fold_folder(), options.checkpoint)),
                        reporter));
  auto lines = data::preprocess_intentions(
      task.work, {.configuration = task.configuration.name, .plans_name = options.plans_name},
      reporter);
  find_coming_split(task, data::work_case_names(task.work));
  tell_files(files_of_validation(task), sorted_entries(task.fold_folder() / "validation"), lines);
  return lines;
}

}  // namespace seg::train
