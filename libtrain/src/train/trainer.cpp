#include "seg/train/trainer.hpp"

#include "model/deciding_settings.hpp"
#include "seg/data/splits.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/device.hpp"
#include "train/checkpoint.hpp"
#include "train/final_validation.hpp"
#include "train/start_checks.hpp"
#include "train/step_memory.hpp"
#include "train/training_loop.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

std::string describe(const Training& training) {
  const auto& [task, learner, state] = training;
  return "training " + task.configuration.name + ", fold " + task.options.fold + ": " +
         std::to_string(task.split.train.size()) + " cases, " +
         std::to_string(task.split.val.size()) + " for validation; batch size " +
         std::to_string(task.configuration.batch_size) + ", " + std::to_string(task.recipe.epochs) +
         " epochs of " + std::to_string(task.recipe.iterations) + " iterations; " +
         (task.options.ranks
              ? std::to_string(task.options.ranks->count()) + " processes that share it; "
              : "") +
         device_name(learner.device) + ", " + precision_name(learner.precision) + ", seed " +
         std::to_string(task.recipe.seed);
}

std::optional<Checkpoint> earlier_checkpoint(const Task& task) {
  if (!task.options.resume) return std::nullopt;
  return read_checkpoint(checkpoint_to_resume(task.fold_folder()));
}

std::optional<SettingsLayer> settings_to_resume(const std::optional<Checkpoint>& checkpoint,
                                                const Reporter& reporter) {
  if (!checkpoint) return std::nullopt;
  return settings_of(*checkpoint, reporter);
}

void resume(Training& training, const Checkpoint& checkpoint, const FoldFolder& folder) {
  restore(training, checkpoint);
  folder.log().say("resuming from " + checkpoint.source + " after " +
                   std::to_string(training.state.epoch) + " epochs and " +
                   std::to_string(training.state.iteration) + " iterations");
}

TrainResult validate(Training& training, const FoldFolder& folder, const std::atomic<bool>& stop) {
  const auto dice = validate_fold(training, folder, stop);
  return {folder.path(), !dice.has_value(), dice.value_or(0)};
}

/// The fold's folder, which the first of several ranks writes.
FoldFolder open_folder(const Task& task, const Reporter& reporter) {
  if (data::leads(task.options.ranks)) return {task.fold_folder(), reporter};
  return FoldFolder::followed(task.fold_folder());
}

/// Each has a part of every batch.
void join(Training& training) {
  data::Ranks* ranks = training.task.options.ranks;
  if (!ranks) return;
  const std::int64_t batch_size = training.task.configuration.batch_size;
  if (batch_size < ranks->count())
    throw Error(SettingValue{"batch_size", std::to_string(batch_size)},
                "cannot be shared out among " + std::to_string(ranks->count()) + " processes",
                "train with fewer processes, or with a larger `batch_size`");
  share_batches(training.learner, training.task.recipe, *ranks);
}

TrainResult finished_before(Training& training, const FoldFolder& folder,
                            const std::atomic<bool>& stop) {
  const auto dice = earlier_validation(training.task, training.task.split, folder.validation());
  folder.log().say("all " + std::to_string(training.task.recipe.epochs) +
                   " epochs are finished already" + (dice ? "; nothing to resume" : ""));
  return dice ? TrainResult{folder.path(), false, *dice} : validate(training, folder, stop);
}

TrainResult run(Training& training, FoldFolder& folder, const std::atomic<bool>& stop) {
  folder.write_model_files(training.task);
  folder.write_settings(training.task.recipe, training.state.epoch);
  folder.log().say(describe(training));
  if (train_epochs(training, folder, stop)) return validate(training, folder, stop);
  folder.log().say(training.task.options.keep_checkpoints ? "stopped; resuming goes on from here"
                                                          : "stopped; no checkpoint is kept");
  return {folder.path(), true, 0};
}

Json with_origins(const Json& values, const Json& origins) {
  Json settings = Json::object();
  for (const auto& [name, origin] : origins.items())
    settings[name] = origin.is_object() ? with_origins(values.at(name), origin)
                                        : Json{{"value", values.at(name)}, {"from", origin}};
  return settings;
}

