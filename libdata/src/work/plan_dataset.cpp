#include "seg/data/plan_dataset.hpp"

#include "base/file_stamp.hpp"
#include "seg/data/extract_fingerprint.hpp"
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
  const Json source = source_record(folder, cases);
  if (up_to_date(work, source)) {
    reporter.say("using " + work.fingerprint().string() + ", which is up to date");
    return plan::read_fingerprint(work.fingerprint());
  }
  const plan::Fingerprint fingerprint = extract_fingerprint(cases, dataset, options.jobs, reporter);
  fs::remove(work.source());
  write_json(work.fingerprint(), plan::to_json(fingerprint));
  write_json(work.dataset_json(), dataset.json);
  write_json(work.source(), source);
  return fingerprint;
}

/// nnU-Net's name for what reads such files.
std::string image_reader_writer(const plan::Dataset& dataset, const plan::Fingerprint& measured) {
  if (dataset.image_reader_writer) return *dataset.image_reader_writer;
  const std::string& ending = dataset.file_ending;
  if (ending == ".png" || ending == ".bmp") return "NaturalImage2DIO";
  if (ending != ".tif" && ending != ".tiff") return "SimpleITKIO";
  return measured.shapes_after_crop.front()[0] > 1 ? "Tiff3DIO" : "NaturalImage2DIO";
}

/// @param model folder of a trained model, or a file of plans.
plan::Plans plans_of(const fs::path& model) {
  return plan::read_plans(fs::is_directory(model) ? model / "plans.json" : model);
}

}  // namespace

PlannedDataset plan_dataset(const fs::path& folder, const WorkFolder& work,
                            const PlanDatasetOptions& options, const Reporter& reporter) {
  const plan::Dataset dataset = plan::read_dataset(folder);
  const FolderLock lock(work.root);
  const plan::Fingerprint fingerprint = current_fingerprint(folder, work, options, reporter);
  plan::PlannerOptions planner = options.planner;
  planner.image_reader_writer = image_reader_writer(dataset, fingerprint);
  PlannedDataset planned;
  planned.plans = options.like
                      ? plan::move_plans(plans_of(*options.like), dataset,
                                         {planner.plans_name, planner.image_reader_writer})
                      : plan::plan_experiment(dataset, fingerprint, planner, &planned.explanation);
  planned.plans_file = work.plans(planner.plans_name.value_or(""));
  write_json(planned.plans_file, planned.plans.json);
  return planned;
}

}  // namespace seg::data
