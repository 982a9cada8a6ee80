#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "seg/data/random.hpp"

namespace seg::data {

struct Range {
  double low = 0, high = 1;
};

/// How often and how strongly augmentation changes an item. Defaults: nnU-Net's training pipeline
/// (nnUNetTrainer.get_training_transforms).
struct AugmentationTable {
  double rotation_probability = 0.2;
  double zoom_probability = 0.2;
  Range zoom{0.7, 1.4};  ///< larger makes objects smaller; one for all axes
  double noise_probability = 0.1;
  Range noise_sigma{0, 0.1};
  double blur_probability = 0.2, blur_channel_probability = 0.5;
  Range blur_sigma{0.5, 1};  ///< voxels
  double brightness_probability = 0.15;
  Range brightness{0.75, 1.25};  ///< as often below 1 as above
  double contrast_probability = 0.15;
  Range contrast{0.75, 1.25};  ///< as often below 1 as above
  double low_resolution_probability = 0.25, low_resolution_channel_probability = 0.5;
  Range low_resolution_scale{0.5, 1};
  double gamma_inverted_probability = 0.1, gamma_probability = 0.3;
  Range gamma{0.7, 1.5};            ///< as often below 1 as above
  double mirror_probability = 0.5;  ///< per axis
  // Cascade: what is done to the previous stage's segmentation.
  double morphology_probability = 0.4, morphology_label_probability = 0.5;
  Range morphology_radius{1, 8};  ///< voxels
  double removal_probability = 0.2, removal_label_probability = 0.5;
  double removal_largest_share = 0.15;  ///< of all voxels; larger components stay
};

/// Rotation about each array axis [Z, Y, X] (radians) and zoom along it. A 2D item has Z = 1 and
/// turns about Z only.
struct Movement {
  std::array<double, 3> angles{0, 0, 0};
  std::array<double, 3> zoom{1, 1, 1};
};

struct Noise {
  double sigma = 0;
  std::uint64_t seed = 0;
};

enum class Morphology { dilate, erode, close, open };

/// `channel` counts the labels of the previous stage from 0.
struct MorphologyDraw {
  std::int64_t channel = 0;
  Morphology operation = Morphology::dilate;
  double radius = 1;
};
struct RemovalDraw {
  std::int64_t channel = 0;
  double which = 0;  ///< 0..1, picks a component
};

/// What augmentation does to one item of a batch. Empty: nothing. Vectors have one entry per image
/// channel; an empty inner vector leaves that channel as it is.
struct ItemDraws {
  std::optional<Movement> movement;
  std::optional<Noise> noise;
  std::vector<std::vector<double>> blur_sigmas;  ///< per channel and axis
  std::vector<double> brightness, contrast;
  std::vector<std::vector<double>> low_resolution_scales;  ///< per channel and axis
  std::vector<double> gamma_inverted, gamma;
  std::vector<int> mirror_axes;            ///< spatial axes to flip, 0 first
  std::vector<MorphologyDraw> morphology;  ///< in the order in which they are run
  std::vector<RemovalDraw> removals;
};

/// What the draws need to know of the data.
struct DrawGeometry {
  int channels = 1;  ///< image channels
  int axes = 3;      ///< 2 or 3
  bool dummy_2d = false;
  std::array<double, 2> rotation_range{};  ///< radians
  std::vector<int> mirror_axes;
  std::int64_t previous_labels = 0;  ///< cascade: foreground labels of the previous stage
};

ItemDraws draw_augmentation(CountedRandom& random, const DrawGeometry& geometry,
                            const AugmentationTable& table);

}  // namespace seg::data
