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

void refuse_cascade(const plan::Configuration& configuration) {
  if (configuration.previous_stage)
    throw Error(configuration.name, "is the second stage of a cascade, which seg does not train",
                "train 3d_fullres instead");
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

void read_plan(Task& task, const TrainOptions& options) {
  task.dataset = data::read_work_dataset(task.work);
  task.plans = data::read_work_plans(task.work, options.plans_name);
  task.configuration =
      task.plans.configuration(data::full_configuration_name(options.configuration));
  refuse_cascade(task.configuration);
  if (options.batch_size) task.configuration.batch_size = *options.batch_size;
  task.labels = plan::labels_of(task.dataset);
  task.geometry = data::augmentation_geometry(task.configuration.patch_size);
  task.head_scales = data::deep_supervision_scales(task.configuration);
  if (!options.deep_supervision) task.head_scales.resize(1);
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
  const auto& configuration = task.configuration;
  task.data_folder = task.work.preprocessed(configuration);
  task.model_folder = task.work.results(kTrainer, task.plans.plans_name, configuration.name);
  task.fold_folder = task.model_folder / ("fold_" + options.fold);
  const auto cases = preprocessed_cases(task);
  const auto splits = data::read_or_make_splits(task.work.splits(), cases);
  task.split = data::split_for_fold(splits, options.fold, cases);
  check_split(task, options.fold);
  return task;
}

void write_model_files(const Task& task) {
  write_json(task.model_folder / "dataset.json", task.dataset.json);
  write_json(task.model_folder / "plans.json", task.plans.json);
  if (fs::exists(task.work.fingerprint()))
    write_json(task.model_folder / "dataset_fingerprint.json", read_json(task.work.fingerprint()));
}

}  // namespace seg::train