/// What is asked for now has to be what a finished fold was trained with.
/// @returns whether no more epochs are asked for. @throws Error for other plans or settings.
bool is_as_asked(Task task, const FoldFiles& files, const Reporter& reporter) {
  const std::string source = task.fold_folder().string();
  std::optional<SettingsLayer> earlier;  // versions before settings.json did not write them
  if (files.settings.is_object())
    earlier = {"earlier run", source,
               known_settings({files.settings.at("settings")}, source, reporter)};
  choose_recipe(task, earlier);
  const auto changed = changed_since(task);
  if (!changed.empty())
    throw Error(source,
                "is finished, and was trained with another " + joined(changed) + " than is planned",
                "use `name` to train beside it, or `overwrite` to replace it");
  return !earlier || task.recipe.epochs <= earlier->settings.at("epochs").get<std::int64_t>();
}

/// The result of a fold that needs nothing more, of the split that it would have now.
std::optional<TrainResult> finished_result(const Task& task, const FoldFiles& files) {
  const bool trained = files.final || !task.options.keep_checkpoints;
  if (!trained || !files.validation) return std::nullopt;
  const auto split =
      data::coming_split(task.work.splits(), task.options.fold, data::work_case_names(task.work));
  if (files.split && *files.split != split) return std::nullopt;
  const auto dice = earlier_validation(task, split, task.fold_folder() / "validation");
  if (!dice) return std::nullopt;
  return TrainResult{task.fold_folder(), false, *dice, true};
}

}  // namespace

TrainResult train(const fs::path& work, const TrainOptions& options, const std::atomic<bool>& stop,
                  const Reporter& reporter) {
  const OwnStream stream(choose_device(options.device));
  Task task = read_task(work, options);
  check_start(task, reporter);
  FoldFolder folder = open_folder(task, reporter);
  if (!options.resume) require_free_fold(task);  // another may have finished meanwhile
  if (!options.keep_checkpoints) folder.keep_no_checkpoints();
  auto earlier = earlier_checkpoint(task);
  if (earlier) choose_recipe(task, settings_to_resume(earlier, folder.log()));
  Training training = set_up(std::move(task), stop, folder.log());
  require_memory_for_steps(training);
  if (earlier && options.fold != "all") folder.require_same_split(training.task.split);
  folder.keep_split(training.task.split);
  earlier ? resume(training, *earlier, folder) : folder.start_new_run();
  earlier.reset();  // else its weights would lie in memory twice
  join(training);
  const bool finished = training.state.epoch >= training.task.recipe.epochs;
  if (options.resume && finished) return finished_before(training, folder, stop);
  return run(training, folder, stop);
}

bool is_finished(const fs::path& work, const TrainOptions& options) {
  const Task task = read_task(work, options);
  return finished_result(task, read_fold(task.fold_folder())).has_value();
}

TrainResult go_on(const fs::path& work, const TrainOptions& options, const std::atomic<bool>& stop,
                  const Reporter& reporter) {
  if (options.overwrite) return train(work, options, stop, reporter);
  const Task task = read_task(work, options);
  const FoldFiles files = read_fold(task.fold_folder());
  const auto finished = finished_result(task, files);
  if (finished && is_as_asked(task, files, reporter)) {
    reporter.say(task.fold_folder().string() + " is finished already");
    return *finished;
  }
  if (!files.latest && !files.best && !files.final) require_settings_of_other_folds(task);
  TrainOptions next = options;
  next.resume = options.keep_checkpoints && (files.latest || files.best || files.final);
  return train(work, next, stop, reporter);
}

TrainResult validate(const fs::path& work, const TrainOptions& options,
                     const std::atomic<bool>& stop, const Reporter& reporter) {
  const OwnStream stream(choose_device(options.device));
  Task task = read_task(work, options);
  task.options.resume = true;  // the weights are those of the checkpoint
  const Checkpoint checkpoint =
      read_checkpoint(checkpoint_named(task.fold_folder(), options.checkpoint));
  choose_recipe_to_validate(task, settings_of(checkpoint, reporter));
  const FoldFolder folder = open_folder(task, reporter);
  Training training = set_up(std::move(task), stop, folder.log());
  load_weights(training, checkpoint);
  folder.log().say("validating " + checkpoint.source);
  return validate(training, folder, stop);
}

std::vector<std::string> fold_names(const fs::path& work, const Reporter& reporter) {
  const data::WorkFolder folder{work};
  return data::fold_names(folder.splits(), data::work_case_names(folder), reporter);
}

Json settings_in_use(const fs::path& work, const TrainOptions& options, const Reporter& reporter) {
  Task task = read_task(work, options);
  choose_recipe(task, settings_to_resume(earlier_checkpoint(task), reporter));
  tell_idle_settings(task, reporter);
  return with_origins(to_json(task.recipe), task.origins);
}

}  // namespace seg::train
