#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "augment/rotation_zoom.hpp"
#include "augment/transforms.hpp"
#include "oracle.hpp"
#include "seg/data/augment.hpp"
#include "seg/data/augment_labels.hpp"
#include "seg/data/npy.hpp"
//
#include "catch.hpp"
#include "devices.hpp"

using namespace seg::data;
using seg::test::oracle_folder;

namespace {

seg::plan::Labels two_labels() {
  seg::plan::Labels labels;
  labels.all = {0, 1, 2};
  return labels;
}

AugmentationOptions options_for(const std::vector<std::int64_t>& patch) {
  AugmentationOptions options;
  options.patch_size = patch;
  options.geometry = augmentation_geometry(patch);
  options.labels = two_labels();
  options.seed = 11;
  return options;
}

RawBatch random_batch(const std::vector<std::int64_t>& patch, std::int64_t items, int channels) {
  at::manual_seed(5);
  std::vector<std::int64_t> shape{items, channels};
  shape.insert(shape.end(), patch.begin(), patch.end());
  RawBatch raw;
  raw.data = at::randn(shape);
  shape[1] = 1;
  raw.seg = at::randint(-1, 3, shape, at::kShort);
  raw.epoch = 2;
  raw.iteration = 9;
  return raw;
}

// Every item gets every transform of patches, or none.
AugmentationTable with_probability(double probability) {
  AugmentationTable table;
  for (const char* name :
       {"rotation_probability", "zoom_probability", "noise_probability", "blur_probability",
        "brightness_probability", "contrast_probability", "low_resolution_probability",
        "gamma_inverted_probability", "gamma_probability", "mirror_probability"})
    table.number(name) = probability;
  return table;
}

AugmentationTable certain() { return with_probability(1); }
AugmentationTable never() { return with_probability(0); }

double share_that_differs(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  return ((a - b).abs() > tolerance).to(at::kDouble).mean().item<double>();
}

}  // namespace

TEST_CASE("A GPU augments a batch as the CPU does", "[gpu]") {
  if (seg::test::without_gpu()) return;
  for (const std::vector<std::int64_t>& patch :
       {std::vector<std::int64_t>{24, 26, 22}, {40, 36}, {6, 30, 30}}) {
    auto options = options_for(patch);
    options.table = certain();
    options.table.number("noise_probability") = 0;  // drawn by the device's own generator
    options.deep_supervision_scales = {{1, 1, 1}, {0.5, 0.5, 0.5}};
    if (patch.size() == 2) options.deep_supervision_scales = {{1, 1}, {0.5, 0.5}};
    auto raw = random_batch(options.geometry.initial_patch_size, 4, 2);
    raw.seg = at::avg_pool2d(raw.seg.flatten(1, -3).to(at::kFloat), 5, 1, 2)
                  .gt(0.5)
                  .view_as(raw.seg)
                  .to(at::kShort);
    const Batch expected = augment(raw, options);
    RawBatch moved = raw;
    moved.data = raw.data.to(at::kCUDA);
    moved.seg = raw.seg.to(at::kCUDA);
    const Batch found = augment(moved, options);
    CHECK(share_that_differs(found.data.cpu(), expected.data, 1e-3) < 1e-3);
    REQUIRE(found.targets.size() == 2);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(share_that_differs(found.targets[i].cpu(), expected.targets[i], 0) < 1e-3);
  }
}

TEST_CASE("The geometry of augmentation is nnU-Net's") {
  const auto recorded = seg::test::oracle("pipeline/patch_sampling");
  if (!recorded) return;
  for (const auto& entry : (*recorded)["initial_patch_size"]) {
    const auto geometry = augmentation_geometry(entry["patch_size"]);
    CHECK(geometry.dummy_2d == entry["dummy_2d"].get<bool>());
    CHECK(geometry.initial_patch_size ==
          entry["initial_patch_size"].get<std::vector<std::int64_t>>());
    CHECK(geometry.mirror_axes == entry["mirror_axes"].get<std::vector<int>>());
    CHECK(geometry.rotation_range[1] == Approx(entry["rotation_range_rad"][1].get<double>()));
  }
}

TEST_CASE("The geometry of the hippocampus plan is known without recordings") {
  const auto geometry = augmentation_geometry({40, 56, 40});
  CHECK(geometry.initial_patch_size == std::vector<std::int64_t>{73, 80, 64});
  CHECK(augmentation_geometry({56, 40}).initial_patch_size == std::vector<std::int64_t>{65, 65});
  CHECK(augmentation_geometry({14, 256, 160}).dummy_2d);
}

