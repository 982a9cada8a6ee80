#include <algorithm>
#include <map>

#include "array_difference.hpp"
#include "json_difference.hpp"
#include "seg/data/npy.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/optimizer.hpp"
#include "seg/train/pseudo_dice.hpp"
#include "seg/train/schedule.hpp"
#include "seg/train/training_log.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

constexpr double loss_tolerance = 1e-5;  // relative

/// The folder of one set of losses.
struct RecordedLosses {
  fs::path folder;
  Json manifest;

  at::Tensor array(const Json& file) const {
    return data::map_npy(folder / file.get<std::string>()).clone();
  }
  at::Tensor input(const std::string& name) const { return array(manifest.at("inputs").at(name)); }
  int ignore_label() const { return manifest.at("inputs").at("ignore_label"); }
};

/// Relative to the largest recorded value; the arrays have one shape.
double relative_difference(const at::Tensor& value, const at::Tensor& expected) {
  const double scale = expected.abs().max().item<double>();
  return largest_difference(value, expected) / (scale > 0 ? scale : 1);
}

double relative_difference(double value, double expected) {
  return std::abs(value - expected) / (expected != 0 ? std::abs(expected) : 1);
}

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Where there is an ignore label, the target's name says so.
train::LossOptions loss_options(const RecordedLosses& recorded, const std::string& target) {
  train::LossOptions options;
  options.regions = target.starts_with("region");
  if (holds(target, "ignore")) options.ignore_label = recorded.ignore_label();
  return options;
}

at::Tensor loss_target(const RecordedLosses& recorded, const std::string& name) {
  const at::Tensor target = recorded.input(name);
  return name.starts_with("region") ? target.to(at::kBool) : target;
}

/// As a class in front of all others would change them: Dice then counts what was background.
struct LossInputs {
  at::Tensor logits, target;
};

LossInputs with_an_impossible_class_in_front(const LossInputs& inputs) {
  auto shape = inputs.logits.sizes().vec();
  shape[1] = 1;
  return {at::cat({at::full(shape, -1e30), inputs.logits}, 1), inputs.target + 1};
}

at::Tensor recorded_loss(const Json& one, LossInputs inputs, train::LossOptions options) {
  const std::string kind = one.at("kind");
  options.batch_dice = one.value("batch_dice", false);
  if (holds(kind, "with background")) inputs = with_an_impossible_class_in_front(inputs);
  if (kind.starts_with("MemoryEfficientSoftDiceLoss")) options.loss = train::Loss::dice;
  if (kind.starts_with("cross entropy")) options.loss = train::Loss::ce;
  return train::head_loss(inputs.logits, inputs.target, options);
}

void compare_gradient(const RecordedLosses& recorded, const Json& one, const at::Tensor& gradient,
                      Outcome& outcome) {
  if (one.at("grad").is_string())
    judge(outcome, relative_difference(gradient, recorded.array(one.at("grad"))), loss_tolerance);
  const at::Tensor flat = gradient.flatten();
  const double scale = std::max(one.at("grad_max_abs").get<double>(), 1e-30);
  judge(outcome, relative_difference(flat.norm().item<double>(), one.at("grad_l2")),
        loss_tolerance);
  for (std::size_t i = 0; i < one.at("grad_flat_index").size(); ++i) {
    const double value = flat[one.at("grad_flat_index")[i].get<std::int64_t>()].item<double>();
    judge(outcome, std::abs(value - one.at("grad_at_index")[i].get<double>()) / scale,
          loss_tolerance);
  }
}

void replay_loss(const RecordedLosses& recorded, const Json& one, Outcome& outcome) {
  const std::string target = one.at("target");
  const at::Tensor logits = recorded.input(one.at("logits")).requires_grad_();
  const at::Tensor loss =
      recorded_loss(one, {logits, loss_target(recorded, target)}, loss_options(recorded, target));
  loss.backward();
  judge(outcome, relative_difference(loss.item<double>(), one.at("value")), loss_tolerance);
  compare_gradient(recorded, one, logits.grad(), outcome);
}

void replay_deep_supervision(const RecordedLosses& recorded, const Json& example,
                             Outcome& outcome) {
  std::vector<at::Tensor> logits, targets;
  for (const Json& file : example.at("logits"))
    logits.push_back(recorded.array(file).requires_grad_());
  for (const Json& file : example.at("targets")) targets.push_back(recorded.array(file));
  const auto loss = train::deep_supervision_loss(logits, targets, {});
  loss.backward();
  judge(outcome, relative_difference(loss.item<double>(), example.at("value")), loss_tolerance);
  for (std::size_t head = 0; head < logits.size(); ++head) {
    const auto single = train::head_loss(logits[head].detach(), targets[head], {});
    judge(outcome, relative_difference(single.item<double>(), example.at("single_losses")[head]),
          loss_tolerance);
    const Json& gradient = example.at("grads")[head];
    if (gradient.is_string())
      judge(outcome, relative_difference(logits[head].grad(), recorded.array(gradient)),
            loss_tolerance);
    else if (logits[head].grad().defined())
      outcome.fault = "head " + std::to_string(head) + " has a gradient";
  }
}

