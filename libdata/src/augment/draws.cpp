#include <algorithm>
#include <numeric>

#include "seg/data/augment_draws.hpp"

namespace seg::data {
namespace {

double draw(CountedRandom& random, const Range& range) {
  return random.uniform(range.low, range.high);
}

// Batchgenerators' rule: half of the time below 1, else above.
double draw_factor(CountedRandom& random, const Range& range) {
  if (range.low < 1 && random.chance(0.5)) return random.uniform(range.low, 1);
  return random.uniform(std::max(range.low, 1.0), range.high);
}

std::vector<double> draw_factors(CountedRandom& random, double probability, const Range& range,
                                 int channels) {
  if (!random.chance(probability)) return {};
  std::vector<double> factors(static_cast<std::size_t>(channels));
  for (double& factor : factors) factor = draw_factor(random, range);
  return factors;
}

// In-plane (2D and dummy 2D) movements turn about the first axis only and do not zoom along it.
std::optional<Movement> draw_movement(CountedRandom& random, const DrawGeometry& geometry,
                                      const AugmentationTable& table) {
  const bool in_plane = geometry.axes == 2 || geometry.dummy_2d;
  const bool rotate = random.chance(table.rotation_probability);
  const bool zoom = random.chance(table.zoom_probability);
  if (!rotate && !zoom) return std::nullopt;
  const auto [low, high] = geometry.rotation_range;
  Movement movement;
  if (rotate)
    for (std::size_t axis = 0; axis < (in_plane ? 1u : 3u); ++axis)
      movement.angles[axis] = random.uniform(low, high);
  if (zoom) movement.zoom.fill(draw(random, table.zoom));
  if (in_plane) movement.zoom[0] = 1;
  return movement;
}

std::vector<std::vector<double>> draw_blur(CountedRandom& random, const DrawGeometry& geometry,
                                           const AugmentationTable& table) {
  if (!random.chance(table.blur_probability)) return {};
  std::vector<std::vector<double>> sigmas(static_cast<std::size_t>(geometry.channels));
  for (auto& channel : sigmas)
    if (random.chance(table.blur_channel_probability))
      for (int axis = 0; axis < geometry.axes; ++axis)
        channel.push_back(draw(random, table.blur_sigma));
  return sigmas;
}

std::vector<std::vector<double>> draw_low_resolution(CountedRandom& random,
                                                     const DrawGeometry& geometry,
                                                     const AugmentationTable& table) {
  if (!random.chance(table.low_resolution_probability)) return {};
  std::vector<std::vector<double>> scales(static_cast<std::size_t>(geometry.channels));
  for (auto& channel : scales) {
    if (!random.chance(table.low_resolution_channel_probability)) continue;
    channel.assign(static_cast<std::size_t>(geometry.axes),
                   draw(random, table.low_resolution_scale));
    if (geometry.dummy_2d) channel[0] = 1;
  }
  return scales;
}

std::vector<int> draw_mirror_axes(CountedRandom& random, const DrawGeometry& geometry,
                                  const AugmentationTable& table) {
  std::vector<int> axes;
  for (int axis : geometry.mirror_axes)
    if (random.chance(table.mirror_probability)) axes.push_back(axis);
  return axes;
}

// Labels in random order, each kept with a probability.
std::vector<std::int64_t> draw_labels(CountedRandom& random, std::int64_t labels,
                                      double probability) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(labels));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = labels - 1; i > 0; --i)
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.integer(0, i))]);
  std::erase_if(order, [&](std::int64_t) { return !random.chance(probability); });
  return order;
}

std::vector<MorphologyDraw> draw_morphology(CountedRandom& random, std::int64_t labels,
                                            const AugmentationTable& table) {
  if (!random.chance(table.morphology_probability)) return {};
  std::vector<MorphologyDraw> draws;
  for (auto channel : draw_labels(random, labels, table.morphology_label_probability)) {
    const auto operation = static_cast<Morphology>(random.integer(0, 3));
    draws.push_back({channel, operation, draw(random, table.morphology_radius)});
  }
  return draws;
}

std::vector<RemovalDraw> draw_removals(CountedRandom& random, std::int64_t labels,
                                       const AugmentationTable& table) {
  if (!random.chance(table.removal_probability)) return {};
  std::vector<RemovalDraw> draws;
  for (auto channel : draw_labels(random, labels, table.removal_label_probability))
    draws.push_back({channel, random.uniform(0, 1)});
  return draws;
}

}  // namespace

ItemDraws draw_augmentation(CountedRandom& random, const DrawGeometry& geometry,
                            const AugmentationTable& table) {
  const auto factors = [&](double probability, const Range& range) {
    return draw_factors(random, probability, range, geometry.channels);
  };
  ItemDraws draws;
  draws.movement = draw_movement(random, geometry, table);
  if (random.chance(table.noise_probability))
    draws.noise = Noise{draw(random, table.noise_sigma), random.seed()};
  draws.blur_sigmas = draw_blur(random, geometry, table);
  draws.brightness = factors(table.brightness_probability, table.brightness);
  draws.contrast = factors(table.contrast_probability, table.contrast);
  draws.low_resolution_scales = draw_low_resolution(random, geometry, table);
  draws.gamma_inverted = factors(table.gamma_inverted_probability, table.gamma);
  draws.gamma = factors(table.gamma_probability, table.gamma);
  draws.mirror_axes = draw_mirror_axes(random, geometry, table);
  draws.morphology = draw_morphology(random, geometry.previous_labels, table);
  draws.removals = draw_removals(random, geometry.previous_labels, table);
  return draws;
}

}  // namespace seg::data
