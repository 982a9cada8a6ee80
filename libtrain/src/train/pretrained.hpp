#pragma once

#include <filesystem>

#include "seg/net/network.hpp"
#include "seg/plan/reporter.hpp"
#include "train/task.hpp"

namespace seg::train {

/// The checkpoint that options.pretrained names; one at a URL is downloaded into WORK/pretrained
/// unless it is there already.
/// @throws Error when there is none, or it does not have the checksum that is asked for.
std::filesystem::path pretrained_file(const Task& task, const TrainOptions& options,
                                      const Reporter& reporter);

/// Starts from the weights of a checkpoint as far as they fit, see net::load_pretrained; the
/// segmentation heads stay freshly drawn, as nnU-Net does. Reports what was taken over.
/// @throws Error when nothing in the file fits.
void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter);

}  // namespace seg::train
