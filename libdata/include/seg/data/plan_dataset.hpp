#pragma once

#include <filesystem>
#include <optional>

#include "seg/data/work_folder.hpp"
#include "seg/plan/planner.hpp"
#include "seg/plan/plans.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

struct PlanDatasetOptions {
  plan::PlannerOptions planner;  ///< its image_reader_writer is chosen by the dataset's files
  int jobs = 1;                  ///< cases read at the same time
  /// A model folder or plans.json of another dataset that is taken over instead of planning; see
  /// plan::move_plans(). Of `planner` only plans_name counts then.
  std::optional<std::filesystem::path> like;
  /// A checkpoint to start from: the planned dataset gets it, see plan::pretrain_plans(). The name
  /// of the plans is that of `planner`, or the checkpoint's.
  std::optional<plan::Pretraining> pretraining;
  std::int64_t memory = 0;  ///< that the cases may take, see ParallelCases
  Ranks* ranks = nullptr;   ///< that share the cases; the first one writes
};

struct PlannedDataset {
  plan::Plans plans;
  plan::Explanation explanation;
  std::filesystem::path plans_file;
};

/// Measures a dataset folder and plans it: writes dataset.json, dataset_fingerprint.json and the
/// plans into WORK (made if it is not there): those of nnU-Net's usual planner as plans.json, those
/// of other presets and models as <their plans_name>.json, unless `planner` gives a name. A
/// fingerprint made from the same files (path, size, time of change) is used again. A WORK that was
/// made here and into which nothing whole was written goes when planning fails.
/// @throws Error naming the process when another plans or preprocesses in WORK.
PlannedDataset plan_dataset(const std::filesystem::path& dataset_folder, const WorkFolder& work,
                            const PlanDatasetOptions& options, const Reporter& reporter = {});

/// Where planning leaves the record of what made a file of plans: records/plan.json for plans.json,
/// records/plan_NAME.json for others.
std::filesystem::path plan_record(const WorkFolder& work, const std::filesystem::path& plans_file);

/// What plan_dataset() would write or leave, one line for each file; lists the dataset's files, but
/// reads no image. Writes nothing.
/// @throws Error as it does for the dataset's files, names and the plans to take over.
std::vector<std::string> plan_intentions(const std::filesystem::path& dataset_folder,
                                         const WorkFolder& work, const PlanDatasetOptions& options);

}  // namespace seg::data
