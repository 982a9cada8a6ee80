#include <map>

#include "evaluate/cross_validation.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

// Keys in the order of their names, as nnU-Net's file has them.
Json model_to_json(const ModelName& model, const char* plans_key) {
  std::map<std::string, Json> json{
      {"configuration", model.configuration}, {plans_key, model.plans}, {"trainer", model.trainer}};
  return Json(json);
}

Json best_to_json(const Selection& selection) {
  const Candidate& best = selection.candidates[selection.best];
  Json members = Json::array();
  for (const ModelName& model : best.models)
    members.push_back(model_to_json(model, "plans_identifier"));
  return {{"postprocessing_file", (best.folder / "postprocessing.json").string()},
          {"result_on_crossval_post_pp", selection.dice_after_postprocessing},
          {"result_on_crossval_pre_pp", best.dice},
          {"selected_model_or_models", members},
          {"some_plans_file", (best.folder / "plans.json").string()}};
}

/// nnU-Net numbers folds.
Json fold_to_json(const std::string& fold) {
  const Json number = Json::parse(fold, nullptr, false);
  return number.is_number_integer() ? number : Json(fold);
}

Json information(const CrossValidation& validation, const Selection& selection) {
  Json folds = Json::array(), models = Json::array();
  for (const std::string& fold : validation.options.folds) folds.push_back(fold_to_json(fold));
  std::map<std::string, double> results;
  for (const Candidate& candidate : selection.candidates) {
    results[candidate.name] = candidate.dice;
    if (candidate.models.size() == 1) models.push_back(model_to_json(candidate.models[0], "plans"));
  }
  return {{"all_results", Json(results)},
          {"best_model_or_ensemble", best_to_json(selection)},
          {"considered_models", models},
          {"dataset_name_or_id", validation.dataset.name},
          {"ensembling_allowed", validation.options.ensembling},
          {"folds", folds}};
}

/// The folder of a model's configuration, after those of the configurations that it builds on.
InferenceSteps::Stages stages_of(const data::WorkFolder& work, const ComparedModel& model,
                                 const std::string& configuration) {
  const auto previous = model.plans.configuration(configuration).previous_stage;
  auto stages = previous ? stages_of(work, model, *previous) : InferenceSteps::Stages{};
  stages.push_back(work.results(model.name.trainer, model.name.plans, configuration));
  return stages;
}

}  // namespace

InferenceSteps inference_steps(const CrossValidation& validation, const Entrant& best) {
  InferenceSteps steps{{}, validation.options.folds, best.candidate.folder / "postprocessing.json"};
  for (const ComparedModel& model : best.models)
    steps.members.push_back(stages_of(validation.work, model, model.name.configuration));
  return steps;
}

fs::path inference_information_file(const fs::path& work) {
  return work / "results" / "inference_information.json";
}

fs::path write_inference_information(const CrossValidation& validation,
                                     const Selection& selection) {
  const fs::path file = inference_information_file(validation.work.root);
  write_json(file, information(validation, selection));
  return file;
}

}  // namespace seg::train
