#include <fstream>
#include <map>
#include <sstream>

#include "evaluate/cross_validation.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

// Keys in the order of their names, as nnU-Net's file has them.
Json model_to_json(const CrossValidation& validation, const std::string& configuration,
                   const char* plans_key) {
  std::map<std::string, Json> json{{"configuration", configuration},
                                   {plans_key, validation.plans.plans_name},
                                   {"trainer", "nnUNetTrainer"}};
  return Json(json);
}

Json best_to_json(const CrossValidation& validation, const Selection& selection) {
  const Candidate& best = selection.candidates[selection.best];
  Json members = Json::array();
  for (const std::string& name : best.configurations)
    members.push_back(model_to_json(validation, name, "plans_identifier"));
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
    if (candidate.configurations.size() == 1)
      models.push_back(model_to_json(validation, candidate.configurations[0], "plans"));
  }
  return {{"all_results", Json(results)},
          {"best_model_or_ensemble", best_to_json(validation, selection)},
          {"considered_models", models},
          {"dataset_name_or_id", validation.plans.dataset_name},
          {"ensembling_allowed", validation.options.ensembling},
          {"folds", folds}};
}

/// A prediction with one configuration, after the ones whose segmentations it needs.
std::string predict_command(const CrossValidation& validation, const std::string& configuration,
                            const std::string& output, bool save_probabilities) {
  std::string text, previous;
  if (const auto stage = validation.plans.configuration(configuration).previous_stage) {
    previous = output + "_PREVIOUS_STAGE";
    text = predict_command(validation, *stage, previous, false);
  }
  text += "seg predict --model " + validation.model_folder(configuration).string() +
          " --input INPUT_FOLDER --output " + output + " --folds " + validation.joined_folds(",");
  if (!previous.empty()) text += " --previous-stage " + previous;
  return text + (save_probabilities ? " --save-probabilities\n" : "\n");
}

std::string instructions(const CrossValidation& validation, const Candidate& best) {
  const bool ensemble = best.configurations.size() > 1;
  std::ostringstream text;
  text << "Segment new scans like this:\n\n";
  std::string members;
  for (std::size_t i = 0; i < best.configurations.size(); ++i) {
    const std::string output =
        ensemble ? "OUTPUT_FOLDER_MODEL_" + std::to_string(i + 1) : "OUTPUT_FOLDER";
    members += " " + output;
    text << predict_command(validation, best.configurations[i], output, ensemble);
  }
  if (ensemble)
    text << "\nAverage what both models predicted:\n\nseg ensemble --input" << members
         << " --output OUTPUT_FOLDER\n";
  text << "\nThen apply the post-processing that cross-validation chose:\n\n"
       << "seg postprocess --input OUTPUT_FOLDER --output OUTPUT_FOLDER_PP --decision "
       << (best.folder / "postprocessing.json").string() << '\n';
  return text.str();
}

void write_text(const fs::path& file, const std::string& text) {
  write_atomically(file, [&](const fs::path& temporary) {
    if (!(std::ofstream(temporary) << text).flush())
      throw Error(file.string(), "cannot be written", "check permissions and free space");
  });
}

}  // namespace

void write_inference_files(const CrossValidation& validation, Selection& selection) {
  const fs::path results = validation.work.root / "results";
  selection.information = results / "inference_information.json";
  selection.instructions = results / "inference_instructions.txt";
  write_json(selection.information, information(validation, selection));
  write_text(selection.instructions,
             instructions(validation, selection.candidates[selection.best]));
}

}  // namespace seg::train
