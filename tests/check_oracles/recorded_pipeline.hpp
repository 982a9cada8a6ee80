#pragma once

#include "seg/data/augment.hpp"
#include "seg/plan/files.hpp"
#include "topic.hpp"

namespace seg::oracles {

/// What decides a training pipeline of seg.
struct PipelineSettings {
  std::vector<std::int64_t> patch;
  data::AugmentationGeometry geometry;
  data::Sampling sampling{};
  data::AugmentationTable table{};
};

/// Every entry of ours must be recorded with the same value.
void compare_settings(const Json& ours, const Json& theirs, Outcome& outcome);

/// Compares the geometry with nnU-Net's, recorded with the names of nnUNetTrainer; no mirror axes
/// are recorded as null.
void compare_geometry(const data::AugmentationGeometry& geometry, const Json& recorded,
                      Outcome& outcome);

/// Compares the transforms that seg draws from with nnU-Net's, in order; numbers that seg does not
/// have (elastic deformation) must be off. Steps that depend on the labels are taken over.
void compare_training_pipeline(const Json& recorded, const PipelineSettings& settings,
                               Outcome& outcome);

/// The same for validation, where nothing is drawn.
void compare_validation_pipeline(const Json& recorded, Outcome& outcome);

/// All of that for a dumped pipeline of nnUNetTrainer.
void replay_pipeline(const Json& recorded, Outcome& outcome);

}  // namespace seg::oracles
