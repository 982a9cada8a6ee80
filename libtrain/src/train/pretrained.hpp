#pragma once

#include <filesystem>

#include "seg/net/network.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Starts from the weights of a checkpoint ("network_weights" or "state_dict"); the segmentation
/// heads stay freshly drawn, as nnU-Net does.
/// @throws Error when a weight is missing or has another shape.
void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter);

}  // namespace seg::train
