#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include "catch.hpp"
#include "devices.hpp"
#include "predict/label_slice.hpp"
#include "predict/label_stream.hpp"
#include "predict/segment.hpp"
#include "seg/data/resample.hpp"

namespace {

using Extent = std::array<std::int64_t, 3>;

struct Setting : seg::plan::Experiment {
  seg::data::CaseProperties properties;

  seg::data::TargetGrid grid() const { return seg::train::cropped_scan(properties, configuration); }
};

Setting setting(const Extent& scan, const std::array<double, 3>& spacing, int order) {
  Setting result;
  result.plans.transpose_forward = result.plans.transpose_backward = {0, 1, 2};
  result.configuration.resampling_probabilities = {
      "resample_data_or_seg_to_shape",
      {{"is_seg", false}, {"order", order}, {"order_z", 0}, {"force_separate_z", nullptr}}};
  result.labels.all = {0, 3, 5, 7};
  auto& properties = result.properties;
  properties.shape_before_cropping = properties.shape_after_cropping = scan;
  properties.box = {{}, scan};
  properties.spacing = spacing;
  properties.target_spacing = {1.5, 1.5, 1.5};
  return result;
}

at::Tensor resampled(const at::Tensor& logits, const Setting& one) {
  const auto& properties = one.properties;
  return seg::data::resample(
      logits, {properties.shape_after_cropping, properties.target_spacing, properties.spacing,
               one.configuration.resampling_probabilities});
}

at::Tensor labels_of(const at::Tensor& logits, const Setting& one) {
  return seg::train::logits_to_labels(logits, one.properties, one);
}

// Smooth, so that most voxels agree with their neighbours, and noisy, so that none does.
std::vector<at::Tensor> smooth_and_noisy(std::int64_t outputs, const Extent& shape) {
  const at::Tensor coarse = at::randn({1, outputs, 3, 3, 3});
  return {at::upsample_trilinear3d(coarse, shape, false)[0],
          at::randn({outputs, shape[0], shape[1], shape[2]})};
}

/// The most memory that LibTorch's tensors of this thread held at a time.
class PeakMemory : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t,
                         c10::Device) override {
    now_ += bytes;
    peak = std::max(peak, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t peak = 0;

 private:
  std::int64_t now_ = 0;
};

class FourClasses : public seg::net::Network {
 public:
  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    return {x.repeat({1, 4, 1, 1, 1})};
  }
  void set_deep_supervision(bool) override {}
  std::vector<std::string> heads() const override { return {}; }
};

constexpr std::int64_t patch_slices = 8, height = 40, width = 48, outputs = 4;

std::int64_t peak_of_a_scan(std::int64_t depth) {
  const Setting one = setting({depth, height, width}, {1.5, 1.5, 1.5}, 1);
  const at::Tensor scan = at::rand({1, depth, height, width});
  const auto peak = std::make_shared<PeakMemory>();
  seg::train::SegmentOptions options;
  options.window.patch_size = {patch_slices, 16, 16};
  options.grids = {one.grid()};
  options.labels = one.labels;
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, peak);
  seg::train::segment_scan({std::make_shared<FourClasses>()}, scan, options);
  return peak->peak;
}

}  // namespace

TEST_CASE("labels made slice by slice are those of the resampled logits") {
  for (const Extent& scan : {Extent{19, 23, 17}, {6, 11, 12}, {10, 30, 9}})
    for (const at::Tensor& logits : smooth_and_noisy(4, {10, 12, 11})) {
      const Setting one = setting(scan, {0.8, 0.8, 0.8}, 1);
      const at::Tensor winners = resampled(logits, one).argmax(0);
      const at::Tensor values = at::tensor(one.labels.all, at::kShort);
      CHECK(at::equal(labels_of(logits, one),
                      values.index_select(0, winners.flatten()).view(winners.sizes())));
    }
}

TEST_CASE("a coarse axis takes the nearest slice") {
  const Setting one = setting({5, 23, 17}, {6, 0.8, 0.8}, 1);
  for (const at::Tensor& logits : smooth_and_noisy(4, {20, 12, 11})) {
    const at::Tensor winners = resampled(logits, one).argmax(0);
    CHECK(at::equal(labels_of(logits, one).ne(0), winners.ne(0)));
  }
}

TEST_CASE("labels made slice by slice are those of logits resampled by LibTorch") {
  for (const seg::Json& arguments :
       {seg::Json{{"is_seg", false}, {"force_separate_z", false}},
        seg::Json{{"is_seg", false}, {"force_separate_z", nullptr}},
        seg::Json{{"force_separate_z", true}, {"mode", "nearest"}, {"aniso_axis_mode", "area"}}})
    for (const at::Tensor& logits : smooth_and_noisy(4, {10, 12, 11})) {
      Setting one = setting({5, 23, 17}, {6, 0.8, 0.8}, 1);
      one.configuration.resampling_probabilities = {"resample_torch_fornnunet", arguments};
      const at::Tensor winners = resampled(logits, one).argmax(0);
      const at::Tensor values = at::tensor(one.labels.all, at::kShort);
      CHECK(at::equal(labels_of(logits, one),
                      values.index_select(0, winners.flatten()).view(winners.sizes())));
    }
}

TEST_CASE("without resampling labels lie on the grid of the logits") {
  Setting one = setting({10, 12, 11}, {0.8, 0.8, 0.8}, 1);
  one.configuration.resampling_probabilities = {"no_resampling_hack", seg::Json::object()};
  const at::Tensor logits = smooth_and_noisy(4, {10, 12, 11})[1];
  CHECK(at::equal(labels_of(logits, one).eq(0), logits.argmax(0).eq(0)));
}

