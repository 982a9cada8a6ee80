#include "train/run_options.hpp"

#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {

Error other_setting(const std::string& source, const std::string& name, const Json& values) {
  return {source,
          "was started with " + name + " " + values.at(0).dump() + ", not " + values.at(1).dump(),
          "leave that out to go on as before, or start anew"};
}

void check_settings(const Json& earlier, const Json& now, const std::string& source) {
  for (const auto& [name, value] : now.items()) {
    const Json before = earlier.value(name, Json());
    const bool may_differ = name == "epochs" && before.is_number() && before <= value;
    if (before != value && !may_differ) throw other_setting(source, name, {before, value});
  }
}

}  // namespace

Json recorded_options(const Run& run) {
  Json record;
  record["settings"] = to_json(run.task.recipe);
  record["device"] = run.learner.device.is_cuda() ? "cuda" : "cpu";
  record["precision"] = precision_name(run.learner.precision);
  record["plan"] = run.task.configuration.json;
  record["cases"] = {{"train", run.task.split.train}, {"val", run.task.split.val}};
  return record;
}

void check_same_options(const Json& earlier, const Json& now, const std::string& source) {
  check_settings(earlier.at("settings"), now.at("settings"), source);
  for (const std::string name : {"device", "precision"})
    if (earlier.value(name, Json()) != now.at(name))
      throw other_setting(source, name, {earlier.value(name, Json()), now.at(name)});
  for (const std::string name : {"plan", "cases"})
    if (earlier.value(name, Json()) != now.at(name))
      throw Error(source, "was trained with another " + name, "put it back, or start anew");
}

}  // namespace seg::train
