#include <ATen/ATen.h>

#include "catch.hpp"
#include "pipeline_oracle.hpp"
#include "seg/data/resample.hpp"
#include "seg/plan/error.hpp"

using namespace seg;
using namespace seg::data;

namespace {

using Extents = std::array<std::int64_t, 3>;

const Json planned_torchres = {{"is_seg", false}, {"force_separate_z", false}};

TargetGrid torch_grid(const Extents& shape, const Json& arguments,
                      const std::array<double, 3>& spacing = {1, 1, 1}) {
  return {shape, spacing, {1, 1, 1}, {"resample_torch_fornnunet", arguments}};
}

/// Weighted neighbours, one axis after the other, in double precision.
at::Tensor by_taps(at::Tensor volume, const std::array<AxisTaps, 3>& taps) {
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    const auto [count, index, weight] = taps[axis];
    std::vector<at::Tensor> slices;
    for (std::int64_t i = 0; i < taps[axis].extent(); ++i) {
      at::Tensor slice = volume.select(axis, index[i * count]) * weight[i * count];
      for (std::int64_t tap = i * count + 1; tap < (i + 1) * count; ++tap)
        slice = slice + volume.select(axis, index[tap]) * weight[tap];
      slices.push_back(slice);
    }
    volume = at::stack(slices, axis);
  }
  return volume;
}

}  // namespace

TEST_CASE("LibTorch's interpolation gives what nnU-Net's functions around it gave") {
  const test::PipelineOracle oracle("torch_resampling");
  if (!oracle.available()) return;
  for (const Json& record : oracle.manifest()["cases"]) {
    if (record["new_shape"].size() != 3 || record["current_spacing"].is_null()) continue;
    INFO(record["id"] << " " << record["note"]);
    const at::Tensor result =
        resample(oracle.array(record["input"]), {record["new_shape"],
                                                 record["current_spacing"],
                                                 record["new_spacing"],
                                                 {record["function"], record["kwargs"]}});
    const at::Tensor expected = oracle.array(record["output"]);
    REQUIRE(result.sizes() == expected.sizes());
    const Json near_ties = record.value("near_ties", Json(0));
    if (record["is_seg"].get<bool>())
      CHECK(result.ne(expected).sum().item<int>() <=
            (near_ties.is_null() ? 0 : near_ties.get<int>()));
    else
      CHECK(test::largest_difference(result, expected) < 1e-5);
  }
}

TEST_CASE("Without resampling arrays keep their shape whatever the grid") {
  const at::Tensor logits = at::rand({3, 4, 5, 6});
  const TargetGrid grid{{8, 10, 12}, {2, 2, 2}, {1, 1, 1}, {"no_resampling_hack", Json::object()}};
  CHECK(resample(logits, grid).is_same(logits));
  CHECK(keeps_shape(grid.method));
  const auto taps = neighbour_taps({4, 5, 6}, grid);
  REQUIRE(taps);
  CHECK(at::equal(by_taps(logits[0].to(at::kDouble), *taps), logits[0].to(at::kDouble)));
}

TEST_CASE("Neighbours along the axes give what LibTorch interpolates") {
  const at::Tensor volume = at::rand({1, 6, 9, 8});
  const Json separate = {{"is_seg", false}, {"force_separate_z", true}};
  Json linear = separate, nearest = separate;
  linear["aniso_axis_mode"] = "linear";
  nearest["mode"] = nearest["aniso_axis_mode"] = "nearest";
  for (const Json& arguments : {planned_torchres, separate, linear, nearest})
    for (const Extents& shape : {Extents{9, 13, 11}, {4, 9, 5}, {12, 18, 16}}) {
      const TargetGrid grid = torch_grid(shape, arguments, {5, 1, 1});
      const auto taps = neighbour_taps({6, 9, 8}, grid);
      REQUIRE(taps);
      const at::Tensor mixed = by_taps(volume[0].to(at::kDouble), *taps);
      CHECK((mixed - resample(volume, grid)[0]).abs().max().item<double>() < 1e-5);
    }
  CHECK_FALSE(neighbour_taps(
      {6, 9, 8},
      {{9, 13, 11}, {1, 1, 1}, {1, 1, 1}, {"resample_torch_simple", {{"mode", "area"}}}}));
}

TEST_CASE("Labels resampled by LibTorch turn with the axes, and ties go to the smallest") {
  const at::Tensor labels = at::randint(-1, 4, {1, 6, 8, 9}, at::kShort);
  const Json seg = {{"is_seg", true}, {"force_separate_z", false}};
  const at::Tensor result = resample(labels, torch_grid({5, 13, 11}, seg));
  CHECK(result.scalar_type() == at::kShort);
  const at::Tensor halves = at::tensor({5, 3}, at::kShort).view({1, 1, 1, 2});
  CHECK(resample(halves, torch_grid({1, 1, 1}, seg)).item<int>() == 3);
  Json majority = seg;
  majority["memefficient_seg_resampling"] = true;
  CHECK(resample(halves, torch_grid({1, 1, 1}, majority)).item<int>() == 0);
  const at::Tensor same = resample(labels, torch_grid({6, 8, 9}, seg));
  CHECK(same.is_same(labels));
}

TEST_CASE(
    "The default function obeys the threshold of its arguments, and unknown modes are named") {
  const at::Tensor volume = at::rand({1, 5, 8, 8});
  const auto by_default = [&](const Json& threshold) {
    Json arguments = {
        {"is_seg", false}, {"order", 1}, {"order_z", 0}, {"force_separate_z", nullptr}};
    if (!threshold.is_null()) arguments["separate_z_anisotropy_threshold"] = threshold;
    return resample(
        volume, {{9, 8, 8}, {5, 1, 1}, {2.5, 1, 1}, {"resample_data_or_seg_to_shape", arguments}});
  };
  CHECK(at::equal(by_default(nullptr), by_default(3)));
  CHECK_FALSE(at::equal(by_default(nullptr), by_default(6)));
  CHECK_THROWS_WITH(
      resample(volume,
               {{9, 8, 8}, {1, 1, 1}, {1, 1, 1}, {"resample_torch_simple", {{"mode", "cubic"}}}}),
      ContainsSubstring("'cubic'"));
  CHECK_THROWS_WITH(resample(volume, {{9, 8, 8}, {1, 1, 1}, {1, 1, 1}, {"resample_by_magic", {}}}),
                    ContainsSubstring("resample_by_magic"));
}