TEST_CASE("regions are decided slice by slice as on the whole") {
  Setting one = setting({19, 23, 17}, {0.8, 0.8, 0.8}, 1);
  one.labels.regions = {{3, 5}, {5}};
  one.labels.regions_class_order = {3, 5};
  for (const at::Tensor& logits : smooth_and_noisy(2, {10, 12, 11})) {
    const at::Tensor inside = resampled(logits, one).sigmoid() > 0.5;
    const at::Tensor expected = at::where(inside[1], 5, at::where(inside[0], 3, 0));
    CHECK(at::equal(labels_of(logits, one), expected.to(at::kShort)));
  }
}

TEST_CASE("labels of a slice by whole tensors are those made row by row", "[gpu]") {
  for (const bool regions : {false, true}) {
    Setting one = setting({19, 23, 17}, {0.8, 0.8, 0.8}, 1);
    if (regions) one.labels.regions = {{3, 5, 7}, {5}, {7}, {3}};
    if (regions) one.labels.regions_class_order = {3, 5, 7, 9};
    const Extent shape{10, 12, 11};
    const auto taps = *seg::data::neighbour_taps(shape, one.grid());
    for (const at::Tensor& logits : smooth_and_noisy(4, shape)) {
      const at::Tensor expected = labels_of(logits, one);
      for (std::int64_t z = 0; z < 19; ++z) {
        seg::train::WeightedSlices slices;
        for (std::int64_t tap = 2 * z; tap < 2 * z + 2; ++tap)
          slices.emplace_back(logits.select(1, taps[0].index[tap]), taps[0].weight[tap]);
        CHECK(at::equal(seg::train::labels_of_slice(slices, taps[1], taps[2], one.labels),
                        expected[z]));
      }
      for (const at::Device device : seg::test::devices()) {
        auto stream = *seg::train::LabelStream::start(shape, one.grid(), one.labels);
        for (std::int64_t z = 0; z < shape[0]; ++z) stream.add(logits.select(1, z).to(device));
        CHECK(at::equal(stream.result(), expected));
      }
    }
  }
}

TEST_CASE("logits told slice by slice are the resampled ones") {
  for (const Extent& scan : {Extent{19, 23, 17}, {6, 11, 12}, {10, 12, 11}})
    for (const int order : {1, 3})  // cubic ones are resampled as a whole
      for (const seg::Json& separate : {seg::Json(nullptr), seg::Json(true), seg::Json(false)}) {
        Setting one = setting(scan, {6, 0.8, 0.8}, order);
        one.configuration.resampling_probabilities.arguments["force_separate_z"] = separate;
        const at::Tensor logits = at::randn({4, 10, 12, 11});
        const at::Tensor expected = resampled(logits, one);
        at::Tensor told = at::full_like(expected, 1e9);
        seg::train::SegmentOptions options;
        options.grids = {one.grid()};
        options.labels = one.labels;
        options.scores = [&](std::int64_t z, const at::Tensor& slice) {
          told.select(1, z).copy_(slice);
        };
        const auto labels = seg::train::labels_on_grids(logits, options);
        CHECK(at::allclose(told, expected, 1e-6, 1e-6));
        CHECK(at::equal(labels.at(0), labels_of(logits, one)));
      }
}

TEST_CASE("logits of a slice by whole tensors are those made row by row", "[gpu]") {
  const Setting one = setting({19, 23, 17}, {0.8, 0.8, 0.8}, 1);
  const Extent shape{10, 12, 11};
  const at::Tensor logits = at::randn({4, 10, 12, 11}), expected = resampled(logits, one);
  for (const at::Device device : seg::test::devices()) {
    auto stream = *seg::train::LabelStream::start(shape, one.grid(), one.labels);
    stream.tell_scores([&](std::int64_t z, const at::Tensor& slice) {
      CHECK(at::allclose(slice.cpu(), expected.select(1, z), 1e-5, 1e-5));
    });
    for (std::int64_t z = 0; z < shape[0]; ++z) stream.add(logits.select(1, z).to(device));
  }
  const auto taps = *seg::data::neighbour_taps(shape, one.grid());
  const seg::train::WeightedSlices slices{{logits.select(1, taps[0].index[8]), taps[0].weight[8]},
                                          {logits.select(1, taps[0].index[9]), taps[0].weight[9]}};
  CHECK(at::allclose(seg::train::logits_of_slice(slices, taps[1], taps[2]), expected.select(1, 4),
                     1e-6, 1e-6));
}

TEST_CASE("cubic resampling of logits takes the whole volume") {
  const Setting one = setting({19, 23, 17}, {0.8, 0.8, 0.8}, 3);
  CHECK_FALSE(seg::train::LabelStream::start({10, 12, 11}, one.grid(), one.labels));
  const at::Tensor logits = at::randn({4, 10, 12, 11});
  const at::Tensor winners = resampled(logits, one).argmax(0);
  CHECK(at::equal(labels_of(logits, one).ne(0), winners.ne(0)));
}

TEST_CASE("the memory of a prediction is what its header says, whatever the number of slices") {
  const std::int64_t slice = height * width;
  const std::int64_t sums = 4 * slice * (patch_slices * (outputs + 1) + 2 * outputs);
  const std::int64_t tiles = 4 * 64 * patch_slices * 16 * 16;  // of one channel
  for (const std::int64_t depth : {32, 128}) {
    const std::int64_t labels = 2 * depth * slice;
    CHECK(peak_of_a_scan(depth) <=
          sums + labels + tiles * (1 + 2 * outputs) + 16 * slice * outputs);
  }
  CHECK(peak_of_a_scan(128) - peak_of_a_scan(32) <= 2 * 96 * slice + 4 * slice);
}
