#include <cstdio>

#include "seg/plan/error.hpp"
#include "seg/plan/planner.hpp"

namespace seg::plan {
namespace {

/// As preprocess_like_nnssl names the folder of preprocessed data.
std::string data_identifier(const Json& spacing, std::size_t channels) {
  std::string name = "Spacing_";
  for (const Json& extent : spacing) {
    char text[32];
    std::snprintf(text, sizeof text, "_%.2f", extent.get<double>());
    name += text;
  }
  name += "___Norm_";
  for (std::size_t channel = 0; channel < channels; ++channel) name += "_Z";
  return name;
}

void adapt(Json& configuration, const Json& wanted) {
  configuration.update(wanted);
  Json& schemes = configuration["normalization_schemes"];
  for (Json& scheme : schemes) scheme = "ZScoreNormalization";
  configuration["data_identifier"] = data_identifier(configuration["spacing"], schemes.size());
}

}  // namespace

Plans pretrain_plans(const Plans& plans, const Pretraining& pretraining,
                     const std::string& plans_name) {
  constexpr char kFullResolution[] = "3d_fullres";
  Json json = plans.json;
  Json& configurations = json["configurations"];
  if (!configurations.contains(kFullResolution))
    throw Error(plans.dataset_name,
                "has no 3d_fullres configuration, which the pretrained network needs",
                "plan it without pretrained weights");
  Json configuration = configurations.at(kFullResolution);
  if (!pretraining.configuration.empty()) adapt(configuration, pretraining.configuration);
  configuration["training"] = pretraining.settings;
  configurations = Json{{kFullResolution, configuration}};
  json["plans_name"] = plans_name;
  json["pretrain_info"] = pretraining.information;
  return plans_from_json(json, plans.source);
}

}  // namespace seg::plan
