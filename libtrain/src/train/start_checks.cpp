#include "train/start_checks.hpp"

#include "model/deciding_settings.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "train/fold_folder.hpp"
#include "train/learner.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// All folds of a model share its plans.json, which a new run replaces.
void check_plans_of_other_folds(const Task& task, const Reporter& reporter) {
  const auto folds = other_trained_folds(task.fold_folder());
  const auto changed = folds.empty() ? folds : changed_since(task);
  if (changed.empty()) return;
  const std::string problem =
      "another " + joined(changed) + " is planned than trained " + joined(folds);
  if (!task.options.overwrite)
    throw Error(task.model_folder().string(), problem,
                "use `name` to train beside it, or `overwrite`, and train the other folds again");
  reporter.warn(task.model_folder().string() + ": " + problem +
                "; train the other folds again, too");
}

/// "fold_0 was trained with another epochs", for each such fold. Folds of one model are averaged
/// and compared, so that what they were told should be the same.
std::vector<std::string> differing_folds(const Task& task) {
  std::vector<std::string> lines;
  for (const std::string& fold : other_trained_folds(task.fold_folder())) {
    const Json settings = read_fold(task.model_folder() / fold).settings;
    if (!settings.is_object()) continue;
    const auto others = other_settings(task.recipe, settings.at("settings"));
    if (!others.empty()) lines.push_back(fold + " was trained with another " + joined(others));
  }
  return lines;
}

void tell_settings_of_other_folds(const Task& task, const Reporter& reporter) {
  for (const std::string& line : differing_folds(task))
    reporter.warn(task.model_folder().string() + ": " + line +
                  "; `name` keeps runs apart that are not folds of one model");
}

/// What a cascade starts from is missed before its cases are preprocessed for long.
void check_first_stage(Task task) {
  const bool has_splits = task.options.fold == "all" || fs::exists(task.work.splits());
  if (task.previous_stage_folder.empty() || task.options.preprocess_jobs == 0 || !has_splits)
    return;
  task.split =
      data::coming_split(task.work.splits(), task.options.fold, data::work_case_names(task.work));
  check_previous_stage(task);
}

/// Names where a setting comes from; of a table of several nothing.
std::string from(const Json& origin) {
  return origin.is_string() ? " of the " + origin.get<std::string>() : "";
}

}  // namespace

void require_settings_of_other_folds(Task task) {
  choose_recipe(task, std::nullopt);
  const auto differing = differing_folds(task);
  if (!differing.empty())
    throw Error(task.model_folder().string(), differing.front(),
                "give the same settings, use `name` to train beside it, or `overwrite`");
}

void require_free_fold(const Task& task) {
  if (!task.options.overwrite) require_free(task.fold_folder(), task.options.keep_checkpoints);
}

void tell_idle_settings(const Task& task, const Reporter& reporter) {
  const Json now = to_json(task.recipe), defaults = to_json(Recipe{});
  for (const auto& [name, reason] : idle_settings(task.recipe))
    if (is_asked_for(task, task.origins.at(name)) && now.at(name) != defaults.at(name))
      reporter.warn("the setting `" + name + "`" + from(task.origins.at(name)) + " does nothing " +
                    reason);
}

std::vector<std::string> changed_since(const Task& task) try {
  const fs::path model = task.model_folder();
  const auto earlier = plan::make_experiment(
      plan::read_dataset(model), plan::read_plans(model / "plans.json"), task.configuration.name);
  return differing_settings(deciding_settings(earlier), deciding_settings(task));
} catch (const Error&) {
  return {};
}

void check_start(Task& task, const Reporter& reporter) {
  const TrainOptions& options = task.options;
  if (options.resume && !options.keep_checkpoints)
    throw Error(task.fold_folder().string(), "cannot be resumed without keeping checkpoints",
                "leave out `no_checkpoints`, or `resume`");
  check_first_stage(task);
  if (options.resume) return void(checkpoint_to_resume(task.fold_folder()));
  require_free_fold(task);
  choose_recipe(task, std::nullopt);
  tell_idle_settings(task, reporter);
  check_plans_of_other_folds(task, reporter);
  tell_settings_of_other_folds(task, reporter);
  require_pretrained(options);
}

}  // namespace seg::train
