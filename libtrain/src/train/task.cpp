#include "train/task.hpp"

#include <algorithm>

#include "seg/data/store.hpp"
#include "seg/plan/error.hpp"
#include "train/checkpoint_record.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr char kTrainer[] = "nnUNetTrainer";

/// Settings in the order in which they count: the later ones more.
Recipe recipe_for(const Task& task, const TrainOptions& options) {
  Recipe recipe = default_recipe();
  change_recipe(recipe, task.configuration.training, task.plans.source);
  if (options.resume) {
    const fs::path file = checkpoint_to_resume(task.fold_folder);
    change_recipe(recipe, recorded_settings(file), file.string());
  }
  if (options.config_file)
    change_recipe(recipe, read_json(*options.config_file), options.config_file->string());
  change_recipe(recipe, options.settings, "the options");
  return recipe;
}

std::vector<std::string> preprocessed_cases(const Task& task) {
  const std::vector<std::string> cases = fs::is_directory(task.data_folder)
                                             ? data::stored_cases(task.data_folder)
                                             : std::vector<std::string>{};
  if (cases.empty())
    throw Error(ErrorKind::not_preprocessed,
                {task.data_folder.string(), "there are no preprocessed cases",
                 "preprocess the configuration first"});
  return cases;
}

void check_split(const Task& task, const std::string& fold) {
  if (task.split.train.empty() || task.split.val.empty())
    throw Error(task.work.splits().string(),
                "fold " + fold + " has no training or no validation cases",
                "use the fold all, or more cases");
}

/// Every case of the fold needs the previous stage's segmentation of it.
void check_previous_stage(const Task& task) {
  if (task.previous_stage_folder.empty()) return;
  for (const auto* cases : {&task.split.train, &task.split.val})
    for (const auto& name : *cases)
      if (!fs::exists(task.previous_stage_folder / (name + ".npy")))
        throw Error(task.previous_stage_folder.string(), "there is no segmentation of " + name,
                    "train all folds of " + *task.configuration.previous_stage + " first");
}

void read_plan(Task& task, const TrainOptions& options) {
  task.dataset = data::read_work_dataset(task.work);
  task.plans = data::read_work_plans(task.work, options.plans_name);
  task.configuration =
      task.plans.configuration(data::full_configuration_name(options.configuration));
  task.labels = plan::labels_of(task.dataset);
}

void read_recipe(Task& task, const TrainOptions& options) {
  auto& configuration = task.configuration;
  task.recipe = recipe_for(task, options);
  if (task.recipe.batch_size) configuration.batch_size = *task.recipe.batch_size;
  task.recipe.batch_size = configuration.batch_size;
  task.geometry = data::augmentation_geometry(configuration.patch_size);
  task.head_scales = data::deep_supervision_scales(configuration);
  if (!task.recipe.deep_supervision) task.head_scales.resize(1);
}

void name_folders(Task& task, const std::string& fold) {
  const auto& configuration = task.configuration;
  const auto model = [&](const std::string& name) {
    return task.work.results(kTrainer, task.plans.plans_name, name);
  };
  task.data_folder = task.work.preprocessed(configuration);
  task.model_folder = model(configuration.name);
  task.fold_folder = task.model_folder / ("fold_" + fold);
  if (configuration.previous_stage)
    task.previous_stage_folder =
        next_stage_folder(model(*configuration.previous_stage), configuration.name);
}

}  // namespace

LossOptions Task::loss_options() const {
  return {configuration.batch_dice, labels.has_regions(),  labels.ignore,
          loss_named(recipe.loss),  recipe.dice_smoothing, configuration.head_weights};
}

std::vector<int> Task::mirror_axes() const {
  return recipe.mirroring ? geometry.mirror_axes : std::vector<int>{};
}

Task read_task(const fs::path& work, const TrainOptions& options) {
  Task task;
  task.work.root = work;
  read_plan(task, options);
  name_folders(task, options.fold);
  read_recipe(task, options);
  const auto cases = preprocessed_cases(task);
  const auto splits = data::read_or_make_splits(task.work.splits(), cases);
  task.split = data::split_for_fold(splits, options.fold, cases);
  check_split(task, options.fold);
  check_previous_stage(task);
  return task;
}

fs::path next_stage_folder(const fs::path& model_folder, const std::string& next) {
  return model_folder / "predicted_next_stage" / next;
}

void write_model_files(const Task& task) {
  write_json(task.model_folder / "dataset.json", task.dataset.json);
  write_json(task.model_folder / "plans.json", task.plans.json);
  if (fs::exists(task.work.fingerprint()))
    write_json(task.model_folder / "dataset_fingerprint.json", read_json(task.work.fingerprint()));
}

}  // namespace seg::train
