#include "seg/data/plan_dataset.hpp"

#include <algorithm>

#include "cases/dataset_reader.hpp"
#include "seg/data/extract_fingerprint.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/lock.hpp"
#include "seg/plan/same_place.hpp"
#include "work/source_record.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

bool up_to_date(const WorkFolder& work, const Json& source) {
  return fs::exists(work.fingerprint()) && fs::exists(work.source()) &&
         read_json(work.source()) == source;
}

/// What a fingerprint is made from.
struct Measured {
  plan::Dataset dataset;
  std::vector<Case> cases;
  std::string reader;
  Json source;  ///< as records/source.json keeps it
};

Measured measured(const fs::path& folder) {
  Measured found{plan::read_dataset(folder), {}, {}, {}};
  found.cases = training_cases(folder, found.dataset);
  found.reader = dataset_reader(found.dataset, found.cases);
  found.source = source_record(folder, found.cases);
  found.source["image_reader"] = found.reader;
  return found;
}

plan::Fingerprint current_fingerprint(const fs::path& folder, const WorkFolder& work,
                                      const PlanDatasetOptions& options, const Reporter& reporter) {
  const auto [dataset, cases, reader, source] = measured(folder);
  const bool known = leads(options.ranks) && up_to_date(work, source);
  if (options.ranks ? options.ranks->any(known) : known) {
    reporter.say("using " + work.fingerprint().string() + ", which is up to date");
    return plan::read_fingerprint(work.fingerprint());
  }
  plan::Fingerprint fingerprint = extract_fingerprint(
      cases, dataset,
      {options.jobs, image_reader(reader, dataset.name), options.memory, options.ranks}, reporter);
  fingerprint.image_reader = reader;
  if (!leads(options.ranks)) return fingerprint;
  fs::remove(work.source());
  write_json(work.fingerprint(), plan::to_json(fingerprint));
  write_json(work.dataset_json(), dataset.json);
  write_json(work.source(), source);
  forget_removed_cases(work, cases, reporter);
  return fingerprint;
}

/// @param model folder of a trained model, or a file of plans.
plan::Plans plans_of(const fs::path& model) {
  return plan::read_plans(fs::is_directory(model) ? model / "plans.json" : model);
}

/// plans.json for nnU-Net's usual planner; a file of their own for those of others, so that these
/// lie beside it.
fs::path plans_file(const WorkFolder& work, const std::optional<std::string>& given,
                    const plan::Plans& plans) {
  if (given) return work.plans(*given);
  return work.plans(plans.plans_name == "nnUNetPlans" ? "" : plans.plans_name);
}

/// The work folder has files of its own under these names.
bool is_taken(const std::string& plans_name) {
  const WorkFolder work;
  for (const fs::path& file :
       {work.dataset_json(), work.fingerprint(), work.splits(), work.groups()})
    if (file.stem() == plans_name) return true;
  return false;
}

/// Of a checkpoint to start from, else as the planner names them.
std::optional<std::string> given_name(const PlanDatasetOptions& options) {
  if (!options.pretraining) return options.planner.plans_name;
  return options.planner.plans_name.value_or(options.pretraining->plans_name);
}

void check(const fs::path& folder, const WorkFolder& work, const PlanDatasetOptions& options) {
  const auto& name = options.planner.plans_name;
  if (name && !is_plain_name(*name))
    throw Error(SettingValue{"plans_name", *name}, "is no name of a file",
                "give a name without / and \\ and a dot in front");
  if (name && is_taken(*name))
    throw Error(SettingValue{"plans_name", *name}, "is the name of another file of a work folder",
                "choose another name");
  refuse_same_place(work.root, folder, "the dataset itself");
  if (options.like) plans_of(*options.like);  // before scans are measured for it
  if (!is_utf8(fs::absolute(folder).string()))
    throw Error(folder.string(), "has bytes in its path that are no UTF-8",
                "rename it: the work folder keeps the path in a JSON file");
}

/// What earlier plans left that were killed. Others' files are not touched: a training may write
/// splits while it does not hold the lock.
void remove_half_planned(const WorkFolder& work) {
  for (const fs::path& file : {work.dataset_json(), work.fingerprint(), work.source()})
    remove_half_written(file.parent_path(), std::string("-").append(file.filename().string()));
}

/// Names of the folders in results/ whose models were trained by plans of this name.
std::vector<std::string> models_of(const WorkFolder& work, const std::string& plans_name) {
  std::vector<std::string> models;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(work.root / "results", none)) {
    const std::string name = entry.path().filename().string();
    if (name.find("__" + plans_name + "__") != std::string::npos) models.push_back(name);
  }
  std::ranges::sort(models);
  return models;
}

