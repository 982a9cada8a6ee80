#pragma once

#include <ATen/ATen.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/random.hpp"
#include "seg/data/ranks.hpp"
#include "seg/data/store.hpp"
#include "seg/plan/labels.hpp"

namespace seg::data {

/// Which items of a batch must contain foreground: the last ones, see forced_foreground(); each
/// with foreground_fraction as its chance; or each with the share of the batch that would be the
/// last ones as its chance (nnUNetTrainer_probabilisticOversampling).
enum class Oversampling { last_items, chance, chance_of_last_items };

/// What they are called in settings.
std::vector<std::string> oversampling_names();

/// The one of such a name. @throws std::logic_error for another.
Oversampling oversampling_named(const std::string& name);

struct SamplerOptions {
  std::vector<std::int64_t>
      patch_size;  ///< what is cut out: enlarged for rotation in training; [Y, X] or [Z, Y, X]
  std::vector<std::int64_t> final_patch_size;  ///< what the network sees
  std::int64_t batch_size = 2;
  double foreground_fraction = 0.33;  ///< share of a batch that must contain foreground
  Oversampling oversampling = Oversampling::last_items;
  std::uint64_t seed = 0;
  bool validation = false;           ///< validation batches draw from streams of their own
  std::optional<RankShare> share{};  ///< the items of the batch that are cut; none: all
};

/// A batch as cut from disk, before augmentation.
struct RawBatch {
  at::Tensor data;  ///< float32 [B, C, (Z,) Y, X], 0 outside the scan
  at::Tensor seg;   ///< int16 [B, S, (Z,) Y, X], -1 outside; S = 2 with a previous stage
  std::vector<std::string> cases;
  std::uint64_t epoch = 0, iteration = 0;
  std::uint64_t first_item = 0;  ///< number in the whole batch of the first item that is here
};

/// Cuts batch (epoch, iteration) out of the cases by nnU-Net's rules: cases drawn with replacement,
/// some items of a batch forced to contain a foreground voxel, positions as
/// nnUNetDataLoader.get_bbox. 2D configurations take one slice [:, slice, :, :]. Of a mapped case
/// only the patch is read.
RawBatch sample_batch(const std::vector<StoredCase>& cases, const SamplerOptions& options,
                      const plan::Labels& labels, std::uint64_t epoch, std::uint64_t iteration);

/// Whether an item of a batch must contain foreground: the last ones, from
/// round-half-even(batch_size * (1 - foreground_fraction)) on.
bool forced_foreground(std::int64_t item, std::int64_t batch_size, double foreground_fraction);

/// The chance with which each item must contain foreground, where that is left to chance.
double forced_chance(const SamplerOptions& options);

/// What decides where a patch lies in a case. Axes [Z, Y, X]; a slice has extent 1 along Z.
struct PatchPlace {
  std::array<std::int64_t, 3> shape{};        ///< of the case
  std::array<std::int64_t, 3> patch{};        ///< what is cut out
  std::array<std::int64_t, 3> final_patch{};  ///< what the network sees
  bool forced = false;                        ///< the patch must contain foreground
  bool has_ignore = false;  ///< the last entry of the locations holds all annotated voxels
};

/// Gives an integer between two bounds, both included.
using DrawInteger = std::function<std::int64_t(std::int64_t low, std::int64_t high)>;

/// First voxel of a patch, as nnUNetDataLoader.get_bbox; may be negative, and the patch may reach
/// beyond the case. Draws, in this order: without foreground one position per axis; with
/// foreground the class (among those with voxels), then the voxel.
/// @param class_locations int32 [n, 3] per class, see class_locations().
std::array<std::int64_t, 3> patch_start(const PatchPlace& place,
                                        const std::vector<at::Tensor>& class_locations,
                                        const DrawInteger& draw);

}  // namespace seg::data
