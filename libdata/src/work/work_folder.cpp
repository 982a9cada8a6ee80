#include "seg/data/work_folder.hpp"

#include <algorithm>

#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

void link_to(const fs::path& label, const fs::path& link) {
  std::error_code there_is_none;
  if (fs::equivalent(label, link, there_is_none)) return;
  write_atomically(
      link, [&](const fs::path& temporary) { fs::create_symlink(fs::absolute(label), temporary); });
}

bool is_plans(const fs::path& file) {
  if (file.extension() != ".json") return false;
  const Json json = read_json(file);
  return json.is_object() && json.contains("configurations") && json.contains("plans_name");
}

/// What plans are read where none are named and there is no plans.json.
fs::path only_plans(const WorkFolder& work) {
  const auto files = plans_files(work);
  if (files.empty()) return work.plans("");
  if (files.size() == 1) return files.front();
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.stem().string());
  throw Error(SettingValue{"plans_name", seg::joined(names)}, "are all in " + work.root.string(),
              "name the one to use");
}

/// A dataset is easily given in the place of its work folder.
void refuse_dataset(const WorkFolder& work) {
  if (fs::exists(work.source()) || !fs::is_directory(work.root / "imagesTr")) return;
  const WorkFolder usual = default_work_folder(work.root);
  const bool is_planned = fs::exists(usual.source());
  throw Error(
      ErrorKind::not_found,
      {work.root.string(), "is a dataset, not the work folder that planning makes of it",
       is_planned ? "give " + usual.root.string() : "plan it first, and give what it says"});
}

/// So is something within it.
void refuse_part_of_work(const WorkFolder& work) {
  if (fs::exists(work.source())) return;
  for (fs::path above = fs::weakly_canonical(work.root); above.has_relative_path();
       above = above.parent_path())
    if (fs::exists(WorkFolder{above}.source()))
      throw Error(ErrorKind::not_found, {work.root.string(), "lies in a work folder, and is none",
                                         "give " + path_from_here(above)});
}

/// So is the folder of several work folders.
void refuse_folder_of_works(const WorkFolder& work) {
  std::vector<std::string> works;
  for (const auto& entry : fs::directory_iterator(work.root))
    if (fs::exists(WorkFolder{entry.path()}.source())) works.push_back(entry.path().string());
  std::ranges::sort(works);
  if (!fs::exists(work.source()) && !works.empty())
    throw Error(ErrorKind::not_found, {work.root.string(), "holds work folders, and is none",
                                       "give one of them: " + seg::joined(works)});
}

}  // namespace

fs::path WorkFolder::plans(const std::string& name) const {
  if (!name.empty() && !is_file_name(name))
    throw Error(SettingValue{"plans_name", name}, "cannot name a file",
                "give a name without folders");
  return root / ((name.empty() ? "plans" : name) + ".json");
}

fs::path WorkFolder::preprocessed(const plan::Configuration& configuration) const {
  return root / "preprocessed" / configuration.data_identifier;
}

fs::path WorkFolder::results(const std::string& trainer, const std::string& plans_name,
                             const std::string& configuration) const {
  return root / "results" / (trainer + "__" + plans_name + "__" + configuration);
}

fs::path WorkFolder::record(const std::string& command) const {
  return root / "records" / (command + ".json");
}

WorkFolder default_work_folder(const fs::path& dataset_folder) {
  const fs::path folder = fs::weakly_canonical(dataset_folder);
  return {fs::path("seg_work") /
          (folder.has_filename() ? folder.filename() : folder.parent_path().filename())};
}

void require_work_folder(const WorkFolder& work) {
  std::error_code unreadable;
  if (fs::exists(work.root, unreadable)) refuse_part_of_work(work);
  if (fs::is_directory(work.root, unreadable)) {
    refuse_dataset(work);
    return refuse_folder_of_works(work);
  }
  const bool is_file = fs::exists(work.root, unreadable);
  const std::string near = is_file ? "" : nearest_entry(work.root);
  throw Error(
      ErrorKind::not_planned,
      {work.root.string(), is_file ? "is a file, not a work folder" : "there is no such folder",
       (near.empty() ? "" : near + "; ") + "plan the dataset first"});
}

fs::path dataset_folder(const WorkFolder& work) {
  require_work_folder(work);
  if (!fs::exists(work.source()))
    throw Error(ErrorKind::not_planned,
                {work.root.string(), "is no folder that planning made", "plan the dataset first"});
  const fs::path folder = read_json(work.source()).value("dataset_folder", std::string());
  if (!fs::is_directory(folder))
    throw Error(ErrorKind::not_found,
                {folder.string(), "is no longer there, but " + work.root.string() + " needs it",
                 "plan again with the dataset's new place"});
  return folder;
}

std::vector<fs::path> plans_files(const WorkFolder& work) {
  std::vector<fs::path> files;
  if (fs::is_directory(work.root))
    for (const auto& entry : fs::directory_iterator(work.root))
      if (is_plans(entry.path())) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

plan::Plans read_work_plans(const WorkFolder& work, const std::string& plans_name) {
  require_work_folder(work);
  fs::path file = work.plans(plans_name);
  if (plans_name.empty() && !fs::exists(file)) file = only_plans(work);
  if (!fs::exists(file))
    throw Error(
        ErrorKind::not_planned,
        {work.root.string(), "has no " + file.filename().string(),
         plans_name.empty() ? "plan the dataset first" : "plan the dataset with this name first"});
  return plan::read_plans(file);
}

plan::Dataset read_work_dataset(const WorkFolder& work) {
  return plan::dataset_from_json(read_json(work.dataset_json()),
                                 dataset_folder(work).filename().string(),
                                 work.dataset_json().string());
}

plan::Experiment read_work_experiment(const WorkFolder& work, const std::string& plans_name,
                                      const std::string& configuration) {
  return plan::make_experiment(read_work_dataset(work), read_work_plans(work, plans_name),
                               configuration);
}

std::vector<Case> work_cases(const WorkFolder& work) {
  return training_cases(dataset_folder(work), read_work_dataset(work));
}

std::vector<std::string> work_case_names(const WorkFolder& work) {
  std::vector<std::string> names;
  for (const Case& one : work_cases(work)) names.push_back(one.name);
  return names;
}

fs::path link_reference_labels(const WorkFolder& work) {
  const fs::path folder = work.root / "gt_segmentations";
  const std::string ending = read_work_dataset(work).file_ending;
  for (const Case& scan : work_cases(work))
    if (scan.label) link_to(*scan.label, folder / (scan.name + ending));
  return folder;
}

std::string full_configuration_name(const std::string& name) {
  if (name == "3d") return "3d_fullres";
  if (name == "3d_cascade") return "3d_cascade_fullres";
  return name;
}

}  // namespace seg::data
