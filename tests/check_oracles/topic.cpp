#include "topic.hpp"

#include <algorithm>
#include <exception>

#include "seg/plan/files.hpp"

namespace seg::oracles {

Outcome attempt(const std::string& name, const std::function<void(Outcome&)>& run) {
  Outcome outcome;
  outcome.name = name;
  try {
    run(outcome);
  } catch (const std::exception& error) {
    outcome.fault = error.what();
  }
  return outcome;
}

bool is_about(const std::filesystem::path& folder, const std::string& topic) {
  const auto manifest = folder / "manifest.json";
  return std::filesystem::exists(manifest) && read_json(manifest).value("topic", "") == topic;
}

void judge(Outcome& outcome, double deviation, double tolerance) {
  outcome.deviation = std::max(outcome.deviation, deviation);
  if (!(deviation <= tolerance) && outcome.fault.empty())
    outcome.fault = "deviates by more than " + std::to_string(tolerance);
}

std::vector<Topic> all_topics() {
  return {planner_topic(),         plans_topic(),
          fingerprint_topic(),     em2d_topic(),
          losses_topic(),          crossval_topic(),
          readers_topic(),         resampling_topic(),
          normalization_topic(),   preprocess_topic(),
          patch_sampling_topic(),  transforms_topic(),
          sliding_window_topic(),  inference_topic(),
          evaluation_topic(),      networks_topic(),
          checkpoints_topic(),     torch_resampling_topic(),
          surface_metrics_topic(), trainers_topic(),
          skeleton_recall_topic()};
}

}  // namespace seg::oracles
