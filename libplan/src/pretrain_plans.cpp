#include "seg/plan/error.hpp"
#include "seg/plan/planner.hpp"

namespace seg::plan {

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
  configuration["training"] = pretraining.settings;
  configurations = Json{{kFullResolution, configuration}};
  json["plans_name"] = plans_name;
  json["pretrain_info"] = pretraining.information;
  return plans_from_json(json, plans.source);
}

}  // namespace seg::plan
