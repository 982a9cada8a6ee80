#pragma once

#include "seg/data/preprocess.hpp"
#include "seg/train/probabilities.hpp"

namespace seg::train {

/// Writes STEM.npz and, for what puts label maps back onto the scan's grid, the case's properties
/// as STEM.json and, for nnU-Net, as STEM.pkl.
void write_case_probabilities(const std::filesystem::path& stem, const at::Tensor& probabilities,
                              const data::CaseProperties& properties);

/// Geometry of the scan that STEM.npz belongs to: from STEM.json or STEM.pkl, else (for pictures,
/// and scans that were reoriented or read by nibabel) from the label map beside it,
/// STEM<file_ending>.
data::Geometry read_case_geometry(const std::filesystem::path& stem,
                                  const std::string& file_ending);

}  // namespace seg::train
