#pragma once

#include "seg/data/cases.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/fingerprint.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Reads every training case and measures what planning needs, as nnU-Net's
/// DatasetFingerprintExtractor. Memory holds `jobs` cases and a bounded sample of foreground
/// intensities, never the dataset.
/// @throws Error for a case that cannot be read, has NaN, label values that dataset.json does not
/// name, or shapes that disagree.
plan::Fingerprint extract_fingerprint(const std::vector<Case>& cases, const plan::Dataset& dataset,
                                      int jobs, const Reporter& reporter = {});

}  // namespace seg::data
