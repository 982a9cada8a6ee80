#include "seg/plan/experiment.hpp"

#include <utility>

#include "seg/plan/error.hpp"

namespace seg::plan {
namespace {

void check_channels(const Experiment& experiment) {
  const std::size_t planned = experiment.configuration.normalization_schemes.size(),
                    named = experiment.dataset.channel_names.size();
  if (planned != named)
    throw Error(experiment.plans.source + ", configuration " + experiment.configuration.name,
                "\"normalization_schemes\" has " + std::to_string(planned) +
                    " entries, but dataset.json names " + std::to_string(named) + " channel(s)",
                "give every channel one");
}

}  // namespace

Experiment make_experiment(Dataset dataset, Plans plans, const std::string& configuration) {
  Configuration chosen = plans.configuration(configuration);
  Labels labels = labels_of(dataset);
  Experiment experiment{std::move(dataset), std::move(plans), std::move(chosen), std::move(labels)};
  check_channels(experiment);
  return experiment;
}

}  // namespace seg::plan