TEST_CASE("Deep supervision scales and targets are nnU-Net's") {
  const auto recorded = seg::test::oracle("pipeline/patch_sampling");
  if (!recorded) return;
  for (const auto& entry : (*recorded)["deep_supervision_targets"]["cases"]) {
    seg::plan::Configuration configuration;
    configuration.patch_size = entry["patch_size"].get<std::vector<std::int64_t>>();
    configuration.architecture.arguments["strides"] =
        entry["strides"].get<std::vector<std::vector<int>>>();
    const auto scales = deep_supervision_scales(configuration);
    REQUIRE(scales == entry["scales"].get<std::vector<std::vector<double>>>());
    if (entry["input"].is_null()) continue;
    const auto load = [](const std::string& file) {
      return map_npy(oracle_folder("pipeline/patch_sampling") / file).unsqueeze(0);
    };
    const auto targets = deep_supervision_targets(load(entry["input"]), scales);
    for (std::size_t head = 1; head < targets.size(); ++head)
      CHECK(targets[head].equal(load(entry["outputs"][head])));
  }
}

TEST_CASE("Masking and regions give what batchgeneratorsv2 gave") {
  const auto recorded = seg::test::oracle("pipeline/transforms");
  if (!recorded) return;
  const auto load = [](const std::string& file) {
    return map_npy(oracle_folder("pipeline/transforms") / file).clone().unsqueeze(0);
  };
  for (const auto& entry : (*recorded)["cases"]) {
    if (entry["op"] == "mask_image") {
      const auto image = load(entry["input"]);
      mask_outside(image, load(entry["params"]["segmentation"]), {true, false});
      CHECK(image.equal(load(entry["output"])));
    }
    if (entry["op"] == "seg_to_regions") {
      seg::plan::Labels labels;
      labels.regions = entry["params"]["regions"].get<std::vector<std::vector<int>>>();
      const auto regions = region_channels(load(entry["input"]), labels);
      CHECK(regions.equal(load(entry["output"]).to(at::kBool)));
    }
  }
}

TEST_CASE("The same batch comes out whatever the number of threads") {
  for (const auto& patch :
       {std::vector<std::int64_t>{10, 12, 9}, std::vector<std::int64_t>{16, 12}}) {
    auto options = options_for(patch);
    options.table = certain();
    const auto raw = random_batch(options.geometry.initial_patch_size, 5, 2);
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const auto one = augment(raw, options);
    at::set_num_threads(4);
    const auto four = augment(raw, options);
    at::set_num_threads(threads);
    CHECK(one.data.equal(four.data));
    CHECK(one.targets[0].equal(four.targets[0]));
  }
}

TEST_CASE("An item is augmented the same in a batch of any size, other iterations differently") {
  auto options = options_for({10, 12, 9});
  options.table = certain();
  auto raw = random_batch(options.geometry.initial_patch_size, 3, 1);
  const auto all = augment(raw, options);
  RawBatch first = raw;
  first.data = raw.data.narrow(0, 0, 1);
  first.seg = raw.seg.narrow(0, 0, 1);
  CHECK(augment(first, options).data.equal(all.data.narrow(0, 0, 1)));
  ++raw.iteration;
  CHECK_FALSE(augment(raw, options).data.equal(all.data));
}

TEST_CASE("One item can be replayed alone") {
  auto options = options_for({10, 12, 9});
  options.table = certain();
  const auto raw = random_batch(options.geometry.initial_patch_size, 3, 2);
  const auto batch = augment(raw, options);
  Items item{raw.data.narrow(0, 2, 1), raw.seg.narrow(0, 2, 1), {}, {}, {}, {-1, 0, 1, 2}};
  item.data = center_crop(item.raw_data, {10, 12, 9}, 0).clone();
  item.seg = center_crop(item.raw_seg, {10, 12, 9}, -1).clone();
  ItemFormat format;
  format.channels = 2;
  format.rotation_range = options.geometry.rotation_range;
  format.mirror_axes = {0, 1, 2};
  const DrawPosition third{options.seed, raw.epoch, raw.iteration, 2};
  for (const auto& transform : patch_transforms())
    transform.apply(item, {drawn_for(transform, third, format, options.table)});
  CHECK(item.data.equal(batch.data.narrow(0, 2, 1)));
  CHECK(item.seg.clamp_min(0).equal(batch.targets[0].narrow(0, 2, 1)));
}

TEST_CASE("What other transforms do leaves a transform's own change as it was") {
  auto options = options_for({10, 12, 9});
  options.table = never();
  options.table.number("brightness_probability") = 1;
  auto raw = random_batch(options.geometry.initial_patch_size, 3, 2);
  raw.data.fill_(2);
  const auto alone = augment(raw, options);
  options.table.number("blur_probability") = 1;  // which leaves a constant image constant
  options.table.number("contrast_probability") = options.table.number("mirror_probability") = 1;
  const auto among_others = augment(raw, options);
  CHECK_FALSE(alone.data.allclose(raw.data[0][0][0][0][0].expand_as(alone.data)));
  CHECK(among_others.data.allclose(alone.data, 1e-6, 1e-6));
}

