#include "report/sources.hpp"

#include <algorithm>

#include "base/sorted_entries.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/nearest_entry.hpp"
#include "seg/plan/one_line.hpp"
#include "seg/train/model.hpp"
#include "train/fold_folder.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

bool has_folds(const fs::path& folder) { return !fold_folders(folder).empty(); }

bool is_work(const fs::path& folder) {
  const data::WorkFolder work{folder};
  return fs::exists(work.source()) || fs::exists(work.fingerprint());
}

bool is_predictions(const fs::path& folder) {
  if (fs::exists(folder / "summary.json") || fs::exists(folder / "dataset.json")) return true;
  return std::ranges::any_of(sorted_entries(folder), [](const fs::path& entry) {
    return entry.filename().string().starts_with("seg_predict");
  });
}

std::string kind_of_folder(const fs::path& folder) {
  if (fs::is_regular_file(folder))
    throw Error(folder.string(), "is a file, not a folder",
                "give a work folder, a model or a folder of predictions");
  if (!fs::is_directory(folder))
    throw Error(ErrorKind::not_found,
                {folder.string(), "there is no such folder", nearest_entry(folder)});
  if (has_folds(folder)) return "model";
  if (is_work(folder)) return "work";
  if (fs::is_directory(folder / "imagesTr"))
    throw Error(folder.string(), "is a dataset", "give the work folder that seg plan made of it");
  if (is_predictions(folder)) return "predictions";
  const std::string near = models_near(folder);
  throw Error(
      ErrorKind::not_found,
      {folder.string(), "is neither a work folder, a model nor a folder of predictions",
       "give " + (near.empty() ? "one that seg plan, seg train or seg predict made" : near)});
}

/// A model's work folder: WORK/results/MODEL.
std::optional<data::WorkFolder> work_above(const fs::path& model) {
  const fs::path results = model.parent_path();
  if (results.filename() != "results" || !is_work(results.parent_path())) return std::nullopt;
  return data::WorkFolder{results.parent_path()};
}

std::vector<fs::path> plans_in(const ReportSources& sources, Notices& notices) {
  std::vector<fs::path> files;
  if (sources.kind != "work") {
    if (fs::exists(sources.folder / "plans.json")) files.push_back(sources.folder / "plans.json");
    return files;
  }
  notices.guard(sources.folder, [&] { files = data::plans_files(*sources.work); });
  return files;
}

std::vector<fs::path> models_in(const ReportSources& sources) {
  if (sources.kind == "model") return {sources.folder};
  std::vector<fs::path> models;
  if (sources.kind == "work")
    for (const fs::path& entry : sorted_entries(sources.folder / "results"))
      if (has_folds(entry)) models.push_back(entry);
  return models;
}

plan::Dataset dataset_of(const ReportSources& sources) {
  if (sources.work && fs::exists(sources.work->source()))
    return data::read_work_dataset(*sources.work);
  return plan::read_dataset(sources.folder);
}

}  // namespace

void Notices::add(const std::string& line) {
  lines_.push_back(one_line(line));
  reporter_.warn(lines_.back());
}

bool Notices::guard(const fs::path& source, const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    add(std::string(error.what()) + "; the report leaves it out");
  } catch (const nlohmann::json::exception& error) {
    add(source.string() + ": is not as it should be (" + error.what() +
        "); the report leaves it out");
  } catch (const fs::filesystem_error& error) {
    add(source.string() + ": cannot be read (" + error.code().message() +
        "); the report leaves it out");
  }
  return false;
}

Json read_if_there(const fs::path& file, Notices& notices) {
  Json json;
  if (fs::exists(file)) notices.guard(file, [&] { json = read_json(file); });
  return json;
}

ReportSources find_sources(const fs::path& folder, Notices& notices) {
  ReportSources sources;
  sources.kind = kind_of_folder(folder);
  sources.folder = fs::canonical(folder);
  if (sources.kind == "work") sources.work = data::WorkFolder{sources.folder};
  if (sources.kind == "model") sources.work = work_above(sources.folder);
  if (fs::exists(sources.folder / "dataset.json"))
    notices.guard(sources.folder / "dataset.json", [&] { sources.dataset = dataset_of(sources); });
  sources.plans = plans_in(sources, notices);
  sources.models = models_in(sources);
  return sources;
}

}  // namespace seg::train
