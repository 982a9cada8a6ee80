#include "report/record_content.hpp"

#include <algorithm>
#include <array>

#include "base/sorted_entries.hpp"
#include "seg/plan/joined.hpp"
#include "train/fold_folder.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

bool is_record_name(const std::string& name) {
  constexpr std::array starts{"seg_train", "seg_validate", "seg_predict", "seg_evaluate"};
  return name.ends_with(".json") &&
         std::ranges::any_of(starts, [&](const char* start) { return name.starts_with(start); });
}

void add_records(const fs::path& folder, std::vector<fs::path>& files) {
  for (const fs::path& entry : sorted_entries(folder))
    if (is_record_name(entry.filename().string())) files.push_back(entry);
}

std::vector<fs::path> record_files(const ReportSources& sources) {
  std::vector<fs::path> files;
  if (sources.work)
    for (const fs::path& entry : sorted_entries(sources.work->root / "records"))
      if (entry.extension() == ".json" && entry != sources.work->source()) files.push_back(entry);
  for (const fs::path& model : sources.models)
    for (const fs::path& fold : fold_folders(model)) add_records(fold, files);
  if (sources.kind == "predictions") add_records(sources.folder, files);
  return files;
}

std::string shown_name(const fs::path& file, const ReportSources& sources) {
  const std::string name = file.lexically_relative(sources.folder).generic_string();
  return name.starts_with("..") && sources.work
             ? file.lexically_relative(sources.work->root).generic_string()
             : name;
}

Json selection_of(const Json& information) {
  const Json& best = information.at("best_model_or_ensemble");
  std::vector<std::string> names;
  for (const Json& model : best.at("selected_model_or_models"))
    names.push_back(model.at("trainer").get<std::string>() + "__" +
                    model.at("plans_identifier").get<std::string>() + "__" +
                    model.at("configuration").get<std::string>());
  Json results = Json::array();
  for (const auto& [name, dice] : information.at("all_results").items())
    results.push_back({name, dice});
  return {{"best", joined(names, " and ")},
          {"dice", best.at("result_on_crossval_pre_pp")},
          {"dice_after_postprocessing", best.at("result_on_crossval_post_pp")},
          {"results", results}};
}

/// Names in a model's or a fold's folder that are worth a link.
constexpr std::array linked{"dataset.json",        "dataset_fingerprint.json",
                            "plans.json",          "splits_final.json",
                            "postprocessing.json", "inference_instructions.txt",
                            "training_log.txt",    "progress.png",
                            "progress.json",       "settings.json",
                            "split.json",          "checkpoint_final.pth",
                            "checkpoint_best.pth", "summary.json",
                            "statistics.json",     "statistics.csv"};

std::vector<fs::path> linked_folders(const ReportSources& sources) {
  std::vector<fs::path> folders{sources.folder};
  if (sources.kind == "work") folders.push_back(sources.folder / "results");
  for (const fs::path& model : sources.models) {
    if (model != sources.folder) folders.push_back(model);
    for (const fs::path& entry : sorted_entries(model))
      if (entry.filename().string().starts_with("crossval_results_folds_"))
        folders.push_back(entry);
    for (const fs::path& fold : fold_folders(model)) {
      folders.push_back(fold);
      folders.push_back(fold / "validation");
    }
  }
  return folders;
}

}  // namespace

Json records_content(const ReportSources& sources, Notices& notices) {
  std::vector<Json> records;
  for (const fs::path& file : record_files(sources)) {
    const Json record = read_if_there(file, notices);
    if (record.is_object() && record.contains("command"))
      records.push_back({{"file", shown_name(file, sources)}, {"record", record}});
  }
  const auto started = [](const Json& one) {
    const Json time = one["record"].value("started", Json());
    return time.is_string() ? time.get<std::string>() : std::string();
  };
  std::ranges::stable_sort(records, {}, started);
  return records;
}

Json selection_content(const ReportSources& sources, Notices& notices) {
  if (!sources.work) return {};
  const fs::path file = sources.work->root / "results" / "inference_information.json";
  const Json information = read_if_there(file, notices);
  Json selection;
  if (!information.is_null()) notices.guard(file, [&] { selection = selection_of(information); });
  return selection;
}

Json files_content(const ReportSources& sources, const fs::path& page) {
  const fs::path here = fs::weakly_canonical(page).parent_path();
  Json files = Json::array();
  for (const fs::path& folder : linked_folders(sources))
    for (const fs::path& file : sorted_entries(folder)) {
      const std::string name = file.filename().string();
      const bool wanted = std::ranges::find(linked, name) != linked.end() || is_record_name(name) ||
                          std::ranges::find(sources.plans, file) != sources.plans.end();
      if (!wanted || !fs::is_regular_file(file)) continue;
      files.push_back({{"name", shown_name(file, sources)},
                       {"link", file.lexically_relative(here).generic_string()},
                       {"bytes", fs::file_size(file)}});
    }
  return files;
}

}  // namespace seg::train
