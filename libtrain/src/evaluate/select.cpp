#include "seg/train/select.hpp"

#include <cmath>

#include "evaluate/cross_validation.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/lock.hpp"
#include "seg/train/postprocess.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// Each alone and, if they are asked for, all pairs.
std::vector<std::vector<ComparedModel>> models_of_entrants(const CrossValidation& validation,
                                                           const Reporter& reporter) {
  const auto models = compared_models(validation.work, validation.options, reporter);
  std::vector<std::vector<ComparedModel>> entrants;
  for (const ComparedModel& model : models) entrants.push_back({model});
  if (!validation.options.ensembling) return entrants;
  for (std::size_t i = 0; i < models.size(); ++i)
    for (std::size_t j = i + 1; j < models.size(); ++j) entrants.push_back({models[i], models[j]});
  return entrants;
}

std::vector<Entrant> all_entrants(const CrossValidation& validation,
                                  const std::vector<std::vector<ComparedModel>>& all,
                                  const Reporter& reporter) {
  std::vector<Entrant> entrants;
  for (const auto& models : all)
    entrants.push_back(models.size() == 1 ? accumulate_folds(validation, models[0], reporter)
                                          : ensemble_folds(validation, models, reporter));
  return entrants;
}

// The first of equal ones; NaN is worse than any number.
std::size_t best_of(const std::vector<Candidate>& candidates) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i)
    if (candidates[i].dice > candidates[best].dice || std::isnan(candidates[best].dice)) best = i;
  return best;
}

void check(const SelectOptions& options) {
  for (const auto* names :
       {&options.configurations, &options.plans_names, &options.trainers, &options.names})
    if (names->empty()) throw Error("selection", "there is nothing to compare", "name some models");
}

}  // namespace

std::vector<std::string> select_intentions(const fs::path& work, const SelectOptions& options,
                                           const Reporter& reporter) {
  check(options);
  const CrossValidation validation = read_cross_validation(work, options, reporter);
  std::vector<std::string> lines;
  for (const auto& models : models_of_entrants(validation, reporter)) {
    check_collectable(validation, models);
    lines.push_back(to_write(collection_folder(validation, models)));
  }
  lines.push_back(to_write(inference_information_file(work)));
  return lines;
}

Selection select_configuration(const fs::path& work, const SelectOptions& options,
                               const Reporter& reporter) {
  check(options);
  CrossValidation validation = read_cross_validation(work, options, reporter);
  const auto all = models_of_entrants(validation, reporter);
  for (const auto& models : all) check_collectable(validation, models);
  const FolderLock lock(work / "results");  // folders of earlier selections are emptied
  validation.reference = data::link_reference_labels(validation.work);
  Selection selection;
  const auto entrants = all_entrants(validation, all, reporter);
  for (const Entrant& entrant : entrants) selection.candidates.push_back(entrant.candidate);
  selection.best = best_of(selection.candidates);
  const Entrant& best = entrants[selection.best];
  const ComparedFolders folders{best.candidate.folder,
                                validation.reference,
                                validation.labels,
                                {.file_ending = validation.dataset.file_ending,
                                 .threads = options.jobs,
                                 .cases = std::vector<std::string>{},  // all are there
                                 .reader = data::image_reader(best.models.front().plans)}};
  const PostprocessingDecision decision = determine_postprocessing(folders, reporter);
  selection.dice_after_postprocessing =
      decision.after.at("foreground_mean").at("Dice").get<double>();
  selection.information = write_inference_information(validation, selection);
  selection.inference = inference_steps(validation, best);
  return selection;
}

}  // namespace seg::train
