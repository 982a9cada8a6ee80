#pragma once

#include <string>

#include "seg/train/select.hpp"

namespace seg::app {

/// The commands that segment new scans as the best candidate does, with INPUT_FOLDER and
/// OUTPUT_FOLDER in the place of folders.
std::string inference_instructions(const train::InferenceSteps& steps);

}  // namespace seg::app
