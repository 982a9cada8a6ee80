#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/dataset.hpp"
#include "seg/plan/fingerprint.hpp"
#include "seg/plan/plans.hpp"

namespace seg::plan {

struct PlannerOptions {
  /// a name of preset_names(), or a JSON file with one entry as in configs/planners.json
  std::string preset = "default";
  std::optional<double> gpu_memory_gb;             ///< memory target; the preset's own if empty
  std::optional<std::array<double, 3>> spacing;    ///< target spacing in mm, original axis order
  std::optional<std::string> plans_name;           ///< the preset's own (nnUNetPlans, ...) if empty
  std::optional<std::string> image_reader_writer;  ///< image_reader() if empty
};

/// Names of the presets in configs/: nnU-Net's planners (default, resenc-m, ...) and the networks
/// of other families (mednext-b-k5, ...).
std::vector<std::string> preset_names();

/// Those of nnU-Net's planners, then the names of nnU-Net's classes that they stand for; either
/// names a preset.
std::vector<std::string> planner_names();

/// What plans made with these options are called.
std::string plans_name_of(const PlannerOptions& options);

/// Why a number of the plan is what it is: one line per decision, in the order they were made.
using Explanation = std::vector<std::string>;

/// Plans a dataset as nnU-Net v2.8.1's planners do (ExperimentPlanner, nnUNetPlannerResEncM/L/XL),
/// or by the same rules for a network of another family: its preset says how often it pools and
/// what memory it needs.
/// @param explanation if given, receives the reasons.
/// `PlannerOptions::spacing` replaces the target spacing of 2d and 3d_fullres.
/// @throws Error when the fingerprint cannot be planned (no cases, channels that disagree, spacings
/// that are not above 0), the preset is unknown or no patch fits the memory target.
Plans plan_experiment(const Dataset& dataset, const Fingerprint& fingerprint,
                      const PlannerOptions& options, Explanation* explanation = nullptr);

struct MovePlansOptions {
  std::optional<std::string> plans_name;           ///< <source plans>From<source dataset> if empty
  std::optional<std::string> image_reader_writer;  ///< the source's if empty
};

/// Plans of another dataset for this one, so that weights trained with them fit (what nnU-Net's
/// move_plans_between_datasets does): spacing, axis order, normalisation, patch, batch and network
/// stay; names and the folders of preprocessed data become new ones.
/// @throws Error when the datasets differ in their number of channels.
Plans move_plans(const Plans& source, const Dataset& dataset, const MovePlansOptions& options);

/// A checkpoint that a training shall start from.
struct Pretraining {
  std::string plans_name;  ///< unless the plans are given another
  Json information;        ///< nnU-Net's "pretrain_info"
  Json settings;           ///< of the training, as in configs/training.json
  /// What 3d_fullres has instead of what was planned (architecture, patch_size, perhaps spacing);
  /// every channel is then normalised by its z-score. Empty: all is as planned.
  Json configuration = Json::object();
};

/// Plans for a training that starts from a checkpoint: their 3d_fullres alone, with its training
/// settings and what the checkpoint asks for, under another name.
/// @throws Error when there is no 3d_fullres, and when what is asked for does not fit together.
Plans pretrain_plans(const Plans& plans, const Pretraining& pretraining,
                     const std::string& plans_name);

}  // namespace seg::plan
