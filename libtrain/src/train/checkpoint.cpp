#include "train/checkpoint.hpp"

#include "base/json_value.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "train/checkpoint_record.hpp"
#include "train/run_options.hpp"

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

Value init_arguments(const Run& run) {
  return {Value::Dict{{Value{"plans"}, value_of(run.task.plans.json)},
                      {Value{"configuration"}, Value{run.task.configuration.name}},
                      {Value{"fold"}, fold_value(run.options.fold)},
                      {Value{"dataset_json"}, value_of(run.task.dataset.json)}}};
}

Value mirroring_axes(const Run& run) {
  Value::List axes;
  for (const int axis : run.task.mirror_axes()) axes.push_back({static_cast<std::int64_t>(axis)});
  return axes.empty() ? Value{} : Value{axes};
}

/// "seg": what nnU-Net's keys do not tell. The options are text, exact to the last digit.
Value position(const Run& run) {
  const RunState& state = run.state;
  return {Value::Dict{{Value{"options"}, Value{recorded_options(run).dump()}},
                      {Value{"iteration"}, Value{state.iteration}},
                      {Value{"val_iteration"}, Value{state.val_iteration}},
                      {Value{"train_loss_sum"}, Value{state.train_loss_sum}},
                      {Value{"val_loss_sum"}, Value{state.val_loss_sum}},
                      {Value{"counts"}, Value{state.counts}},
                      {Value{"seconds"}, Value{state.seconds}}}};
}

Value checkpoint_of(Run& run) {
  const RunState& state = run.state;
  return {Value::Dict{{Value{"network_weights"}, network_weights(*run.learner.network)},
                      {Value{"optimizer_state"}, optimizer_state(run.learner.optimizer)},
                      {Value{"grad_scaler_state"}, scaler_state(run.learner.scaler)},
                      {Value{"logging"}, value_of(to_json(state.log))},
                      {Value{"_best_ema"}, state.best_ema ? Value{*state.best_ema} : Value{}},
                      {Value{"current_epoch"}, Value{state.epoch}},
                      {Value{"init_args"}, init_arguments(run)},
                      {Value{"trainer_name"}, Value{"nnUNetTrainer"}},
                      {Value{"inference_allowed_mirroring_axes"}, mirroring_axes(run)},
                      {Value{"seg"}, position(run)}}};
}

/// Reads entries of a dict, with the file's name in errors.
struct Reader {
  const Value& dict;
  std::string source;

  const Value& operator[](const std::string& key) const {
    if (const Value* found = dict.find(key)) return *found;
    throw Error(source, "has no " + key + ", so it is no checkpoint that seg can resume",
                "start anew (with it as pretrained weights)");
  }
  template <typename T>
  T get(const std::string& key) const {
    return (*this)[key].as<T>(source + ": " + key);
  }
};

RunState read_state(const Reader& checkpoint, const Reader& position) {
  RunState state;
  state.epoch = checkpoint.get<std::int64_t>("current_epoch");
  state.iteration = position.get<std::int64_t>("iteration");
  state.val_iteration = position.get<std::int64_t>("val_iteration");
  state.train_loss_sum = position.get<double>("train_loss_sum");
  state.val_loss_sum = position.get<double>("val_loss_sum");
  state.counts = position.get<at::Tensor>("counts").clone();
  state.seconds = position.get<double>("seconds");
  state.log = training_log_from_json(json_of(checkpoint["logging"]), checkpoint.source);
  if (const auto* best = std::get_if<double>(&checkpoint["_best_ema"].data)) state.best_ema = *best;
  return state;
}

}  // namespace

void save_checkpoint(const fs::path& file, Run& run) {
  net::write_checkpoint(file, checkpoint_of(run));
}

void load_checkpoint(const fs::path& file, Run& run) {
  const Value content = net::read_checkpoint(file);
  const Reader checkpoint{content, file.string()};
  const Reader position{checkpoint["seg"], file.string()};
  check_same_options(recorded_run(content, file.string()), recorded_options(run), file.string());
  net::load_state_dict(*run.learner.network, checkpoint["network_weights"], file.string());
  load_optimizer_state(run.learner.optimizer, checkpoint["optimizer_state"], file.string());
  load_scaler_state(run.learner.scaler, checkpoint["grad_scaler_state"]);
  run.state = read_state(checkpoint, position);
}

}  // namespace seg::train
