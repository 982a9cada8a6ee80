#include "train/checkpoint.hpp"

#include "base/json_value.hpp"
#include "model/deciding_settings.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

using net::Value;

Value network_weights(const net::Network& network) {
  Value::Dict weights;
  for (const auto& [name, tensor] : net::state_dict(network))
    weights.emplace_back(Value{name}, Value{tensor.detach().cpu()});
  return {weights};
}

Value fold_value(const std::string& fold) {
  if (fold.find_first_not_of("0123456789") != std::string::npos) return {fold};
  return {static_cast<std::int64_t>(std::stoll(fold))};
}

Value init_arguments(const Task& task) {
  return {Value::Dict{{Value{"plans"}, value_of(task.plans.json)},
                      {Value{"configuration"}, Value{task.configuration.name}},
                      {Value{"fold"}, fold_value(task.options.fold)},
                      {Value{"dataset_json"}, value_of(task.dataset.json)}}};
}

Value mirroring_axes(const Task& task) {
  Value::List axes;
  for (const int axis : task.mirror_axes()) axes.push_back({static_cast<std::int64_t>(axis)});
  return axes.empty() ? Value{} : Value{axes};
}

/// What decides what a run computes.
Json record_of(const Training& training) {
  const Task& task = training.task;
  return {{"version", kSettingsVersion},
          {"settings", to_json(task.recipe)},
          {"device", training.learner.device.is_cuda() ? "cuda" : "cpu"},
          {"precision", precision_name(training.learner.precision)},
          {"plan", task.configuration.json},
          {"deciding", deciding_settings(task)},
          {"cases", {{"train", task.split.train}, {"val", task.split.val}}}};
}

/// "seg": what nnU-Net's keys do not tell. The record is text, exact to the last digit.
Value own_entries(const Training& training) {
  const RunState& state = training.state;
  return {Value::Dict{{Value{"options"}, Value{record_of(training).dump()}},
                      {Value{"iteration"}, Value{state.iteration}},
                      {Value{"val_iteration"}, Value{state.val_iteration}},
                      {Value{"train_loss_sum"}, Value{state.train_loss_sum}},
                      {Value{"val_loss_sum"}, Value{state.val_loss_sum}},
                      {Value{"counts"}, Value{state.counts}},
                      {Value{"seconds"}, Value{state.seconds}}}};
}

Error not_resumable(const std::string& source, const std::string& problem) {
  return {source, problem + ", so it is no checkpoint that seg can resume",
          "start anew instead of resuming (as pretrained weights it can be used)"};
}

/// Reads entries of a dict, with the file's name in errors.
struct Reader {
  const Value& dict;
  std::string source;

  const Value& operator[](const std::string& key) const {
    if (const Value* found = dict.find(key)) return *found;
    throw not_resumable(source, "has no " + key);
  }
  template <typename T>
  T get(const std::string& key) const {
    return (*this)[key].as<T>(source + ": " + key);
  }
};

RunState read_state(const Reader& checkpoint) {
  const Reader own{checkpoint["seg"], checkpoint.source};
  RunState state;
  state.epoch = checkpoint.get<std::int64_t>("current_epoch");
  state.iteration = own.get<std::int64_t>("iteration");
  state.val_iteration = own.get<std::int64_t>("val_iteration");
  state.train_loss_sum = own.get<double>("train_loss_sum");
  state.val_loss_sum = own.get<double>("val_loss_sum");
  state.counts = own.get<at::Tensor>("counts").clone();
  state.seconds = own.get<double>("seconds");
  state.log = training_log_from_json(json_of(checkpoint["logging"]), checkpoint.source);
  if (const auto* best = std::get_if<double>(&checkpoint["_best_ema"].data)) state.best_ema = *best;
  return state;
}

void check_same_task(const Checkpoint& checkpoint, const Json& now) {
  for (const std::string name : {"plan", "cases"})
    if (checkpoint.record.value(name, Json()) != now.at(name))
      throw Error(checkpoint.source, "was trained with another " + name,
                  "put it back, or start anew instead of resuming");
  // Not in records of before.
  const Json before = checkpoint.record.value("deciding", now.at("deciding"));
  const auto others = differing_settings(before, now.at("deciding"));
  if (!others.empty())
    throw Error(checkpoint.source, "was trained with another " + joined(others),
                "put plans.json and dataset.json back, or start anew instead of resuming");
}

void check_same_run(const Checkpoint& checkpoint, const Json& now) {
  for (const std::string name : {"device", "precision"})
    if (const Json before = checkpoint.record.value(name, Json()); before != now.at(name))
      throw Error(checkpoint.source,
                  "was started with " + name + " " + before.dump() + ", not " + now.at(name).dump(),
                  "go on with the same, or start anew instead of resuming");
  check_same_task(checkpoint, now);
}

}  // namespace

Checkpoint read_checkpoint(const fs::path& file) {
  Checkpoint checkpoint{net::read_checkpoint(file), {}, file.string()};
  const Value* own = checkpoint.content.find("seg");
  const Value* options = own ? own->find("options") : nullptr;
  if (options) checkpoint.record = Json::parse(options->as<std::string>(checkpoint.source));
  if (!checkpoint.record.contains("settings"))
    throw not_resumable(checkpoint.source, "does not say how it was trained");
  return checkpoint;
}

SettingsLayer settings_of(const Checkpoint& checkpoint, const Reporter& reporter) {
  const Json& record = checkpoint.record;
  // The first version did not write its number.
  const RecordedSettings recorded{record.at("settings"), record.value("version", 1)};
  return {"checkpoint", checkpoint.source, known_settings(recorded, checkpoint.source, reporter)};
}

std::int64_t epochs_of(const Checkpoint& checkpoint) {
  return Reader{checkpoint.content, checkpoint.source}.get<std::int64_t>("current_epoch");
}

Value checkpoint_of(const Training& training) {
  const auto& [task, learner, state] = training;
  return {Value::Dict{{Value{"network_weights"}, network_weights(*learner.network)},
                      {Value{"optimizer_state"}, optimizer_state(learner.optimizer)},
                      {Value{"grad_scaler_state"}, scaler_state(learner.scaler)},
                      {Value{"logging"}, value_of(to_json(state.log))},
                      {Value{"_best_ema"}, state.best_ema ? Value{*state.best_ema} : Value{}},
                      {Value{"current_epoch"}, Value{state.epoch}},
                      {Value{"init_args"}, init_arguments(task)},
                      {Value{"trainer_name"}, Value{task.options.trainer}},
                      {Value{"inference_allowed_mirroring_axes"}, mirroring_axes(task)},
                      {Value{"seg"}, own_entries(training)}}};
}

void load_weights(Training& training, const Checkpoint& checkpoint) {
  check_same_task(checkpoint, record_of(training));
  const Reader reader{checkpoint.content, checkpoint.source};
  net::load_state_dict(*training.learner.network, reader["network_weights"], checkpoint.source);
}

void restore(Training& training, const Checkpoint& checkpoint) {
  const std::string& source = checkpoint.source;
  const Reader reader{checkpoint.content, source};
  check_same_run(checkpoint, record_of(training));
  net::load_state_dict(*training.learner.network, reader["network_weights"], source);
  load_optimizer_state(training.learner.optimizer, reader["optimizer_state"], source);
  load_scaler_state(training.learner.scaler, reader["grad_scaler_state"]);
  training.state = read_state(reader);
}

}  // namespace seg::train
