#include "seg/train/select.hpp"

#include <cmath>

#include "evaluate/cross_validation.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/lock.hpp"
#include "seg/train/postprocess.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::vector<Candidate> all_candidates(const CrossValidation& validation,
                                      const std::vector<std::string>& names,
                                      const Reporter& reporter) {
  std::vector<Candidate> candidates;
  for (const std::string& name : names)
    candidates.push_back(accumulate_folds(validation, name, reporter));
  if (!validation.options.ensembling) return candidates;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i + 1; j < names.size(); ++j)
      candidates.push_back(ensemble_folds(validation, {names[i], names[j]}, reporter));
  return candidates;
}

// The first of equal ones; NaN is worse than any number.
std::size_t best_of(const std::vector<Candidate>& candidates) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i)
    if (candidates[i].dice > candidates[best].dice || std::isnan(candidates[best].dice)) best = i;
  return best;
}

void check(const SelectOptions& options) {
  if (options.configurations.empty())
    throw Error("selection", "there are no configurations to compare", "name some");
}

}  // namespace

Selection select_configuration(const fs::path& work, const SelectOptions& options,
                               const Reporter& reporter) {
  check(options);
  const CrossValidation validation = read_cross_validation(work, options, reporter);
  const auto names = trained_configurations(validation, reporter);
  const FolderLock lock(work / "results");  // folders of earlier selections are emptied
  Selection selection;
  selection.candidates = all_candidates(validation, names, reporter);
  selection.best = best_of(selection.candidates);
  const ComparedFolders folders{selection.candidates[selection.best].folder,
                                validation.reference,
                                validation.labels,
                                {.file_ending = validation.dataset.file_ending,
                                 .threads = options.jobs,
                                 .cases = std::vector<std::string>{},  // all are there
                                 .reader = data::image_reader(validation.plans)}};
  const PostprocessingDecision decision = determine_postprocessing(folders, reporter);
  selection.dice_after_postprocessing =
      decision.after.at("foreground_mean").at("Dice").get<double>();
  selection.information = write_inference_information(validation, selection);
  selection.inference = inference_steps(validation, selection.candidates[selection.best]);
  return selection;
}

}  // namespace seg::train