void compare_numbers(const Json& expected, const Json& found, Outcome& outcome) {
  const JsonDifference difference = json_difference(expected, found);
  outcome.deviation = std::max(outcome.deviation, difference.largest);
  if (outcome.fault.empty()) outcome.fault = difference.fault;
}

void replay_weights(const Json& recorded, Outcome& outcome) {
  for (const auto& [heads, weights] : recorded.items())
    compare_numbers(weights, train::deep_supervision_weights(std::stoul(heads)), outcome);
}

void replay_learning_rates(const Json& recorded, Outcome& outcome) {
  Json rates = Json::array();
  const train::Schedule schedule{.learning_rate = recorded.at("initial_lr"),
                                 .epochs = recorded.at("max_epochs")};
  for (const Json& epoch : recorded.at("epochs"))
    rates.push_back(train::learning_rate_at(schedule, epoch));
  compare_numbers(recorded.at("lr"), rates, outcome);
}

void replay_moving_average(const Json& recorded, Outcome& outcome) {
  std::vector<double> averages;
  for (const Json& dice : recorded.at("mean_fg_dice"))
    averages.push_back(train::moving_average(averages, dice));
  compare_numbers(recorded.at("ema"), averages, outcome);
}

void replay_online_evaluation(const RecordedLosses& recorded, const Json& one, Outcome& outcome) {
  const std::string inputs = one.at("inputs");
  const auto slash = inputs.find('/');
  const std::string target = inputs.substr(slash + 1);
  const at::Tensor counts =
      train::count_overlap(recorded.input(inputs.substr(0, slash)), loss_target(recorded, target),
                           loss_options(recorded, target));
  const auto dice = train::pseudo_dice(counts);
  for (std::size_t i = 0; i < dice.size(); ++i) {
    const auto number = static_cast<std::int64_t>(i);
    for (const auto& [row, key] : std::map<int, const char*>{{0, "tp"}, {1, "fp"}, {2, "fn"}})
      if (counts[row][number].item<double>() != one.at(key)[i].get<double>())
        outcome.fault = std::string(key) + " of class " + std::to_string(i) + " differs";
    judge(outcome, relative_difference(dice[i], one.at("dice")[i]), loss_tolerance);
  }
}

void replay_optimizer(const RecordedLosses& recorded, const Json& trace, Outcome& outcome) {
  const Json& settings = recorded.manifest.at("optimizer");
  train::OptimizerOptions options;
  options.learning_rate = settings.at("initial_lr");
  options.weight_decay = settings.at("weight_decay");
  options.momentum = settings.at("momentum");
  at::Tensor weight = recorded.array(trace.at("w0")).requires_grad_();
  const at::Tensor gradients = recorded.array(trace.at("grads"));
  const at::Tensor expected = recorded.array(trace.at("weights_after_each_step"));
  auto optimizer = train::make_optimizer({{{weight}}}, options);
  for (std::int64_t step = 0; step < gradients.size(0); ++step) {
    weight.mutable_grad() = gradients[step].clone();
    const double norm = train::clip_gradients({weight});
    judge(outcome, relative_difference(norm, trace.at("grad_norm_before_clip")[step]),
          loss_tolerance);
    train::take_step(optimizer);
    judge(outcome, relative_difference(weight.detach(), expected[step]), loss_tolerance);
  }
}

void check_optimization(const RecordedLosses& recorded, const Tell& tell) {
  const Json& manifest = recorded.manifest;
  for (const Json& table : manifest.at("poly_lr").at("table"))
    tell(attempt("learning rates of " + table.at("max_epochs").dump() + " epochs",
                 [&](Outcome& outcome) { replay_learning_rates(table, outcome); }));
  tell(attempt("moving average of Dice", [&](Outcome& outcome) {
    replay_moving_average(manifest.at("ema_pseudo_dice"), outcome);
  }));
  for (const Json& one : manifest.at("online_evaluation").at("cases"))
    tell(attempt("online evaluation of " + one.at("inputs").get<std::string>(),
                 [&](Outcome& outcome) { replay_online_evaluation(recorded, one, outcome); }));
  tell(attempt("optimiser", [&](Outcome& outcome) {
    replay_optimizer(recorded, manifest.at("sgd_trace"), outcome);
  }));
}

void check_losses(const fs::path& folder, const Tell& tell) {
  const RecordedLosses recorded{folder, read_json(folder / "manifest.json")};
  for (const Json& one : recorded.manifest.at("cases"))
    tell(attempt(one.at("name"), [&](Outcome& outcome) { replay_loss(recorded, one, outcome); }));
  tell(attempt("deep supervision weights", [&](Outcome& outcome) {
    replay_weights(recorded.manifest.at("deep_supervision_weights_by_number_of_heads"), outcome);
  }));
  tell(attempt("deep supervision", [&](Outcome& outcome) {
    replay_deep_supervision(recorded, recorded.manifest.at("deep_supervision_example"), outcome);
  }));
  check_optimization(recorded, tell);
}

}  // namespace

Topic losses_topic() {
  return {"losses", [](const fs::path& folder) { return is_about(folder, "losses"); },
          check_losses};
}

}  // namespace seg::oracles
