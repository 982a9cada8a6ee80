#include "seg/data/crop.hpp"

#include "catch.hpp"

using namespace seg::data;
using at::indexing::Slice;

namespace {

at::Tensor hollow_cube() {
  at::Tensor data = at::zeros({1, 8, 9, 10});
  data.index_put_({0, Slice(1, 6), Slice(2, 7), Slice(3, 8)}, 5);
  data.index_put_({0, Slice(2, 5), Slice(3, 6), Slice(4, 7)}, 0);
  return data;
}

}  // namespace

TEST_CASE("A closed hole belongs to the non-zero mask") {
  CHECK(nonzero_mask(hollow_cube()).sum().item<int>() == 125);
}

TEST_CASE("A hole with an opening through a face is no hole") {
  at::Tensor data = hollow_cube();
  data[0][3][4][7] = 0;
  CHECK(nonzero_mask(data).sum().item<int>() == 125 - 27 - 1);
}

TEST_CASE("A hole that touches the outside only over an edge stays closed") {
  at::Tensor data = hollow_cube();
  data[0][1][2][5] = 0;
  CHECK(nonzero_mask(data).sum().item<int>() == 124);
}

TEST_CASE("A winding passage opens a hole") {
  at::Tensor data = at::ones({1, 5, 5, 9});
  data.index_put_({0, 2, 2, Slice(1, 8)}, 0);
  data.index_put_({0, 2, 3, 1}, 0);
  data.index_put_({0, Slice(0, 3), 3, 1}, 0);
  CHECK(nonzero_mask(data).logical_not().sum().item<int>() == 7 + 3);
}

TEST_CASE("A single slice has no holes, as every voxel touches the outside") {
  at::Tensor data = at::ones({1, 1, 5, 5});
  data[0][0][2][2] = 0;
  CHECK(nonzero_mask(data).sum().item<int>() == 24);
}

TEST_CASE("The mask is the union of the channels") {
  at::Tensor data = at::zeros({2, 4, 4, 4});
  data[0][1][1][1] = -2;
  data[1][2][3][1] = 0.5;
  CHECK(nonzero_mask(data).sum().item<int>() == 2);
  CHECK(crop_to_nonzero(data, {}).box == Box{{1, 1, 1}, {3, 4, 2}});
}

TEST_CASE("An empty volume is kept whole") {
  const Cropped cropped = crop_to_nonzero(at::zeros({1, 3, 4, 5}), {});
  CHECK(cropped.box == Box{{0, 0, 0}, {3, 4, 5}});
  CHECK(cropped.seg.eq(-1).all().item<bool>());
}

TEST_CASE("Cropping marks the outside with -1 but keeps true labels") {
  at::Tensor data = at::ones({1, 4, 4, 4});
  data.index_put_({0, Slice(), Slice(), 0}, 0);
  data[0][0][0][1] = 0;
  data[0][0][0][2] = 0;
  at::Tensor seg = at::zeros({1, 4, 4, 4}, at::kShort);
  seg[0][0][0][2] = 3;
  const Cropped cropped = crop_to_nonzero(data, seg);
  CHECK(cropped.box == Box{{0, 0, 1}, {4, 4, 4}});
  CHECK(cropped.data.sizes() == at::IntArrayRef({1, 4, 4, 3}));
  CHECK(cropped.seg[0][0][0][0].item<int>() == -1);
  CHECK(cropped.seg[0][0][0][1].item<int>() == 3);
  CHECK(cropped.seg.eq(0).sum().item<int>() == 4 * 4 * 3 - 2);
  CHECK(seg.min().item<int>() == 0);
}

TEST_CASE("Without labels the segmentation tells inside from outside") {
  at::Tensor data = at::ones({1, 2, 2, 2});
  data[0][0][0][0] = 0;
  const at::Tensor seg = crop_to_nonzero(data, {}).seg;
  CHECK(seg.scalar_type() == at::kShort);
  CHECK(seg.eq(-1).sum().item<int>() == 1);
  CHECK(seg.eq(0).sum().item<int>() == 7);
}
