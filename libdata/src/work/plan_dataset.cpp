#include "seg/data/plan_dataset.hpp"

#include "base/file_stamp.hpp"
#include "cases/dataset_reader.hpp"
#include "seg/data/extract_fingerprint.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/lock.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

/// What a fingerprint was measured from. WORK keeps it to know whether it still holds.
Json source_record(const fs::path& folder, const std::vector<Case>& cases) {
  Json files = Json::array({file_stamp(folder / "dataset.json")});
  for (const Case& entry : cases) {
    for (const fs::path& channel : entry.channels) files.push_back(file_stamp(channel));
    if (entry.label) files.push_back(file_stamp(*entry.label));
  }
  return {{"dataset_folder", fs::canonical(folder).string()}, {"files", files}};
}

bool up_to_date(const WorkFolder& work, const Json& source) {
  return fs::exists(work.fingerprint()) && fs::exists(work.source()) &&
         read_json(work.source()) == source;
}

plan::Fingerprint current_fingerprint(const fs::path& folder, const WorkFolder& work,
                                      const PlanDatasetOptions& options, const Reporter& reporter) {
  const plan::Dataset dataset = plan::read_dataset(folder);
  const std::vector<Case> cases = training_cases(folder, dataset);
  const std::string reader = dataset_reader(dataset, cases);
  Json source = source_record(folder, cases);
  source["image_reader"] = reader;
  if (up_to_date(work, source)) {
    reporter.say("using " + work.fingerprint().string() + ", which is up to date");
    return plan::read_fingerprint(work.fingerprint());
  }
  plan::Fingerprint fingerprint = extract_fingerprint(
      cases, dataset, {options.jobs, image_reader(reader, dataset.name)}, reporter);
  fingerprint.image_reader = reader;
  fs::remove(work.source());
  write_json(work.fingerprint(), plan::to_json(fingerprint));
  write_json(work.dataset_json(), dataset.json);
  write_json(work.source(), source);
  return fingerprint;
}

/// @param model folder of a trained model, or a file of plans.
plan::Plans plans_of(const fs::path& model) {
  return plan::read_plans(fs::is_directory(model) ? model / "plans.json" : model);
}

}  // namespace

PlannedDataset plan_dataset(const fs::path& folder, const WorkFolder& work,
                            const PlanDatasetOptions& options, const Reporter& reporter) {
  const plan::Dataset dataset = plan::read_dataset(folder);
  if (!is_utf8(fs::absolute(folder).string()))
    throw Error(folder.string(), "has bytes in its path that are no UTF-8",
                "rename it: the work folder keeps the path in a JSON file");
  const fs::path plans_file = work.plans(options.planner.plans_name.value_or(""));
  const FolderLock lock(work.root);
  const plan::Fingerprint fingerprint = current_fingerprint(folder, work, options, reporter);
  plan::PlannerOptions planner = options.planner;
  planner.image_reader_writer = fingerprint.image_reader;
  PlannedDataset planned;
  planned.plans = options.like
                      ? plan::move_plans(plans_of(*options.like), dataset,
                                         {planner.plans_name, planner.image_reader_writer})
                      : plan::plan_experiment(dataset, fingerprint, planner, &planned.explanation);
  planned.plans_file = plans_file;
  write_json(planned.plans_file, planned.plans.json);
  return planned;
}

}  // namespace seg::data
