#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/data/ranks.hpp"
#include "seg/data/verify.hpp"
#include "seg/plan/experiment.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Names of what lies in a WORK folder. Nothing is read or made by these functions.
struct WorkFolder {
  std::filesystem::path root;

  std::filesystem::path dataset_json() const { return root / "dataset.json"; }
  std::filesystem::path fingerprint() const { return root / "dataset_fingerprint.json"; }
  std::filesystem::path splits() const { return root / "splits_final.json"; }
  /// See read_groups().
  std::filesystem::path groups() const { return root / "groups.json"; }
  /// plans.json, or NAME.json for plans that the user gave a name.
  /// @throws Error for a name with folders in it.
  std::filesystem::path plans(const std::string& name) const;
  /// Folder of <case>.npy, <case>_seg.npy and <case>.json of a configuration.
  std::filesystem::path preprocessed(const plan::Configuration& configuration) const;
  /// Model folder: results/<trainer>__<plans>__<configuration>.
  std::filesystem::path results(const std::string& trainer, const std::string& plans_name,
                                const std::string& configuration) const;
  /// Which dataset folder WORK was planned from, and its files: records/source.json.
  std::filesystem::path source() const { return record("source"); }
  /// Record of what a command ran with: records/<command>.json.
  std::filesystem::path record(const std::string& command) const;
};

/// seg_work/<name of the dataset folder>, in the current folder.
WorkFolder default_work_folder(const std::filesystem::path& dataset_folder);

/// @throws Error for a folder that is not there, with the nearest name that is, for a dataset, for
/// a part of a work folder, and for a folder of several.
void require_work_folder(const WorkFolder& work);

/// The dataset folder that WORK was planned from.
/// @throws Error when WORK was not planned or the dataset is no longer there.
std::filesystem::path dataset_folder(const WorkFolder& work);

/// The files of plans that lie in WORK, in the order of their names.
/// @throws Error for a file that cannot be read.
std::vector<std::filesystem::path> plans_files(const WorkFolder& work);

/// Reads WORK's plans: those of the name; without a name plans.json, or the only ones where there
/// is no plans.json.
/// @throws Error that says how to make them when they are not there, and for several without a
/// plans.json.
plan::Plans read_work_plans(const WorkFolder& work, const std::string& plans_name);

/// Reads WORK's dataset.json; Dataset::name is the dataset folder's.
plan::Dataset read_work_dataset(const WorkFolder& work);

/// Both, with one configuration. @throws Error as these, and for plans that cannot be used.
plan::Experiment read_work_experiment(const WorkFolder& work, const std::string& plans_name,
                                      const std::string& configuration);

/// Training cases (scans and label maps) of the dataset that WORK was planned from.
std::vector<Case> work_cases(const WorkFolder& work);
/// Their names.
std::vector<std::string> work_case_names(const WorkFolder& work);

/// What WORK holds of cases that the dataset has no longer goes, and a line says so: preprocessed
/// cases, links to label maps, and splits that make_splits() made of them. Only for who holds
/// WORK's lock.
void forget_removed_cases(const WorkFolder& work, const std::vector<Case>& cases,
                          const Reporter& reporter);

/// What is unusual about WORK's splits, if it has any; see split_file_problems().
std::vector<Finding> verify_splits(const std::filesystem::path& dataset_folder,
                                   const WorkFolder& work);

/// Warns of files of the dataset that came, went or changed since it was planned.
/// @throws Error when its dataset.json says something else than when it was planned.
void check_dataset_is_as_planned(const WorkFolder& work, const std::vector<Case>& cases,
                                 const Reporter& reporter);

/// WORK/gt_segmentations: links to the label maps of the training cases, wherever the dataset keeps
/// them, named <case><file_ending>.
std::filesystem::path link_reference_labels(const WorkFolder& work);

struct PreprocessWorkOptions {
  std::string configuration = "3d_fullres";
  std::string plans_name;                   ///< empty: plans.json
  int jobs = 1;                             ///< cases at a time
  const std::atomic<bool>* stop = nullptr;  ///< see preprocess_dataset()
  std::int64_t memory = 0;                  ///< that the cases may take, see ParallelCases
  Ranks* ranks = nullptr;                   ///< that share the cases
};

/// Preprocesses what is missing of a configuration; see preprocess_dataset(). Waits, saying so,
/// while another process plans or preprocesses in WORK.
void preprocess_work(const WorkFolder& work, const PreprocessWorkOptions& options,
                     const Reporter& reporter = {});

/// What it would write or leave, one line for each case. Writes nothing; warns as it does.
std::vector<std::string> preprocess_intentions(const WorkFolder& work,
                                               const PreprocessWorkOptions& options,
                                               const Reporter& reporter = {});

/// The names that the command line takes for configurations: 3d stands for 3d_fullres, 3d_cascade
/// for 3d_cascade_fullres; others stay.
std::string full_configuration_name(const std::string& name);

}  // namespace seg::data
