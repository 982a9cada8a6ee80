#include <ATen/ATen.h>

#include <cmath>

#include "augment/rotation_zoom.hpp"
#include "oracle.hpp"
#include "seg/data/npy.hpp"
//
#include "catch.hpp"

using namespace seg::data;
using seg::test::oracle_array;

namespace {

// [C, (Z,) Y, X] -> [1, C, Z, Y, X]
at::Tensor as_item(const at::Tensor& data) {
  return data.dim() == 4 ? data.unsqueeze(0) : data.unsqueeze(1).unsqueeze(0);
}

Extent3 patch_of(const nlohmann::json& parameters) {
  const std::vector<std::int64_t> size = parameters["patch_size"];
  if (size.size() == 2) return {1, size[0], size[1]};
  return {size[0], size[1], size[2]};
}

Movement movement_of(const nlohmann::json& parameters) {
  const std::vector<double> angles = parameters["angles_rad"];
  const double zoom = parameters["scale"];
  if (angles.size() == 2) return {{angles[1], 0, 0}, {1, zoom, zoom}};
  return {{angles[0], angles[1], angles[2]}, {zoom, zoom, zoom}};
}

const std::vector<int> labels{-1, 0, 1, 2, 3, 4, 5};

at::Tensor replay(const nlohmann::json& entry, bool by_grid) {
  const auto input = as_item(oracle_array("pipeline/transforms", entry["input"]));
  const auto patch = patch_of(entry["params"]);
  const bool image = entry["op"] == "spatial_image";
  if (entry["params"]["affine"].is_null()) return center_crop(input, patch, image ? 0 : -1);
  const std::vector<Affine> affines{affine_matrix(movement_of(entry["params"]))};
  if (image)
    return (by_grid ? move_images_by_grid : move_images)(input.to(at::kFloat), affines, patch);
  return (by_grid ? move_labels_by_grid : move_labels)(input.to(at::kShort), affines, patch,
                                                       labels);
}

at::Tensor gradient_image() {
  const auto z = at::arange(9, at::kFloat).view({9, 1, 1});
  const auto y = at::arange(11, at::kFloat).view({1, 11, 1});
  const auto x = at::arange(13, at::kFloat).view({1, 1, 13});
  return (100 * z + 10 * y + x).view({1, 1, 9, 11, 13});
}

}  // namespace

TEST_CASE("Rotation, zoom and centre crop give what batchgeneratorsv2 gave") {
  const auto recorded = seg::test::oracle("pipeline/transforms");
  if (!recorded) return;
  for (const auto& entry : (*recorded)["cases"])
    for (const bool by_grid : {false, true}) {
      if (entry["op"] != "spatial_image" && entry["op"] != "spatial_seg") continue;
      INFO(entry["output"] << " by grid: " << by_grid);
      const auto expected = as_item(oracle_array("pipeline/transforms", entry["output"]));
      const auto moved = replay(entry, by_grid).to(expected.scalar_type());
      REQUIRE(moved.sizes() == expected.sizes());
      if (entry["op"] == "spatial_image")
        CHECK((moved - expected).abs().max().item<double>() < 1e-5);
      else
        CHECK(moved.ne(expected).sum().item<int>() == 0);
    }
}

TEST_CASE("The matrices of the recorded movements are reproduced") {
  const auto recorded = seg::test::oracle("pipeline/transforms");
  if (!recorded) return;
  for (const auto& entry : (*recorded)["cases"]) {
    if (!entry["params"].contains("affine") || entry["params"]["affine"].size() != 3) continue;
    const auto matrix = affine_matrix(movement_of(entry["params"]));
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c)
        CHECK(matrix[r][c] == Approx(entry["params"]["affine"][r][c].get<double>()).margin(1e-12));
  }
}

TEST_CASE("A quarter turn about the first axis turns every slice") {
  const auto square = gradient_image().slice(4, 0, 11);
  Movement quarter;
  quarter.angles[0] = std::acos(-1.0) / 2;
  const auto moved = move_images(square, {affine_matrix(quarter)}, {9, 11, 11});
  CHECK((moved - square.rot90(-1, {3, 4})).abs().max().item<double>() < 2e-3);
}

TEST_CASE("A zoom of two samples every second voxel from the centre") {
  Movement half;
  half.zoom = {2, 2, 2};
  const auto moved = move_images(gradient_image(), {affine_matrix(half)}, {3, 5, 5});
  const auto expected = gradient_image().slice(2, 2, 7, 2).slice(3, 1, 10, 2).slice(4, 2, 11, 2);
  CHECK((moved - expected).abs().max().item<double>() < 1e-3);
}

TEST_CASE("Image and labels move together") {
  Movement movement{{0.3, -0.2, 0.5}, {1.2, 1.2, 1.2}};
  const auto labels_map = gradient_image().gt(500).to(at::kShort);
  const std::vector<Affine> affines{affine_matrix(movement)};
  const auto image = move_images(labels_map.to(at::kFloat), affines, {5, 5, 5});
  const auto moved = move_labels(labels_map, affines, {5, 5, 5}, {-1, 0, 1});
  const auto clear = (image - 0.5).abs().gt(0.01) & moved.ge(0);
  CHECK(clear.sum().item<int>() > 50);
  CHECK(moved.eq(1).masked_select(clear).equal(image.gt(0.5).masked_select(clear)));
}

TEST_CASE("The voxel loops and grid_sample agree on random batches") {
  at::manual_seed(3);
  const auto images = at::rand({2, 3, 12, 14, 10});
  const auto segs = at::randint(-1, 4, {2, 2, 12, 14, 10}, at::kShort);
  const std::vector<Affine> affines{affine_matrix({{0.4, 0.1, -0.3}, {0.8, 0.8, 0.8}}),
                                    affine_matrix({{-2.5, 0, 0}, {1, 1.3, 1.3}})};
  const Extent3 patch{9, 12, 11};
  const auto difference =
      move_images(images, affines, patch) - move_images_by_grid(images, affines, patch);
  CHECK(difference.abs().max().item<double>() < 1e-5);
  const std::vector<int> values{-1, 0, 1, 2, 3};
  const auto unequal = move_labels(segs, affines, patch, values)
                           .ne(move_labels_by_grid(segs, affines, patch, values));
  CHECK(unequal.sum().item<int>() <= 5);  // ties that rounding breaks either way
}

TEST_CASE("A centre crop beyond the image is padded") {
  const auto cropped = center_crop(gradient_image(), {11, 11, 3}, -7);
  CHECK(cropped.select(2, 0).eq(-7).all().item<bool>());
  CHECK(cropped.slice(2, 1, 10).equal(gradient_image().slice(4, 5, 8)));
}
