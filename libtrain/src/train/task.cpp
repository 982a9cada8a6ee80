#include "train/task.hpp"

#include <algorithm>

#include "model/upstream_trainer.hpp"
#include "seg/data/store.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/trainer_presets.hpp"
#include "train/patch_geometry.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr char kConfigFile[] = "config file";  // as an origin of settings

/// Names of the dataset's cases, all of which must be preprocessed.
std::vector<std::string> preprocessed_cases(const Task& task) {
  const auto stored = data::stored_cases(task.data_folder);
  if (stored.empty())
    throw Error(ErrorKind::not_preprocessed,
                {task.data_folder.string(), "there are no preprocessed cases",
                 "preprocess the configuration first"});
  std::vector<std::string> names;
  for (const data::Case& one : data::work_cases(task.work)) {
    names.push_back(one.name);
    if (!std::ranges::binary_search(stored, one.name))
      throw Error(ErrorKind::not_preprocessed,
                  {task.data_folder.string(), "the case " + one.name + " is not preprocessed",
                   "preprocess the configuration first"});
  }
  return names;
}

std::vector<SettingsLayer> layers_of(const Task& task) {
  const TrainOptions& options = task.options;
  std::vector<SettingsLayer> layers;
  if (options.config_file)
    layers.push_back({kConfigFile, options.config_file->string(), read_json(*options.config_file)});
  layers.push_back({options.settings_origin, "the " + options.settings_origin, options.settings});
  return layers;
}

ChosenRecipe chosen_recipe(const Task& task, const std::optional<SettingsLayer>& resumed) {
  const auto axes = task.configuration.patch_size.size();
  const std::string& trainer = task.options.trainer;
  std::vector<SettingsLayer> layers{{"plan", task.plans.source, task.configuration.training},
                                    {"trainer", trainer, trainer_settings(trainer, axes)}};
  if (resumed) layers.push_back(*resumed);
  const ChosenRecipe started = choose_recipe(layers);
  for (const SettingsLayer& layer : layers_of(task)) layers.push_back(layer);
  ChosenRecipe chosen = choose_recipe(layers);
  if (resumed) check_resumable(started.recipe, chosen.recipe, resumed->source);
  return chosen;
}

fs::path model_folder_of(const Task& task, const std::string& configuration) {
  return task.work.results(trainer_in_folder(task.options.trainer, task.options.name),
                           task.plans.plans_name, configuration);
}

/// The checkpoint that the plans name (seg plan --like).
std::optional<std::string> planned_start(const plan::Plans& plans) {
  const Json information = plans.json.value("pretrain_info", Json::object());
  const Json file = information.is_object() ? information.value("checkpoint_path", Json()) : Json();
  return file.is_string() ? std::optional(file.get<std::string>()) : std::nullopt;
}

/// @throws Error for a loss that labels which are regions, or its heads, do not have.
void check_loss(const Task& task) {
  if (task.recipe.first_head_only && task.loss_options().loss == Loss::ege_unet)
    throw Error(SettingValue{"first_head_only", "true"}, "is not defined for the loss ege_unet",
                "leave it at false");
  if (!task.labels.has_regions()) return;
  if (task.loss_options().loss == Loss::dice_ce_skeleton)
    throw Error(SettingValue{"loss", task.recipe.loss}, "is not defined for regions",
                "use dice_ce, or a dataset with labels that do not overlap");
  if (task.recipe.label_smoothing > 0)
    throw Error(SettingValue{"label_smoothing", std::to_string(task.recipe.label_smoothing)},
                "is not defined for regions", "leave it at 0");
}

/// In the plan of the model, too, so that whoever loads it builds the same network.
void use_batch_norm(Task& task) {
  auto& configuration = task.configuration;
  configuration.architecture = with_batch_norm(configuration.architecture);
  Json& planned = task.plans.json["configurations"][configuration.name];
  if (!configuration.json.contains("architecture"))
    throw Error(SettingValue{"batch_norm", "true"},
                "needs a plan that describes its network, which " + task.plans.source + " does not",
                "plan anew");
  planned["architecture"] = configuration.json.at("architecture");
  planned["architecture"]["arch_kwargs"] = configuration.architecture.arguments;
}

}  // namespace

