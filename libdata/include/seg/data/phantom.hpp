#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::data {

struct PhantomOptions {
  int training_cases = 20;
  int test_cases = 4;  ///< imagesTs with labelsTs, for evaluation
  std::uint64_t seed = 1;
};

/// Writes a small labelled example dataset in nnU-Net's format: phantoms like real MR, with
/// anisotropic spacing whose coarse axis is not the first, oblique direction, bias field, noise and
/// two structures. The same seed gives the same files. dataset.json, which comes last, tells the
/// options as "phantoms".
/// @throws Error, before anything is written, for a folder with another dataset, phantoms of other
/// options, or cases that would not be written.
void write_example_dataset(const std::filesystem::path& folder, const PhantomOptions& options,
                           const Reporter& reporter = {});

/// What it would write, one line for each file. Writes nothing. @throws Error as it does.
std::vector<std::string> phantom_intentions(const std::filesystem::path& folder,
                                            const PhantomOptions& options);

}  // namespace seg::data
