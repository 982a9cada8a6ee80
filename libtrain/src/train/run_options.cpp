#include "run_options.hpp"

#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {

/// Too long to be shown.
bool is_plan(const std::string& name) { return name == "plan" || name == "cases"; }

Error differs(const std::string& source, const std::string& name, const Json& earlier,
              const Json& now) {
  const std::string remedy = ", or start anew without --resume";
  if (is_plan(name)) return {source, "was trained with another " + name, "put it back" + remedy};
  return {source, "was started with --" + name + " " + earlier.dump() + ", not " + now.dump(),
          "give the same option" + remedy};
}

}  // namespace

Json recorded_options(const Run& run) {
  const auto& options = run.options;
  Json record;
  record["epochs"] = options.epochs;
  record["iterations"] = options.iterations;
  record["val-iterations"] = options.val_iterations;
  record["batch-size"] = run.task.configuration.batch_size;
  record["learning-rate"] = options.learning_rate;
  record["weight-decay"] = options.weight_decay;
  record["momentum"] = options.momentum;
  record["foreground-fraction"] = options.foreground_fraction;
  record["mirroring"] = options.mirror;
  record["deep-supervision"] = options.deep_supervision;
  record["seed"] = options.seed;
  record["device"] = run.learner.device.is_cuda() ? "cuda" : "cpu";
  record["precision"] = precision_name(run.learner.precision);
  record["plan"] = run.task.configuration.json;
  record["cases"] = {{"train", run.task.split.train}, {"val", run.task.split.val}};
  return record;
}

void check_same_options(const Json& earlier, const Json& now, const std::string& source) {
  for (const auto& [name, value] : now.items()) {
    const Json before = earlier.contains(name) ? earlier[name] : Json();
    const bool may_differ = name == "epochs" && before.is_number() && before <= value;
    if (before != value && !may_differ) throw differs(source, name, before, value);
  }
}

}  // namespace seg::train
