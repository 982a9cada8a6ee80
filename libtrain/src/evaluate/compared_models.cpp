#include "evaluate/compared_models.hpp"

#include <algorithm>
#include <set>

#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/trainer_presets.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

bool plans_have(const plan::Plans& plans, const std::string& configuration) {
  const auto names = plans.configuration_names();
  return std::ranges::find(names, configuration) != names.end();
}

ComparedModel model_of(const data::WorkFolder& work, const plan::Plans& plans,
                       const ModelName& name) {
  return {name, plans, work.results(name.trainer, name.plans, name.configuration)};
}

/// Those of the options, in their order.
std::vector<ComparedModel> named_models(const data::WorkFolder& work, const SelectOptions& options,
                                        const Reporter& reporter) {
  std::vector<ComparedModel> models;
  for (const std::string& plans_name : options.plans_names) {
    const plan::Plans plans = data::read_work_plans(work, plans_name);
    for (const std::string& trainer : options.trainers)
      for (const std::string& name : options.names)
        for (const std::string& configuration : options.configurations) {
          if (!plans_have(plans, configuration)) continue;
          const ComparedModel model = model_of(
              work, plans, {trainer_in_folder(trainer, name), plans.plans_name, configuration});
          if (fs::is_directory(model.folder))
            models.push_back(model);
          else
            reporter.say(model.folder.filename().string() + " is not trained and left out");
        }
  }
  return models;
}

/// Trainers, with the names of runs, that have a model of these plans and this configuration.
std::vector<std::string> trainers_of(const data::WorkFolder& work, const std::string& plans_name,
                                     const std::string& configuration) {
  const std::string ending = "__" + plans_name + "__" + configuration;
  std::vector<std::string> trainers;
  if (!fs::is_directory(work.root / "results")) return trainers;
  for (const auto& entry : fs::directory_iterator(work.root / "results")) {
    const std::string folder = entry.path().filename().string();
    if (folder.size() > ending.size() && folder.ends_with(ending))
      trainers.push_back(folder.substr(0, folder.size() - ending.size()));
  }
  std::ranges::sort(trainers);
  return trainers;
}

/// Names of the folders of models.
std::vector<std::string> trained_models(const data::WorkFolder& work) {
  std::vector<std::string> names;
  if (!fs::is_directory(work.root / "results")) return names;
  for (const auto& entry : fs::directory_iterator(work.root / "results"))
    if (entry.path().filename().string().find("__") != std::string::npos)
      names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

/// Names of the runs of some trainers among models; that of one without a name is empty.
std::set<std::string> runs_of(const std::vector<std::string>& models,
                              const std::vector<std::string>& trainers) {
  std::set<std::string> runs;
  for (const std::string& model : models)
    for (const std::string& trainer : trainers) {
      const std::string run = model.substr(0, model.find("__")), start = trainer + "-";
      if (run == trainer) runs.insert("");
      if (run.starts_with(start)) runs.insert(run.substr(start.size()));
    }
  return runs;
}

/// A name that was mistyped is no run that is not trained.
void require_runs(const data::WorkFolder& work, const SelectOptions& options) {
  const auto runs = runs_of(trained_models(work), options.trainers);
  for (const std::string& name : options.names) {
    if (name.empty() || runs.empty() || runs.contains(name)) continue;
    std::vector<std::string> others;
    for (const std::string& run : runs) others.push_back(run.empty() ? "one without a name" : run);
    throw Error(SettingValue{"name", name},
                "is no name of a run in " + (work.root / "results").string(),
                "there are " + joined(others));
  }
}

/// Folds without a final validation.
std::vector<std::string> folds_missing(const ComparedModel& model,
                                       const std::vector<std::string>& folds) {
  std::vector<std::string> missing;
  for (const std::string& fold : folds)
    if (!fs::is_directory(model.validation(fold))) missing.push_back(fold);
  return missing;
}

/// Every model with all the folds.
std::vector<ComparedModel> all_models(const data::WorkFolder& work, const SelectOptions& options,
                                      const Reporter& reporter) {
  std::vector<ComparedModel> models;
  for (const fs::path& file : data::plans_files(work)) {
    const plan::Plans plans = data::read_work_plans(work, file.stem().string());
    for (const std::string& configuration : plans.configuration_names())
      for (const std::string& trainer : trainers_of(work, plans.plans_name, configuration)) {
        const ComparedModel model =
            model_of(work, plans, {trainer, plans.plans_name, configuration});
        const auto missing = folds_missing(model, options.folds);
        if (missing.empty())
          models.push_back(model);
        else
          reporter.say(model.folder.filename().string() + " lacks fold " + joined(missing) +
                       " and is left out");
      }
  }
  return models;
}

Error nothing_to_compare(const data::WorkFolder& work, const SelectOptions& options) {
  const std::string where = work.root.string();
  const auto trained = trained_models(work);
  if (trained.empty())
    return {ErrorKind::not_trained,
            {where, "no configuration is trained", "train the folds of at least one"}};
  if (options.all_models)
    return {where, "no model has fold " + joined(options.folds) + " and its validation",
            "train what is missing, or name the folds to compare"};
  return {where, "none of the models asked for is trained; there are " + joined(trained),
          "name the configurations, plans, trainers and names of some, or compare all"};
}

}  // namespace

fs::path ComparedModel::validation(const std::string& fold) const {
  return folder / ("fold_" + fold) / "validation";
}

std::vector<ComparedModel> compared_models(const data::WorkFolder& work,
                                           const SelectOptions& options, const Reporter& reporter) {
  if (!options.all_models) require_runs(work, options);
  auto models = options.all_models ? all_models(work, options, reporter)
                                   : named_models(work, options, reporter);
  if (models.empty()) throw nothing_to_compare(work, options);
  return models;
}

}  // namespace seg::train
