#pragma once

#include <filesystem>

#include "seg/net/network.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Starts from the weights of a checkpoint as far as they fit, see net::load_pretrained; the
/// segmentation heads stay freshly drawn, as nnU-Net does. Reports what was taken over.
/// @throws Error when nothing in the file fits.
void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter);

}  // namespace seg::train