TEST_CASE("Augmentation leaves the raw batch as it was") {
  auto options = options_for({10, 12, 9});
  options.table = certain();
  options.use_mask_for_norm = {true, true};
  const auto raw = random_batch(options.geometry.initial_patch_size, 2, 2);
  const auto data = raw.data.clone(), seg = raw.seg.clone();
  augment(raw, options);
  CHECK(raw.data.equal(data));
  CHECK(raw.seg.equal(seg));
}

TEST_CASE("When nothing is drawn the patch is the centre of the larger one") {
  auto options = options_for({10, 12, 9});
  options.table = never();
  const auto raw = random_batch(options.geometry.initial_patch_size, 2, 2);
  const auto batch = augment(raw, options);
  at::Tensor expected = raw.data;
  for (std::int64_t d = 0; d < 3; ++d) {
    const auto patch = options.patch_size[static_cast<std::size_t>(d)];
    expected = expected.narrow(d + 2, raw.data.size(d + 2) / 2 - patch / 2, patch);
  }
  CHECK(batch.data.equal(expected));
  CHECK(batch.targets.size() == 1);
  CHECK(batch.targets[0].ge(0).all().item<bool>());
}

TEST_CASE("Flips move image and labels together") {
  auto options = options_for({10, 12, 9});
  options.table = never();
  options.table.number("mirror_probability") = 1;
  auto raw = random_batch(options.geometry.initial_patch_size, 2, 1);
  raw.data = raw.seg.to(at::kFloat);
  const auto batch = augment(raw, options);
  CHECK(batch.data.clamp_min(0).equal(batch.targets[0].to(at::kFloat)));
  options.mirror = false;
  const auto straight = augment(raw, options);
  CHECK(straight.data.flip({2, 3, 4}).equal(batch.data));
}

TEST_CASE("Dummy 2D moves all slices alike and never between each other") {
  auto options = options_for({4, 16, 14});
  REQUIRE(options.geometry.dummy_2d);
  options.table = never();
  options.table.number("rotation_probability") = options.table.number("zoom_probability") = 1;
  auto raw = random_batch(options.geometry.initial_patch_size, 2, 1);
  raw.data = raw.data.narrow(2, 0, 1).repeat({1, 1, 4, 1, 1});
  raw.data.select(2, 3).fill_(0);
  const auto batch = augment(raw, options);
  CHECK(batch.data.select(2, 0).equal(batch.data.select(2, 1)));
  CHECK(batch.data.select(2, 3).eq(0).all().item<bool>());
  CHECK(batch.data.select(2, 0).ne(0).any().item<bool>());
}

TEST_CASE("Validation only settles the labels") {
  auto options = options_for({10, 12, 9});
  options.train = false;
  options.deep_supervision_scales = {{1, 1, 1}, {0.5, 0.5, 0.5}};
  const auto raw = random_batch(options.patch_size, 2, 1);
  const auto batch = augment(raw, options);
  CHECK(batch.data.equal(raw.data));
  CHECK(batch.targets[0].equal(raw.seg.clamp_min(0)));
  CHECK(batch.targets[1].sizes() == at::IntArrayRef({2, 1, 5, 6, 4}));
}

TEST_CASE("Regions become boolean channels with the ignore label last") {
  auto options = options_for({6, 6, 6});
  options.train = false;
  options.labels.regions = {{1, 2}, {2}};
  options.labels.ignore = 3;
  auto raw = random_batch(options.patch_size, 1, 1);
  raw.seg.select(2, 0).fill_(3);
  const auto target = augment(raw, options).targets[0];
  CHECK(target.scalar_type() == at::kBool);
  CHECK(target.size(1) == 3);
  CHECK(target.select(1, 0).equal(raw.seg.select(1, 0).eq(1) | raw.seg.select(1, 0).eq(2)));
  CHECK(target.select(1, 2).equal(raw.seg.select(1, 0).eq(3)));
}

TEST_CASE("A previous stage becomes one input channel per foreground label") {
  auto options = options_for({6, 6, 6});
  options.train = false;
  options.cascade = true;
  auto raw = random_batch(options.patch_size, 2, 1);
  raw.seg = at::cat({raw.seg, raw.seg.flip({2})}, 1);
  const auto batch = augment(raw, options);
  CHECK(batch.data.size(1) == 3);
  CHECK(batch.data.select(1, 2).equal(raw.seg.select(1, 1).eq(2).to(at::kFloat)));
  CHECK(batch.targets[0].size(1) == 1);
}
