#pragma once

#include <filesystem>
#include <string>

#include "seg/net/checkpoint_value.hpp"
#include "seg/plan/reporter.hpp"
#include "train/training.hpp"

namespace seg::train {

/// A checkpoint that seg wrote, as it was read.
struct Checkpoint {
  net::Value content;
  Json record;         ///< "seg": {"options": ...}: what decides what the run computes
  std::string source;  ///< names the file in errors
};

/// @throws Error when the file is no checkpoint that seg can resume.
Checkpoint read_checkpoint(const std::filesystem::path& file);

/// The settings of the run that wrote it, see known_settings().
SettingsLayer settings_of(const Checkpoint& checkpoint, const Reporter& reporter);

/// Epochs that the run had finished.
std::int64_t epochs_of(const Checkpoint& checkpoint);

/// A checkpoint with nnU-Net's keys, so that Python nnU-Net loads it, and "seg": the settings and
/// where in the epoch the training is.
net::Value checkpoint_of(const Training& training);

/// Puts the weights alone back.
/// @throws Error when it is of a run with another plan or other cases.
void load_weights(Training& training, const Checkpoint& checkpoint);

/// Puts weights, optimiser and state back.
/// @throws Error when it is of a run on another device, in another precision, with another plan or
/// other cases.
void restore(Training& training, const Checkpoint& checkpoint);

}  // namespace seg::train
