#pragma once

#include "seg/data/cases.hpp"
#include "seg/data/image_reader.hpp"
#include "seg/data/ranks.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/fingerprint.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

struct FingerprintOptions {
  int jobs = 1;             ///< cases read at the same time
  ImageReader reader{};     ///< the dataset's
  std::int64_t memory = 0;  ///< that the cases may take, see ParallelCases
  Ranks* ranks = nullptr;   ///< that share the cases; all get the fingerprint
};

/// Reads every training case and measures what planning needs, as nnU-Net's
/// DatasetFingerprintExtractor: shape and relative size after cropping to non-zero, spacing, and
/// the intensities of foreground voxels (label above 0). Where nnU-Net samples the same number of
/// voxels from each case at random, each case has the same weight here, without chance; mean, std,
/// min and max use every voxel. Memory holds `jobs` cases and at most 10 million intensities per
/// channel, never the dataset. Label maps that lie elsewhere than their scan are warned about.
/// @throws Error for a case that cannot be read, has NaN or infinite voxels, label values that
/// dataset.json does not name, a wrong number of channels or shapes that disagree, and for a
/// dataset without foreground.
plan::Fingerprint extract_fingerprint(const std::vector<Case>& cases, const plan::Dataset& dataset,
                                      const FingerprintOptions& options,
                                      const Reporter& reporter = {});

}  // namespace seg::data
