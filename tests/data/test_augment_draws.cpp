#include <algorithm>
#include <cmath>
#include <functional>

#include "seg/data/augment_draws.hpp"
//
#include "catch.hpp"

using namespace seg::data;

namespace {

const int count = 8000;

std::vector<ItemDraws> many(const DrawGeometry& geometry) {
  std::vector<ItemDraws> draws;
  for (int i = 0; i < count; ++i) {
    CountedRandom random({4, 0, 0, static_cast<std::uint64_t>(i)}, Purpose::augmentation);
    draws.push_back(draw_augmentation(random, geometry, {}));
  }
  return draws;
}

DrawGeometry geometry_3d() {
  DrawGeometry geometry;
  geometry.channels = 2;
  geometry.rotation_range = {-0.5, 0.5};
  geometry.mirror_axes = {0, 1, 2};
  return geometry;
}

// Share of items for which something holds, against its probability, within 4 standard errors.
void check_share(const std::vector<ItemDraws>& draws, double probability,
                 const std::function<bool(const ItemDraws&)>& holds) {
  const auto hits = std::count_if(draws.begin(), draws.end(), holds);
  const double error = std::sqrt(probability * (1 - probability) / count);
  CHECK(std::abs(static_cast<double>(hits) / count - probability) < 4 * error);
}

}  // namespace

TEST_CASE("Every transform is drawn as often as nnU-Net draws it") {
  const auto draws = many(geometry_3d());
  check_share(draws, 0.36, [](const auto& d) { return d.movement.has_value(); });
  check_share(draws, 0.2, [](const auto& d) { return d.movement && d.movement->angles[2] != 0; });
  check_share(draws, 0.2, [](const auto& d) { return d.movement && d.movement->zoom[0] != 1; });
  check_share(draws, 0.1, [](const auto& d) { return d.noise.has_value(); });
  check_share(draws, 0.2, [](const auto& d) { return !d.blur_sigmas.empty(); });
  check_share(draws, 0.1,
              [](const auto& d) { return !d.blur_sigmas.empty() && !d.blur_sigmas[1].empty(); });
  check_share(draws, 0.15, [](const auto& d) { return !d.brightness.empty(); });
  check_share(draws, 0.15, [](const auto& d) { return !d.contrast.empty(); });
  check_share(draws, 0.25, [](const auto& d) { return !d.low_resolution_scales.empty(); });
  check_share(draws, 0.1, [](const auto& d) { return !d.gamma_inverted.empty(); });
  check_share(draws, 0.3, [](const auto& d) { return !d.gamma.empty(); });
  check_share(draws, 0.3 * 0.5, [](const auto& d) { return !d.gamma.empty() && d.gamma[0] < 1; });
  for (int axis = 0; axis < 3; ++axis)
    check_share(draws, 0.5, [axis](const auto& d) {
      return std::count(d.mirror_axes.begin(), d.mirror_axes.end(), axis) == 1;
    });
}

TEST_CASE("Parameters stay in nnU-Net's ranges") {
  for (const auto& draws : many(geometry_3d())) {
    if (draws.movement)
      for (std::size_t axis = 0; axis < 3; ++axis) {
        CHECK(std::abs(draws.movement->angles[axis]) <= 0.5);
        CHECK((draws.movement->zoom[axis] >= 0.7 && draws.movement->zoom[axis] < 1.4));
        CHECK(draws.movement->zoom[axis] == draws.movement->zoom[0]);
      }
    if (draws.noise) CHECK((draws.noise->sigma >= 0 && draws.noise->sigma < 0.1));
    for (double gamma : draws.gamma) CHECK((gamma >= 0.7 && gamma < 1.5));
    for (double factor : draws.brightness) CHECK((factor >= 0.75 && factor < 1.25));
    for (const auto& scales : draws.low_resolution_scales)
      for (double scale : scales) CHECK((scale == scales[0] && scale >= 0.5 && scale < 1));
  }
}

TEST_CASE("In-plane geometries turn about the first axis and keep its extent and resolution") {
  auto geometry = geometry_3d();
  geometry.dummy_2d = true;
  for (const auto& draws : many(geometry)) {
    if (draws.movement) {
      CHECK(draws.movement->zoom[0] == 1);
      CHECK((draws.movement->angles[1] == 0 && draws.movement->angles[2] == 0));
    }
    for (const auto& scales : draws.low_resolution_scales)
      if (!scales.empty()) CHECK(scales[0] == 1);
  }
}