/// The configurations in a file of plans; null where it is not there or cannot be read.
Json configurations_in(const fs::path& plans) try {
  return read_json(plans).at("configurations");
} catch (const std::exception&) {
  return {};
}

/// Models stay what they are when other plans come; who trained them should know.
void tell_replaced_plans(const WorkFolder& work, const PlannedDataset& planned,
                         const Reporter& reporter) {
  const auto models = models_of(work, planned.plans.plans_name);
  const Json earlier = models.empty() ? Json() : configurations_in(planned.plans_file);
  if (earlier.is_null() || earlier == planned.plans.json.at("configurations")) return;
  reporter.warn(planned.plans_file.string() +
                ": other configurations are planned than those that " + seg::joined(models) +
                " were trained with; plans with a name of their own lie beside it");
}

/// Why plans are so that were not made from this dataset alone.
std::string taken_over(const fs::path& plans) {
  return "all configurations: taken over from " + plans.string() +
         " with spacing, axis order, normalisation, patch, batch and network, so that its weights "
         "fit";
}

std::string brought_by(const plan::Pretraining& pretraining) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : pretraining.configuration.items()) parts.push_back(name);
  return "3d_fullres alone, to start from the checkpoint" +
         (parts.empty() ? "" : "; its " + seg::joined(parts) + " instead of what is above");
}

/// The locked work folder of who writes it. One that was made for a plan that came to nothing goes
/// again; what was measured stays for the next plan.
class LockedWork {
 public:
  explicit LockedWork(const WorkFolder& work)
      : work_(work), is_new_(!fs::exists(work.root)), lock_(work.root) {
    remove_half_planned(work);
  }
  ~LockedWork() {
    std::error_code left;
    if (is_new_ && !fs::exists(work_.source(), left)) fs::remove_all(work_.root, left);
  }
  LockedWork(const LockedWork&) = delete;
  LockedWork& operator=(const LockedWork&) = delete;

 private:
  WorkFolder work_;
  bool is_new_;
  FolderLock lock_;
};

}  // namespace

PlannedDataset plan_dataset(const fs::path& folder, const WorkFolder& work,
                            const PlanDatasetOptions& options, const Reporter& reporter) {
  const plan::Dataset dataset = plan::read_dataset(folder);
  check(folder, work, options);
  std::optional<LockedWork> lock;
  if (leads(options.ranks)) lock.emplace(work);
  const plan::Fingerprint fingerprint = current_fingerprint(folder, work, options, reporter);
  plan::PlannerOptions planner = options.planner;
  planner.image_reader_writer = fingerprint.image_reader;
  if (options.pretraining) planner.plans_name.reset();
  PlannedDataset planned;
  planned.plans = options.like
                      ? plan::move_plans(plans_of(*options.like), dataset,
                                         {planner.plans_name, planner.image_reader_writer})
                      : plan::plan_experiment(dataset, fingerprint, planner, &planned.explanation);
  if (options.like) planned.explanation = {taken_over(*options.like)};
  if (options.pretraining) {
    planned.explanation.push_back(brought_by(*options.pretraining));
    planner.plans_name = given_name(options);
    planned.plans = plan::pretrain_plans(planned.plans, *options.pretraining, *planner.plans_name);
  }
  planned.plans_file = plans_file(work, planner.plans_name, planned.plans);
  if (lock) {
    remove_half_written(work.root, std::string("-").append(planned.plans_file.filename().string()));
    tell_replaced_plans(work, planned, reporter);
    write_json(planned.plans_file, planned.plans.json);
  }
  if (options.ranks) options.ranks->wait_for_all();
  return planned;
}

fs::path plan_record(const WorkFolder& work, const fs::path& plans_file) {
  const std::string name = plans_file.stem().string();
  return work.record(name == "plans" ? "plan" : "plan_" + name);
}

std::vector<std::string> plan_intentions(const fs::path& folder, const WorkFolder& work,
                                         const PlanDatasetOptions& options) {
  check(folder, work, options);
  const auto [dataset, cases, reader, source] = measured(folder);
  std::vector<std::string> lines;
  const bool current = up_to_date(work, source);
  for (const fs::path& file : {work.fingerprint(), work.dataset_json(), work.source()})
    lines.push_back(current ? to_leave(file, "is up to date") : to_write(file));
  plan::Plans plans;
  plans.plans_name = plan::plans_name_of(options.planner);
  if (options.like)
    plans =
        plan::move_plans(plans_of(*options.like), dataset, {options.planner.plans_name, reader});
  const fs::path file = plans_file(work, given_name(options), plans);
  lines.push_back(to_write(file));
  lines.push_back(to_write(plan_record(work, file)));
  return lines;
}

}  // namespace seg::data
