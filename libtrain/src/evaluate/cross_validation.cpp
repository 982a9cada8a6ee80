#include "evaluate/cross_validation.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "evaluate/label_maps.hpp"
#include "evaluate/merge_cases.hpp"
#include "seg/data/splits.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> case_names(const std::vector<data::Case>& cases) {
  std::vector<std::string> names;
  for (const data::Case& one : cases) names.push_back(one.name);
  return names;
}

/// Where the segmentations of a configuration's folds are collected.
fs::path collection_folder(const CrossValidation& validation, const std::string& configuration) {
  return validation.model_folder(configuration) /
         ("crossval_results_folds_" + joined(validation.options.folds, "_"));
}

/// Their cases.
std::vector<std::string> collected_cases(const CrossValidation& validation,
                                         const std::string& configuration) {
  const std::string& ending = validation.dataset.file_ending;
  auto names = label_maps(collection_folder(validation, configuration), ending);
  for (std::string& name : names) name.resize(name.size() - ending.size());
  return names;
}

void require_validation(const CrossValidation& validation, const std::string& configuration) {
  for (const std::string& fold : validation.options.folds) {
    const fs::path folder = validation.validation_folder(configuration, fold);
    if (!fs::is_directory(folder))
      throw Error(ErrorKind::not_trained,
                  {folder.string(), "is not there: fold " + fold + " is not trained to its end",
                   "train fold " + fold + " of " + configuration + ", or choose other folds"});
  }
}

/// What splits_final.json has for a fold; nothing where no splits are written down.
std::optional<data::Split> split_of(const CrossValidation& validation, const std::string& fold) {
  const fs::path file = validation.work.splits();
  if (fold != "all" && !fs::exists(file)) return std::nullopt;
  return data::split_from_file(file, fold, case_names(data::work_cases(validation.work)), {});
}

std::optional<std::vector<std::string>> validated_cases(const CrossValidation& validation,
                                                        const std::string& fold) {
  const auto split = split_of(validation, fold);
  return split ? std::optional(split->val) : std::nullopt;
}

/// Of another split a fold may have seen what it would now validate.
void require_same_split(const CrossValidation& validation, const std::string& configuration) {
  for (const std::string& fold : validation.options.folds) {
    const auto now = split_of(validation, fold);
    const fs::path folder = validation.validation_folder(configuration, fold).parent_path();
    const auto trained = data::read_split(folder / "split.json");
    if (now && trained && *now != *trained && fold != "all")
      throw Error(
          folder.string(), "was trained with another split than splits_final.json has now",
          "train fold " + fold + " of " + configuration + " again, or bring the split back");
  }
}

/// Every case of the fold's split must be there: absent ones would not count.
void require_predictions(const CrossValidation& validation, const std::string& configuration) {
  for (const std::string& fold : validation.options.folds) {
    const fs::path folder = validation.validation_folder(configuration, fold);
    auto missing = validated_cases(validation, fold).value_or(std::vector<std::string>{});
    std::erase_if(missing, [&](const std::string& name) {
      return fs::exists(folder / (name + validation.dataset.file_ending));
    });
    if (!missing.empty())
      throw Error(folder.string(),
                  std::to_string(missing.size()) + " segmentation(s) of fold " + fold +
                      " are missing: " + joined(missing),
                  "remove the folder and finish the fold's training again");
  }
}

/// Label maps of a fold's cases; of all that lie there when no splits are written down.
std::vector<std::string> label_maps_of_fold(const CrossValidation& validation,
                                            const fs::path& folder, const std::string& fold) {
  const std::string& ending = validation.dataset.file_ending;
  const auto cases = validated_cases(validation, fold);
  if (!cases) return label_maps(folder, ending);
  std::vector<std::string> names;
  for (const std::string& name : std::set(cases->begin(), cases->end()))
    names.push_back(name + ending);
  return names;
}

void empty_folder(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
}

void collect_fold(const CrossValidation& validation, const std::string& configuration,
                  const std::string& fold, const fs::path& to) {
  const fs::path from = validation.validation_folder(configuration, fold);
  for (const std::string& name : label_maps_of_fold(validation, from, fold)) {
    if (fs::exists(to / name))
      throw Error((from / name).string(), "this case is in more than one fold",
                  "choose folds that share no case, or train again with other splits");
    fs::copy_file(from / name, to / name);
  }
}

/// @param cases that must be there.
double evaluated_dice(const CrossValidation& validation, const fs::path& folder,
                      const std::vector<std::string>& cases, const Reporter& reporter) {
  write_json(folder / "dataset.json", validation.dataset.json);
  write_json(folder / "plans.json", validation.plans.json);
  const EvaluateOptions options{.file_ending = validation.dataset.file_ending,
                                .threads = validation.options.jobs,
                                .cases = cases,
                                .reader = data::image_reader(validation.plans)};
  const Json summary = evaluate_folder({folder, validation.reference, validation.labels, options},
                                       folder / "summary.json", reporter);
  return summary.at("foreground_mean").at("Dice").get<double>();
}

