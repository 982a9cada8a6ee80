#pragma once

#include <ATen/ATen.h>

#include <array>
#include <vector>

#include "seg/plan/labels.hpp"

namespace seg::train {

/// How far apart the surfaces of a class lie in two label maps, in mm.
///
/// A surface are the voxels of the class that have a face neighbour outside of it (what is beyond
/// the array is outside); its distance to another is taken from centre to centre. These are the
/// definitions of MetricsReloaded. Neither map with the class: 0, and an NSD of 1; one without it:
/// NaN, and an NSD of 0.
struct SurfaceMetrics {
  double hd = 0;              ///< Hausdorff: the largest distance of either surface to the other
  double hd95 = 0;            ///< the larger of both surfaces' 95th percentiles of distances
  double assd = 0;            ///< average symmetric surface distance, over all voxels of both
  std::vector<double> nsd{};  ///< normalised surface Dice: for each tolerance, the part of all
                              ///< voxels of both surfaces that are no farther from the other
};

/// Two label maps of one scan, voxel by voxel.
struct ComparedMaps {
  at::Tensor prediction, reference;  ///< integers [Z, Y, X], or [Y, X] of a picture
  std::array<double, 3> spacing{};   ///< mm, in array order; of a picture the last two count
};

/// Metrics of each foreground class (labels or regions). Where the reference has the ignore label,
/// both maps count as background.
/// @param tolerances of the NSD, mm.
/// @throws Error when the shapes differ.
std::vector<SurfaceMetrics> surface_metrics(const ComparedMaps& maps, const plan::Labels& labels,
                                            const std::vector<double>& tolerances);

}  // namespace seg::train
