#include <algorithm>
#include <set>

#include "predict/filled_folder.hpp"
#include "predict/loaded_model.hpp"
#include "predict/prediction.hpp"
#include "seg/data/image.hpp"
#include "seg/data/image_header.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::vector<fs::path> files_of_folder(const Prediction& run) {
  if (run.destination.file) return {};
  const fs::path& folder = run.destination.folder;
  std::vector<fs::path> files{folder / "dataset.json", folder / "plans.json"};
  if (run.options.statistics)
    for (const char* name : {"statistics.json", "statistics.csv"}) files.push_back(folder / name);
  return files;
}

/// Rows of cases that are made again without statistics go from the folder's tables; with the last
/// one these go, too.
void add_tables_that_change(const Prediction& run, const std::set<std::string>& made,
                            std::vector<std::string>& lines) {
  const auto loses = [&](const std::string& name) { return loses_statistics(run, name); };
  if (std::ranges::none_of(made, loses)) return;
  Json rows = recorded_statistics(run.destination.folder);
  for (const std::string& name : made) rows.erase(name);
  for (const char* name : {"statistics.json", "statistics.csv"}) {
    const fs::path file = run.destination.folder / name;
    lines.push_back(rows.empty() ? to_remove(file) : to_write(file));
  }
}

/// Why a scan cannot be read, as far as its name and the beginnings of its files tell.
std::string problem_before_reading(const data::Case& scan) try {
  data::require_readable(scan);
  for (const fs::path& file : scan.channels) data::check_image_header(file);
  return "";
} catch (const Error& error) {
  return error.what();
}

/// Lines of what a run would do.
struct Intentions {
  std::vector<std::string> lines;
  std::set<std::string> made;   ///< cases
  std::set<std::string> unfit;  ///< cases that cannot be segmented
};

void add_case(const Prediction& run, const std::string& name, std::vector<std::string>& lines) {
  for (const fs::path& file : files_of_case(run, name)) lines.push_back(to_write(file));
  for (const fs::path& file : files_that_go(run, name)) lines.push_back(to_remove(file));
}

/// Goes on with those of a cascade's first stage: what it makes is made whatever is there.
Intentions intentions_of(const Prediction& run, const fs::path& scans, Intentions found,
                         const Reporter& reporter) {
  const CasesToDo to_do = cases_to_do(run, scans, reporter);
  for (const CaseToDo& one : to_do.cases) found.made.insert(one.scan.name);
  for (const CaseToDo& one : cases_of_part(run, scans, {})) {
    const std::string& name = one.scan.name;
    if (found.unfit.contains(name)) continue;
    if (!found.made.contains(name)) {
      found.lines.push_back(to_leave(run.files(name).labels, "is done"));
    } else if (const auto problem = problem_before_reading(one.scan); !problem.empty()) {
      reporter.warn("case " + name + " cannot be segmented: " + problem);
      found.unfit.insert(name);
    } else {
      add_case(run, name, found.lines);
    }
  }
  for (const fs::path& file : files_of_folder(run)) found.lines.push_back(to_write(file));
  add_tables_that_change(run, found.made, found.lines);
  return found;
}

}  // namespace

PredictIntentions predict_intentions(const fs::path& model, const fs::path& scans,
                                     const fs::path& output, const PredictOptions& options,
                                     const Reporter& reporter) {
  Prediction run = checked_prediction(model, scans, output, options, reporter);
  Intentions found;
  if (const auto folder = first_stage_folder(run)) {
    const fs::path stage = previous_stage_model(model, run.model.configuration);
    found = intentions_of(checked_prediction(stage, scans, *folder, first_stage(options), reporter),
                          scans, {}, reporter);
    run.options.previous_stage = *folder;
  }
  found = intentions_of(run, scans, std::move(found), reporter);
  return {found.lines, {found.unfit.begin(), found.unfit.end()}};
}

}  // namespace seg::train
