#include "seg/train/work_status.hpp"

#include "base/sorted_entries.hpp"
#include "seg/data/splits.hpp"
#include "seg/data/store.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/plans.hpp"
#include "train/fold_folder.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

std::vector<ConfigurationStatus> configurations(const data::WorkFolder& work) {
  std::vector<ConfigurationStatus> result;
  for (const fs::path& file : data::plans_files(work)) {
    const plan::Plans plans = plan::read_plans(file);
    for (const std::string& name : plans.configuration_names())
      result.push_back({file.stem().string(), name,
                        data::stored_cases(work.preprocessed(plans.configuration(name))).size()});
  }
  if (result.empty())
    throw Error(ErrorKind::not_found,
                {work.root.string(), "it holds no plans", "plan the dataset first"});
  return result;
}

std::size_t case_count(const data::WorkFolder& work) {
  try {
    return data::work_cases(work).size();
  } catch (const Error&) {
    return 0;  // the dataset has moved; what was made of it is still there
  }
}

/// Whether the fold's cases are others now; not where that cannot be known.
bool has_other_split(const data::WorkFolder& work, const fs::path& fold_folder,
                     const FoldFiles& files) {
  const std::string fold = fold_folder.filename().string().substr(std::string("fold_").size());
  if (!files.split || fold == "all") return false;
  try {
    return *files.split !=
           data::split_from_file(work.splits(), fold, data::work_case_names(work), {});
  } catch (const Error&) {
    return false;
  }
}

FoldStatus fold_status(const data::WorkFolder& work, const fs::path& folder) {
  const FoldFiles files = read_fold(folder);
  FoldStatus status;
  status.other_split = has_other_split(work, folder, files);
  status.model = folder.parent_path().filename().string();
  status.fold = folder.filename().string();
  status.state = state_of(files);
  status.process = files.holder;
  if (files.settings.is_object()) {
    status.all_epochs = files.settings.at("settings").at("epochs").get<std::int64_t>();
    status.epochs = files.settings.at("after_epochs").get<std::int64_t>();
  }
  if (files.log && files.log_is_of_this_run) {
    const TrainingLog& log = *files.log;
    status.epochs = static_cast<std::int64_t>(log.epochs());
    if (!log.ema_fg_dice.empty()) status.ema_dice = log.ema_fg_dice.back();
    if (status.state == "running" && status.all_epochs && !log.epoch_end_timestamps.empty())
      status.seconds_left = static_cast<double>(*status.all_epochs - status.epochs) *
                            (log.epoch_end_timestamps.back() - log.epoch_start_timestamps.back());
  }
  if (status.state == "validated")
    status.validation_dice = files.validation->at("foreground_mean").at("Dice").get<double>();
  return status;
}

std::vector<FoldStatus> folds(const data::WorkFolder& work) {
  std::vector<FoldStatus> result;
  for (const fs::path& model : sorted_entries(work.root / "results"))
    for (const fs::path& fold : fold_folders(model)) result.push_back(fold_status(work, fold));
  return result;
}

}  // namespace

WorkStatus work_status(const data::WorkFolder& work) {
  data::require_work_folder(work);
  return {case_count(work), configurations(work), folds(work)};
}

}  // namespace seg::train
