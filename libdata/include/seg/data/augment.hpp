#pragma once

#include <ATen/ATen.h>

#include <array>
#include <optional>
#include <vector>

#include "seg/data/augmentation_table.hpp"
#include "seg/data/patch_sampler.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/plans.hpp"

namespace seg::data {

/// Geometry of nnU-Net's augmentation for a patch size
/// (configure_rotation_dummyDA_mirroring_and_inital_patch_size).
struct AugmentationGeometry {
  std::array<double, 2> rotation_range{};  ///< radians, for each axis
  bool dummy_2d = false;  ///< slices of anisotropic patches are moved in-plane only
  std::vector<std::int64_t>
      initial_patch_size;  ///< enlarged so that rotated patches have no empty corners
  std::vector<int> mirror_axes;
};

/// What trainers decide about it.
struct GeometryOptions {
  bool dummy_2d = true;     ///< for anisotropic patches; false: never
  double crop_zoom = 0.85;  ///< the cut patch allows for objects that are enlarged by 1 / this
  bool only_crop = false;   ///< nothing moves: what is cut is the patch
};
AugmentationGeometry augmentation_geometry(const std::vector<std::int64_t>& patch_size,
                                           const GeometryOptions& options = {});

/// A patch and how far it is turned about one of its axes (radians, at most a quarter turn) and
/// shrunk.
struct TurnedPatch {
  std::vector<std::int64_t> size;
  double rotation = 0, zoom = 0.85;
};

/// Extents that still cover it.
std::vector<std::int64_t> enlarged_patch(const TurnedPatch& patch);

/// How voxels are read that lie between those of the cut patch. Labels "linear": the one with the
/// largest weight.
struct Sampling {
  bool nearest_images = false, nearest_labels = false;
};

/// The skeleton of the foreground that a loss looks at (Skeleton Recall, Kirchhoff et al. 2024).
struct SkeletonOptions {
  bool tube = true;  ///< dilated twice, within the labels
};

/// Everything that decides what augmentation does.
struct AugmentationOptions {
  std::vector<std::int64_t> patch_size;  ///< what the network sees
  AugmentationGeometry geometry;
  std::vector<std::vector<double>>
      deep_supervision_scales;          ///< per head and axis; one head of full resolution if empty
  std::vector<bool> use_mask_for_norm;  ///< per channel; empty: none
  plan::Labels labels;
  bool cascade = false;  ///< the second segmentation channel becomes input channels, one per label
  bool mirror = true;
  bool train = true;  ///< false: only the label steps of validation
  Sampling sampling{};
  std::optional<SkeletonOptions> skeleton{};  ///< targets get it as a second channel; no regions
  std::uint64_t seed = 0;
  AugmentationTable table;
};

/// A batch as the network sees it.
struct Batch {
  at::Tensor data;                  ///< float32 [B, C, (Z,) Y, X] on the device
  std::vector<at::Tensor> targets;  ///< per head, highest resolution first: int16
                                    ///< [B, 1(+skeleton), ...], or bool [B, R(+ignore), ...]
};

/// Runs nnU-Net's training transforms (or, with train = false, its validation transforms) on a
/// whole batch, on the device where `raw` lies; on the CPU the items are spread over threads. Draws
/// depend on (seed, epoch, iteration, item, transform) only, and the result does not depend on the
/// number of threads. `raw` stays as it is; without training the batch may share its memory. Safe
/// to call from several threads.
/// @param raw patches of geometry.initial_patch_size (validation: of patch_size).
Batch augment(const RawBatch& raw, const AugmentationOptions& options);

/// Scale of each deep supervision head along each axis: what the plan says, else cumulative inverse
/// strides, highest resolution first, without the lowest level, as
/// nnUNetTrainer._get_deep_supervision_scales.
std::vector<std::vector<double>> deep_supervision_scales(const plan::Configuration& configuration);

}  // namespace seg::data
