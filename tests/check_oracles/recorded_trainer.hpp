#pragma once

#include "seg/plan/files.hpp"
#include "topic.hpp"

namespace seg::oracles {

/// What one of nnU-Net's trainers was set up with, against the settings that seg has for its name:
/// optimiser, learning rates, geometry, pipelines, loss, oversampling, normalisation. Where nnU-Net
/// refuses to run, nothing is compared.
/// @param manifest of the topic; it holds the situations and the pipelines.
void replay_trainer(const Json& manifest, const Json& recorded, Outcome& outcome);

/// Its pipeline of training in a cascade.
void replay_cascade(const Json& manifest, const std::string& trainer, Outcome& outcome);

/// Whether anything was recorded for it that seg has settings for.
bool has_settings(const Json& recorded);

}  // namespace seg::oracles
