#pragma once

#include <cstdint>
#include <filesystem>

#include "seg/plan/reporter.hpp"

namespace seg::data {

struct PhantomOptions {
  int training_cases = 20;
  int test_cases = 4;  ///< imagesTs with labelsTs, for evaluation
  std::uint64_t seed = 1;
};

/// Writes a small labelled example dataset in nnU-Net's format: phantoms like real MR, with
/// anisotropic spacing whose coarse axis is not the first, oblique direction, bias field, noise and
/// two structures. The same seed gives the same files.
/// @throws Error, before anything is written, for a folder with cases that would not be written.
void write_example_dataset(const std::filesystem::path& folder, const PhantomOptions& options,
                           const Reporter& reporter = {});

}  // namespace seg::data
