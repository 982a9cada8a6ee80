#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <vector>

#include "predict/written_labels.hpp"

namespace seg::train {

/// Size of every label, and the intensities of a scan in it, by the label's name. `volume` (mm³)
/// and `intensity` (the mean) are called as TotalSegmentator calls them; beside them stand
/// `voxels`, `std` (of the population), `median` and percentiles (linear between two values). Where
/// a label is not there, all but its size is null.
/// @param chosen the label map, int16 [Z, Y, X], and where it lies.
/// @param scan float32 [Z, Y, X], the first channel.
/// @throws Error for a slice, which has no volume.
Json label_statistics(const data::Image& chosen, const at::Tensor& scan,
                      const std::vector<NamedLabel>& labels);

/// Writes STEM.json, what label_statistics() gives for each case, and STEM.csv, the same as a table
/// with a line for each case and label.
/// @param cases statistics by the case's name.
void write_statistics(const std::filesystem::path& stem, const Json& cases);

}  // namespace seg::train
