#include "model/deciding_settings.hpp"

#include "seg/data/preprocess_dataset.hpp"

namespace seg::train {

Json deciding_settings(const plan::Experiment& experiment) {
  const plan::Configuration& configuration = experiment.configuration;
  Json settings = data::preprocessing_settings(experiment);
  settings.erase("version");
  for (std::size_t channel = 0; channel < configuration.normalization_schemes.size(); ++channel)
    if (configuration.normalization_schemes[channel] != "CTNormalization")
      settings["intensities"][channel] = nullptr;  // they decide nothing else
  const plan::Resampling& probabilities = configuration.resampling_probabilities;
  settings["resampling_probabilities"] = {probabilities.function, probabilities.arguments};
  settings["patch_size"] = configuration.patch_size;
  settings["network"] = {configuration.architecture.class_name,
                         configuration.architecture.arguments};
  settings["previous_stage"] = configuration.previous_stage.value_or("");
  settings["regions_class_order"] = experiment.labels.regions_class_order;
  return settings;
}

std::vector<std::string> differing_settings(const Json& one, const Json& other) {
  std::vector<std::string> names;
  for (const auto& [name, value] : one.items())
    if (value != other.value(name, Json())) names.push_back(name);
  return names;
}

}  // namespace seg::train