LossOptions Task::loss_options() const {
  return {.batch_dice = configuration.batch_dice,
          .regions = labels.has_regions(),
          .ignore_label = labels.ignore,
          .loss = loss_named(recipe.loss),
          .dice_smoothing = recipe.dice_smoothing,
          .head_weights = configuration.head_weights,
          .label_smoothing = recipe.label_smoothing,
          .skeleton_weight = recipe.skeleton_weight,
          .first_head_only = recipe.first_head_only};
}

std::vector<int> Task::mirror_axes() const { return geometry.mirror_axes; }

fs::path Task::model_folder() const { return model_folder_of(*this, configuration.name); }

fs::path Task::fold_folder() const { return model_folder() / ("fold_" + options.fold); }

Task read_task(const fs::path& work, const TrainOptions& options) {
  check_trainer(options.trainer);  // before there is a folder with its name
  trainer_in_folder(options.trainer, options.name);
  Task task;
  task.options = options;
  task.work.root = work;
  static_cast<plan::Experiment&>(task) = data::read_work_experiment(
      task.work, options.plans_name, data::full_configuration_name(options.configuration));
  task.data_folder = task.work.preprocessed(task.configuration);
  if (!task.options.pretrained) task.options.pretrained = planned_start(task.plans);
  if (const auto& previous = task.configuration.previous_stage)
    task.previous_stage_folder =
        next_stage_folder(model_folder_of(task, *previous), task.configuration.name);
  return task;
}

void choose_recipe(Task& task, const std::optional<SettingsLayer>& resumed) {
  auto& configuration = task.configuration;
  ChosenRecipe chosen = chosen_recipe(task, resumed);
  if (!chosen.recipe.batch_size) {
    chosen.recipe.batch_size = configuration.batch_size;
    chosen.origins["batch_size"] = "plan";
  }
  task.recipe = std::move(chosen.recipe);
  task.origins = std::move(chosen.origins);
  configuration.batch_size = *task.recipe.batch_size;
  check_loss(task);
  task.geometry = patch_geometry(task.recipe, configuration.patch_size);
  if (task.recipe.batch_norm) use_batch_norm(task);
  task.head_scales = data::deep_supervision_scales(configuration);
  if (!task.recipe.deep_supervision) task.head_scales.resize(1);
}

bool is_asked_for(const Task& task, const Json& origin) {
  if (origin.is_object())
    return std::ranges::any_of(origin, [&](const Json& one) { return is_asked_for(task, one); });
  return origin == task.options.settings_origin || origin == kConfigFile;
}

void choose_recipe_to_validate(Task& task, const SettingsLayer& trained) {
  Task asked = task;
  choose_recipe(asked, std::nullopt);
  task.options.settings = Json::object();
  task.options.config_file.reset();
  choose_recipe(task, trained);
  const Json wanted = to_json(asked.recipe), used = to_json(task.recipe);
  for (const auto& [name, origin] : asked.origins.items())
    if (is_asked_for(asked, origin) && wanted.at(name) != used.at(name))
      throw Error(trained.source,
                  "was trained with another " + name + ", and a validation goes by that",
                  "leave this setting out");
}

void check_previous_stage(const Task& task) {
  if (task.previous_stage_folder.empty()) return;
  for (const auto* cases : {&task.split.train, &task.split.val})
    for (const auto& name : *cases)
      if (!fs::exists(task.previous_stage_folder / (name + ".npy")))
        throw Error(task.previous_stage_folder.string(), "there is no segmentation of " + name,
                    "train all folds of " + *task.configuration.previous_stage + " first");
}

void check_split(const Task& task) {
  if (task.split.train.empty() || task.split.val.empty())
    throw Error(task.work.splits().string(),
                "fold " + task.options.fold + " has no training or no validation cases",
                "correct the fold there, or use the fold all");
}

void find_cases(Task& task, const Reporter& reporter) {
  task.split = data::split_from_file(task.work.splits(), task.options.fold,
                                     preprocessed_cases(task), reporter);
  check_split(task);
  check_previous_stage(task);
}

fs::path next_stage_folder(const fs::path& model_folder, const std::string& next) {
  return model_folder / "predicted_next_stage" / next;
}

}  // namespace seg::train
