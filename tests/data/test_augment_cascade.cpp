#include <ATen/ATen.h>

#include "augment/morphology.hpp"
#include "augment/transforms.hpp"
#include "seg/data/augment.hpp"
//
#include "catch.hpp"

using namespace seg::data;

namespace {

at::Tensor cube(std::int64_t low, std::int64_t high) {
  const auto mask = at::zeros({12, 13, 14}, at::kBool);
  mask.slice(0, low, high).slice(1, low, high).slice(2, low, high).fill_(true);
  return mask;
}

// Runs a transform on the labels of one item: float32 [L, Z, Y, X], in place.
void apply_to_labels(const char* name, const at::Tensor& one_hot,
                     const std::vector<double>& drawn) {
  Items items;
  items.previous = one_hot.unsqueeze(0);
  transform_named(name).apply(items, {Drawn{drawn}});
}

// As the transform draws them.
constexpr double dilation = 0, closing = 2, opening = 3;

int voxels(const at::Tensor& mask) { return mask.gt(0).sum().item<int>(); }

}  // namespace

TEST_CASE("A ball of radius 1 is the cross, of radius 2 the 33 voxels within reach") {
  CHECK(voxels(ball(1, 3)) == 7);
  CHECK(voxels(ball(2, 3)) == 33);
  CHECK(voxels(ball(2, 2)) == 13);
  CHECK(ball(2.5, 3).size(0) == 6);
}

TEST_CASE("Dilation and erosion by a cross follow its arms") {
  const auto cross = ball(1, 3);
  CHECK(voxels(dilated(cube(4, 7), cross)) == 27 + 6 * 9);
  CHECK(eroded(cube(4, 9), cross).equal(cube(5, 8)));
  CHECK(eroded(at::ones({5, 5, 5}, at::kBool), cross).all().item<bool>());
  const auto corner = at::zeros({5, 5, 5}, at::kBool);
  corner[0][0][0] = true;
  CHECK(voxels(dilated(corner, cross)) == 4);
}

TEST_CASE("Opening removes what is thinner than the ball, closing fills gaps") {
  auto one_hot = cube(3, 9).to(at::kFloat).unsqueeze(0);
  one_hot[0][6][6][10] = 1;
  const auto opened = one_hot.clone();
  apply_to_labels("morphology", opened, {0, opening, 1});
  CHECK(opened[0][6][6][10].item<float>() == 0);
  CHECK(opened[0][6][6][6].item<float>() == 1);
  one_hot[0][5][5][5] = 0;
  apply_to_labels("morphology", one_hot, {0, closing, 1});
  CHECK(one_hot[0][5][5][5].item<float>() == 1);
}

TEST_CASE("A label that grows takes the voxels from the others") {
  const auto one_hot = at::stack({cube(2, 6), cube(6, 10)}).to(at::kFloat);
  one_hot[1].masked_fill_(one_hot[1].logical_not(), 0);
  one_hot[1].slice(0, 6, 7).fill_(1);
  one_hot[1].masked_fill_(cube(2, 6), 0);
  apply_to_labels("morphology", one_hot, {0, dilation, 2});
  CHECK(one_hot.sum(0).max().item<float>() == 1);
  CHECK(voxels(one_hot[0]) > 64);
}

TEST_CASE("Only a small component is removed") {
  const auto one_hot = (cube(0, 8) | cube(10, 11) | cube(12, 13)).to(at::kFloat).unsqueeze(0);
  REQUIRE(voxels(one_hot) == 513);
  one_hot[0][0][12][0] = 1;
  const auto first = one_hot.clone(), last = one_hot.clone();
  apply_to_labels("removal", first, {0, 0, 0.15});
  CHECK(first[0][0][12][0].item<float>() == 0);
  apply_to_labels("removal", last, {0, 0.99, 0.15});
  CHECK(last[0][10][10][10].item<float>() == 0);
  CHECK(voxels(first) == 513);
  CHECK(voxels(last) == 513);
}

TEST_CASE("Components touch through corners, and an empty channel stays empty") {
  const auto one_hot = at::zeros({1, 6, 6, 6});
  apply_to_labels("removal", one_hot, {0, 0.5, 0.15});
  CHECK(voxels(one_hot) == 0);
  one_hot[0][1][1][1] = one_hot[0][2][2][2] = 1;
  apply_to_labels("removal", one_hot, {0, 0.5, 0.15});
  CHECK(voxels(one_hot) == 0);
}

TEST_CASE("In training the previous stage is spoilt, the target and the image are not") {
  AugmentationOptions options;
  options.patch_size = {12, 12, 12};
  options.geometry = augmentation_geometry(options.patch_size);
  options.labels.all = {0, 1, 2};
  options.cascade = true;
  options.mirror = false;
  options.table.number("rotation_probability") = options.table.number("zoom_probability") = 0;
  options.table.number("morphology_probability") =
      options.table.number("morphology_label_probability") = 1;
  RawBatch raw;
  raw.data = at::ones({3, 1, 12, 12, 12});
  raw.seg = at::zeros({3, 2, 12, 12, 12}, at::kShort);
  raw.seg.slice(2, 2, 5).fill_(1);
  raw.seg.slice(2, 5, 9).fill_(2);
  const auto batch = augment(raw, options);
  CHECK(batch.data.size(1) == 3);
  CHECK(batch.targets[0].equal(raw.seg.narrow(1, 0, 1)));
  CHECK_FALSE(batch.data.select(1, 1).equal(raw.seg.select(1, 1).eq(1).to(at::kFloat)));
  CHECK(batch.data.narrow(1, 1, 2).sum(1).max().item<float>() <= 1);
}