std::map<std::string, fs::path> probabilities_of(const CrossValidation& validation,
                                                 const std::string& configuration) {
  std::map<std::string, fs::path> cases;
  for (const std::string& fold : validation.options.folds) {
    const fs::path folder = validation.validation_folder(configuration, fold);
    if (files_ending_with(folder, ".npz").empty())
      throw Error(folder.string(), "holds no probabilities, which ensembles need",
                  "resume the training of every fold and save probabilities, or compare single "
                  "models only");
    auto of_fold = cases_with_probabilities(folder);
    if (const auto known = validated_cases(validation, fold))
      std::erase_if(of_fold, [&](const auto& one) {
        return std::ranges::find(*known, one.first) == known->end();
      });
    cases.merge(of_fold);
  }
  return cases;
}

/// As many as splits_final.json has; nnU-Net's five without it.
std::vector<std::string> all_folds(const data::WorkFolder& work, const Reporter& reporter) {
  std::size_t count = 5;
  if (fs::exists(work.splits())) {
    const auto cases = case_names(data::work_cases(work));
    const auto splits = data::read_or_make_splits(work.splits(), cases, reporter);
    for (const std::string& problem : data::split_problems(splits, cases))
      reporter.warn(work.splits().string() + ": " + problem);
    count = splits.size();
  }
  std::vector<std::string> folds;
  for (std::size_t fold = 0; fold < count; ++fold) folds.push_back(std::to_string(fold));
  return folds;
}

}  // namespace

fs::path CrossValidation::model_folder(const std::string& configuration) const {
  return work.results(options.trainer, plans.plans_name, configuration);
}

fs::path CrossValidation::validation_folder(const std::string& configuration,
                                            const std::string& fold) const {
  return model_folder(configuration) / ("fold_" + fold) / "validation";
}

CrossValidation read_cross_validation(const fs::path& work, const SelectOptions& options,
                                      const Reporter& reporter) {
  CrossValidation validation{{work}, options, {}, {}, {}, {}};
  validation.plans = data::read_work_plans(validation.work, options.plans_name);
  validation.dataset = data::read_work_dataset(validation.work);
  validation.labels = plan::labels_of(validation.dataset);
  if (validation.options.folds.empty())
    validation.options.folds = all_folds(validation.work, reporter);
  validation.reference = data::link_reference_labels(validation.work);
  return validation;
}

std::vector<std::string> trained_configurations(const CrossValidation& validation,
                                                const Reporter& reporter) {
  const auto planned = validation.plans.configuration_names();
  std::vector<std::string> trained;
  for (const std::string& name : validation.options.configurations) {
    if (std::ranges::find(planned, name) == planned.end()) continue;
    if (fs::is_directory(validation.model_folder(name)))
      trained.push_back(name);
    else
      reporter.say(name + " is not trained and left out");
  }
  if (trained.empty())
    throw Error(ErrorKind::not_trained,
                {validation.work.root.string(), "no configuration is trained",
                 "train the folds of at least one"});
  return trained;
}

Candidate accumulate_folds(const CrossValidation& validation, const std::string& configuration,
                           const Reporter& reporter) {
  require_validation(validation, configuration);
  require_same_split(validation, configuration);
  require_predictions(validation, configuration);
  const fs::path folder = collection_folder(validation, configuration);
  empty_folder(folder);
  for (const std::string& fold : validation.options.folds)
    collect_fold(validation, configuration, fold, folder);
  return {folder.parent_path().filename().string(),
          {configuration},
          folder,
          evaluated_dice(validation, folder, collected_cases(validation, configuration), reporter)};
}

Candidate ensemble_folds(const CrossValidation& validation,
                         const std::array<std::string, 2>& configurations,
                         const Reporter& reporter) {
  std::vector<std::string> names;
  std::vector<std::map<std::string, fs::path>> models;
  for (const std::string& configuration : configurations) {
    models.push_back(probabilities_of(validation, configuration));
    names.push_back(validation.model_folder(configuration).filename().string());
  }
  const std::string name =
      "ensemble___" + names[0] + "___" + names[1] + "___" + joined(validation.options.folds, "_");
  const fs::path folder = validation.work.root / "results" / "ensembles" / name;
  empty_folder(folder);
  merge_cases(members_of(models, names), validation.dataset, folder,
              {.jobs = validation.options.jobs}, reporter);
  return {
      name,
      {configurations.begin(), configurations.end()},
      folder,
      evaluated_dice(validation, folder, collected_cases(validation, configurations[0]), reporter)};
}

}  // namespace seg::train
