#include "task.hpp"

#include <algorithm>

#include "seg/data/store.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr char kTrainer[] = "nnUNetTrainer";

void check_options(const TrainOptions& options) {
  const auto refuse = [](const char* option, const char* problem) {
    throw Error(option, problem, "give a larger number");
  };
  if (options.epochs < 1) refuse("--epochs", "is below 1");
  if (options.iterations < 1) refuse("--iterations", "is below 1");
  if (options.val_iterations < 1) refuse("--val-iterations", "is below 1");
  if (options.save_every < 1) refuse("--save-every", "is below 1");
  if (options.batch_size && *options.batch_size < 1) refuse("--batch-size", "is below 1");
  if (!(options.learning_rate > 0)) refuse("--learning-rate", "is not above 0");
}

std::vector<std::string> preprocessed_cases(const Task& task) {
  const std::vector<std::string> cases = fs::is_directory(task.data_folder)
                                             ? data::stored_cases(task.data_folder)
                                             : std::vector<std::string>{};
  if (cases.empty())
    throw Error(
        task.data_folder.string(), "there are no preprocessed cases",
        "run seg preprocess " + task.work.root.string() + " --config " + task.configuration.name);
  return cases;
}

void check_split(const Task& task, const std::string& fold) {
  if (task.split.train.empty() || task.split.val.empty())
    throw Error(task.work.splits().string(),
                "fold " + fold + " has no training or no validation cases",
                "use --fold all, or more cases");
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
  if (options.batch_size) task.configuration.batch_size = *options.batch_size;
  task.labels = plan::labels_of(task.dataset);
  task.geometry = data::augmentation_geometry(task.configuration.patch_size);
  task.head_scales = data::deep_supervision_scales(task.configuration);
  if (!options.deep_supervision) task.head_scales.resize(1);
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
  return {configuration.batch_dice, labels.has_regions(), labels.ignore};
}

std::vector<int> Task::mirror_axes(const TrainOptions& options) const {
  return options.mirror ? geometry.mirror_axes : std::vector<int>{};
}

Task read_task(const fs::path& work, const TrainOptions& options) {
  check_options(options);
  Task task;
  task.work.root = work;
  read_plan(task, options);
  name_folders(task, options.fold);
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
