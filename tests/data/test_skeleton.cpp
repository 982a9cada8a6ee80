#include "augment/skeleton.hpp"
#include "seg/data/augment.hpp"
#include "seg/data/components.hpp"
//
#include "catch.hpp"

using namespace seg::data;

namespace {

// A tube of the given radius along a bent line.
at::Tensor tube(double radius) {
  const auto axis = [](std::int64_t extent) { return at::arange(extent, at::kFloat); };
  const at::Tensor z = axis(20).view({-1, 1, 1}), y = axis(24).view({1, -1, 1}), x = axis(30);
  const at::Tensor centre_y = 8 + 0.02 * (x - 4).square();
  const at::Tensor distance = (z - 9).square() + (y - centre_y).square();
  return (distance < radius * radius).logical_and((x > 3).logical_and(x < 26));
}

std::int64_t components(const at::Tensor& mask) {
  return connected_components(mask).max().item<std::int64_t>();
}

}  // namespace

TEST_CASE("A skeleton is thin, lies within its object and hangs together as it does") {
  at::Tensor mask = tube(4);
  mask.narrow(0, 0, 3).narrow(1, 20, 3).fill_(true);
  const at::Tensor skeleton = thinned(mask);
  CHECK(skeleton.logical_and(mask.logical_not()).sum().item<std::int64_t>() == 0);
  CHECK(components(mask) == 2);
  CHECK(components(skeleton) == 2);
  CHECK(skeleton.sum().item<std::int64_t>() * 20 < mask.sum().item<std::int64_t>());
  CHECK(at::equal(thinned(skeleton), skeleton));
}

TEST_CASE("A ring stays a ring, in a picture and in a volume") {
  const at::Tensor axis = at::arange(21, at::kFloat) - 10;
  const at::Tensor distance = axis.view({-1, 1}).square() + axis.square();
  const at::Tensor ring = (distance < 81).logical_and(distance > 20);
  const at::Tensor picture = thinned(ring);
  CHECK_FALSE(picture[10][10].item<bool>());
  CHECK(picture.narrow(0, 10, 1).sum().item<std::int64_t>() == 2);
  const at::Tensor volume = thinned(at::stack({ring, ring, ring}));
  CHECK(components(volume) == 1);
  const at::Tensor outline = volume.any(0);
  CHECK_FALSE(outline.narrow(0, 8, 5).narrow(1, 8, 5).any().item<bool>());
  for (const auto& half : {outline.narrow(1, 0, 10), outline.narrow(1, 11, 10)})
    CHECK(half[10].any().item<bool>());
}

TEST_CASE("The tube around a skeleton keeps the labels and ends at their border") {
  const at::Tensor mask = tube(4);
  at::Tensor labels = mask.to(at::kShort);
  labels.narrow(2, 15, 15).mul_(2);
  const at::Tensor line = label_skeleton(labels, {.tube = false});
  const at::Tensor wide = label_skeleton(labels, {.tube = true});
  for (const auto& result : {line, wide}) CHECK(at::equal(result, labels * result.ne(0)));
  CHECK(wide.ne(0).sum().item<std::int64_t>() > 4 * line.ne(0).sum().item<std::int64_t>());
  CHECK(label_skeleton(at::zeros({4, 5, 6}, at::kShort), {}).ne(0).sum().item<std::int64_t>() == 0);
}

TEST_CASE("Targets get the skeleton of their labels as a second channel, at every scale") {
  AugmentationOptions options;
  options.patch_size = {20, 24, 30};
  options.train = false;
  options.labels.all = {0, 1, 2, 3};
  options.labels.ignore = 3;
  options.skeleton = SkeletonOptions{};
  options.deep_supervision_scales = {{1, 1, 1}, {0.5, 0.5, 0.5}};
  RawBatch raw;
  at::Tensor labels = tube(4).to(at::kShort);
  labels.narrow(0, 0, 2).fill_(3);
  raw.seg = labels.view({1, 1, 20, 24, 30});
  raw.data = raw.seg.to(at::kFloat);
  const Batch batch = augment(raw, options);
  REQUIRE(batch.targets.size() == 2);
  CHECK(batch.targets[0].sizes() == at::IntArrayRef({1, 2, 20, 24, 30}));
  CHECK(batch.targets[1].sizes() == at::IntArrayRef({1, 2, 10, 12, 15}));
  CHECK(at::equal(batch.targets[0][0][0], labels));
  CHECK(at::equal(batch.targets[0][0][1], label_skeleton(labels.masked_fill(labels.eq(3), 0), {})));
  CHECK(batch.targets[1][0][1].max().item<int>() == 1);
}
