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

/// Cases of a model's folds, once they are collected.
std::vector<std::string> collected_cases(const CrossValidation& validation,
                                         const ComparedModel& model) {
  return cases_in(collection_folder(validation, {model}), validation.dataset.file_ending);
}

void require_validation(const CrossValidation& validation, const ComparedModel& model) {
  for (const std::string& fold : validation.options.folds) {
    const fs::path folder = model.validation(fold);
    if (!fs::is_directory(folder))
      throw Error(
          ErrorKind::not_trained,
          {folder.string(), "is not there: fold " + fold + " is not trained to its end",
           "train fold " + fold + " of " + model.name.configuration + ", or choose other folds"});
  }
}

/// What splits_final.json has for a fold; nothing where no splits are written down.
std::optional<data::Split> split_of(const CrossValidation& validation, const std::string& fold) {
  const fs::path file = validation.work.splits();
  if (fold != "all" && !fs::exists(file)) return std::nullopt;
  return data::split_from_file(file, fold, data::work_case_names(validation.work), {});
}

std::optional<std::vector<std::string>> validated_cases(const CrossValidation& validation,
                                                        const std::string& fold) {
  const auto split = split_of(validation, fold);
  return split ? std::optional(split->val) : std::nullopt;
}

/// Of another split a fold may have seen what it would now validate.
void require_same_split(const CrossValidation& validation, const ComparedModel& model) {
  for (const std::string& fold : validation.options.folds) {
    const auto now = split_of(validation, fold);
    const fs::path folder = model.validation(fold).parent_path();
    const auto trained = data::read_split(folder / "split.json");
    if (now && trained && *now != *trained && fold != "all")
      throw Error(folder.string(), "was trained with another split than splits_final.json has now",
                  "train fold " + fold + " of " + model.name.configuration +
                      " again, or bring the split back");
  }
}

/// Every case of the fold's split must be there: absent ones would not count.
void require_predictions(const CrossValidation& validation, const ComparedModel& model) {
  for (const std::string& fold : validation.options.folds) {
    const fs::path folder = model.validation(fold);
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

void collect_fold(const CrossValidation& validation, const ComparedModel& model,
                  const std::string& fold, const fs::path& to) {
  const fs::path from = model.validation(fold);
  for (const std::string& name : label_maps_of_fold(validation, from, fold)) {
    if (fs::exists(to / name))
      throw Error((from / name).string(), "this case is in more than one fold",
                  "choose folds that share no case, or train again with other splits");
    fs::copy_file(from / name, to / name);
  }
}

/// The entrant with the names of its models and its Dice on the cases of their folds.
Entrant evaluated(Entrant entrant, const CrossValidation& validation, const Reporter& reporter) {
  const fs::path& folder = entrant.candidate.folder;
  const ComparedModel& first = entrant.models.front();
  write_json(folder / "dataset.json", validation.dataset.json);
  write_json(folder / "plans.json", first.plans.json);
  const EvaluateOptions options{.file_ending = validation.dataset.file_ending,
                                .threads = validation.options.jobs,
                                .cases = collected_cases(validation, first),
                                .reader = data::image_reader(first.plans)};
  const Json summary = evaluate_folder({folder, validation.reference, validation.labels, options},
                                       folder / "summary.json", reporter);
  entrant.candidate.dice = summary.at("foreground_mean").at("Dice").get<double>();
  for (const ComparedModel& model : entrant.models) entrant.candidate.models.push_back(model.name);
  return entrant;
}

std::map<std::string, fs::path> probabilities_of(const CrossValidation& validation,
                                                 const ComparedModel& model) {
  std::map<std::string, fs::path> cases;
  for (const std::string& fold : validation.options.folds) {
    const fs::path folder = model.validation(fold);
    if (files_ending_with(folder, ".npz").empty())
      throw Error(
          folder.string(), "holds no probabilities, which ensembles need",
          "train every fold with `resume` and `save_probabilities` (what is finished is only "
          "validated again), or compare with `no_ensembling`");
    auto of_fold = cases_with_probabilities(folder);
    if (const auto known = validated_cases(validation, fold))
      std::erase_if(of_fold, [&](const auto& one) {
        return std::ranges::find(*known, one.first) == known->end();
      });
    cases.merge(of_fold);
  }
  return cases;
}

}  // namespace

CrossValidation read_cross_validation(const fs::path& work, const SelectOptions& options,
                                      const Reporter& reporter) {
  CrossValidation validation{{work}, options, {}, {}, {}};
  validation.dataset = data::read_work_dataset(validation.work);
  validation.labels = plan::labels_of(validation.dataset);
  if (validation.options.folds.empty())
    validation.options.folds = data::fold_names(validation.work.splits(),
                                                data::work_case_names(validation.work), reporter);
  return validation;
}

fs::path collection_folder(const CrossValidation& validation,
                           const std::vector<ComparedModel>& models) {
  const std::string folds = joined(validation.options.folds, "_");
  if (models.size() == 1) return models[0].folder / ("crossval_results_folds_" + folds);
  std::string name = "ensemble___";
  for (const ComparedModel& model : models) name += model.folder.filename().string() + "___";
  return validation.work.root / "results" / "ensembles" / (name + folds);
}

void check_collectable(const CrossValidation& validation,
                       const std::vector<ComparedModel>& models) {
  for (const ComparedModel& model : models) {
    require_validation(validation, model);
    require_same_split(validation, model);
    require_predictions(validation, model);
    if (models.size() > 1) probabilities_of(validation, model);
  }
}

Entrant accumulate_folds(const CrossValidation& validation, const ComparedModel& model,
                         const Reporter& reporter) {
  check_collectable(validation, {model});
  const fs::path folder = collection_folder(validation, {model});
  empty_folder(folder);
  for (const std::string& fold : validation.options.folds)
    collect_fold(validation, model, fold, folder);
  return evaluated({{folder.parent_path().filename().string(), {}, folder}, {model}}, validation,
                   reporter);
}

Entrant ensemble_folds(const CrossValidation& validation, const std::vector<ComparedModel>& models,
                       const Reporter& reporter) {
  std::vector<std::string> names;
  std::vector<std::map<std::string, fs::path>> probabilities;
  for (const ComparedModel& model : models) {
    probabilities.push_back(probabilities_of(validation, model));
    names.push_back(model.folder.filename().string());
  }
  const fs::path folder = collection_folder(validation, models);
  empty_folder(folder);
  merge_cases(members_of(probabilities, names), validation.dataset, folder,
              {.jobs = validation.options.jobs}, reporter);
  return evaluated({{folder.filename().string(), {}, folder}, models}, validation, reporter);
}

}  // namespace seg::train
