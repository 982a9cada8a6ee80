#pragma once

#include "augment/transform.hpp"

namespace seg::data {

/// The transforms of patches, in the order in which they run: those of nnU-Net's default pipeline
/// (nnUNetTrainer.get_training_transforms) and, between them, those that only nnUNetTrainerDA5 has.
const std::vector<Transform>& patch_transforms();

/// Those that spoil a cascade's previous stage, in order.
const std::vector<Transform>& previous_stage_transforms();

/// Both lists.
std::vector<Transform> all_transforms();

/// @throws std::logic_error for a name that no transform has.
const Transform& transform_named(const std::string& name);

/// What a transform draws for an item, from its own stream: whatever the others do or draw, and
/// whichever items are in the batch.
Drawn drawn_for(const Transform& transform, const DrawPosition& item, const ItemFormat& format,
                const AugmentationTable& table);

}  // namespace seg::data
