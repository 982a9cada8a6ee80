#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "oracle.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/patch_sampler.hpp"
#include "test_files.hpp"
//
#include "catch.hpp"

using namespace seg::data;
using nlohmann::json;

namespace {

at::Tensor voxels_of(const json& rows) {
  at::Tensor voxels = at::empty({static_cast<std::int64_t>(rows.size()), 3}, at::kInt);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t d = 0; d < 3; ++d)
      voxels[static_cast<std::int64_t>(r)][static_cast<std::int64_t>(d)] =
          rows[r][d + 1].get<int>();
  return voxels;
}

// Answers with the recorded draws and checks that each was asked for with the recorded range.
struct Replay {
  std::deque<json> draws;
  std::int64_t operator()(std::int64_t low, std::int64_t high) {
    REQUIRE_FALSE(draws.empty());
    const json draw = draws.front();
    draws.pop_front();
    const bool index = draw.contains("n");
    CHECK(low == (index ? 0 : draw["low"].get<std::int64_t>()));
    CHECK(high == (index ? draw["n"] : draw["high"]).get<std::int64_t>() - 1);
    return draw["value"];
  }
};

std::vector<at::Tensor> locations_of(const json& recorded) {
  std::vector<at::Tensor> locations;
  for (const char* key : {"1", "2", "(-1, 0, 1, 2)"})
    if (recorded.contains(key)) locations.push_back(voxels_of(recorded[key]));
  return locations;
}

StoredCase counting_case(const std::string& name, at::IntArrayRef shape, int first) {
  StoredCase stored;
  stored.name = name;
  const auto voxels = shape[0] * shape[1] * shape[2];
  stored.data = at::arange(first, first + voxels, at::kFloat).reshape(shape).unsqueeze(0);
  stored.seg = at::zeros(shape, at::kShort).unsqueeze(0);
  stored.seg[0][2][0][0] = 1;
  stored.class_locations = {at::tensor({2, 0, 0}, at::kInt).reshape({1, 3})};
  return stored;
}

SamplerOptions options_for(std::vector<std::int64_t> patch) {
  SamplerOptions options;
  options.patch_size = options.final_patch_size = std::move(patch);
  options.batch_size = 6;
  options.seed = 5;
  return options;
}

}  // namespace

TEST_CASE("The forced items of a batch are nnU-Net's") {
  const auto recorded = seg::test::oracle("pipeline/patch_sampling");
  if (!recorded) return;
  for (const auto& [size, forced] : (*recorded)["oversampling"]["forced"].items()) {
    if (!forced.is_array()) continue;
    std::vector<std::int64_t> items;
    for (std::int64_t i = 0; i < std::stoll(size); ++i)
      if (forced_foreground(i, std::stoll(size), 0.33)) items.push_back(i);
    CHECK(items == forced.get<std::vector<std::int64_t>>());
  }
}

TEST_CASE("Forced foreground starts at the rounded share of the batch") {
  CHECK_FALSE(forced_foreground(0, 1, 0.33));
  CHECK(forced_foreground(1, 2, 0.33));
  CHECK_FALSE(forced_foreground(0, 2, 0.33));
  CHECK(forced_foreground(196, 292, 0.33));
  CHECK_FALSE(forced_foreground(195, 292, 0.33));
}

TEST_CASE("Which items must hold foreground can be left to chance") {
  SamplerOptions options = options_for({2, 2, 2});
  options.batch_size = 2;
  options.oversampling = oversampling_named("chance");
  CHECK(forced_chance(options) == 0.33);
  options.oversampling = oversampling_named("chance_of_last_items");
  CHECK(forced_chance(options) == 0.5);
  options.batch_size = 1000;
  options.patch_size = options.final_patch_size = {1, 1, 1};
  options.foreground_fraction = 0.25;
  options.oversampling = Oversampling::chance;
  const std::vector<StoredCase> cases{counting_case("a", {4, 8, 8}, 0)};
  seg::plan::Labels labels;
  labels.all = {0, 1};
  const auto batch = sample_batch(cases, options, labels, 0, 0);
  const auto forced = batch.seg.eq(1).sum().item<std::int64_t>();
  CHECK(std::abs(forced - 250) < 4 * 14);
  const auto last = batch.seg.narrow(0, 750, 250).eq(1).sum().item<std::int64_t>();
  CHECK(last < 125);
}

TEST_CASE("Patch positions replay nnU-Net's from the recorded draws") {
  const auto recorded = seg::test::oracle("pipeline/patch_sampling");
  if (!recorded) return;
  for (const auto& entry : (*recorded)["bbox_cases"]) {
    INFO(entry["note"]);
    PatchPlace place;
    place.shape = entry["data_shape"];
    place.patch = entry["sampled_patch_size"];
    place.final_patch = entry["final_patch_size"];
    place.forced = entry["force_fg"];
    place.has_ignore = entry["has_ignore"];
    Replay replay{{entry["draws"].begin(), entry["draws"].end()}};
    const std::array<std::int64_t, 3> expected = entry["bbox_lower"];
    CHECK(patch_start(place, locations_of(entry["class_locations"]), std::ref(replay)) == expected);
    CHECK(replay.draws.empty());
  }
}

TEST_CASE("Outside the scan a patch holds 0 and label -1, inside the scan's own voxels") {
  const std::vector<StoredCase> cases{counting_case("a", {4, 5, 6}, 1)};
  const auto batch = sample_batch(cases, options_for({6, 6, 6}), {}, 0, 0);
  CHECK(batch.data.sizes() == at::IntArrayRef({6, 1, 6, 6, 6}));
  CHECK(batch.seg.scalar_type() == at::kShort);
  const auto inside = batch.seg.ge(0);
  CHECK(batch.data.ne(0).equal(inside));
  for (std::int64_t i = 0; i < 6; ++i) CHECK(inside[i].sum().item<std::int64_t>() == 4 * 5 * 6);
  CHECK(batch.data[0].max().item<float>() == 120);
}

TEST_CASE("Forced items contain the foreground voxel") {
  const std::vector<StoredCase> cases{counting_case("a", {20, 20, 20}, 1)};
  auto options = options_for({4, 4, 4});
  for (std::uint64_t iteration = 0; iteration < 10; ++iteration) {
    const auto batch = sample_batch(cases, options, {}, 0, iteration);
    for (std::int64_t i = 4; i < 6; ++i) CHECK(batch.seg[i].eq(1).any().item<bool>());
  }
}

TEST_CASE("A 2D batch takes slices along the first axis") {
  const std::vector<StoredCase> cases{counting_case("a", {5, 6, 7}, 0)};
  const auto batch = sample_batch(cases, options_for({6, 7}), {}, 0, 0);
  CHECK(batch.data.sizes() == at::IntArrayRef({6, 1, 6, 7}));
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto slice = static_cast<std::int64_t>(batch.data[i][0][0][0].item<float>()) / 42;
    CHECK(batch.data[i].equal(cases[0].data.select(1, slice)));
    if (i >= 4) CHECK(slice == 2);
  }
}

TEST_CASE("A previous stage travels as second segmentation channel") {
  std::vector<StoredCase> cases{counting_case("a", {5, 6, 7}, 0)};
  cases[0].previous_stage = at::full({1, 5, 6, 7}, 3, at::kShort);
  const auto batch = sample_batch(cases, options_for({5, 6, 7}), {}, 0, 0);
  CHECK(batch.seg.size(1) == 2);
  CHECK(batch.seg.select(1, 1).eq(3).all().item<bool>());
}

TEST_CASE("Cases are drawn evenly, and again the same for the same iteration") {
  std::vector<StoredCase> cases;
  for (const char* name : {"a", "b", "c"}) cases.push_back(counting_case(name, {4, 5, 6}, 0));
  const auto options = options_for({4, 5, 6});
  std::map<std::string, int> hits;
  for (std::uint64_t iteration = 0; iteration < 100; ++iteration)
    for (const auto& name : sample_batch(cases, options, {}, 1, iteration).cases) ++hits[name];
  for (const auto& [name, count] : hits) CHECK(std::abs(count - 200) < 50);
  CHECK(sample_batch(cases, options, {}, 1, 7).cases ==
        sample_batch(cases, options, {}, 1, 7).cases);
}

TEST_CASE("Validation batches do not repeat the draws of training") {
  std::vector<StoredCase> cases;
  for (const char* name : {"a", "b", "c", "d"}) cases.push_back(counting_case(name, {4, 5, 6}, 0));
  auto options = options_for({4, 5, 6});
  options.batch_size = 30;
  const auto training = sample_batch(cases, options, {}, 0, 0).cases;
  options.validation = true;
  CHECK(training != sample_batch(cases, options, {}, 0, 0).cases);
}

TEST_CASE("a batch of a case whose array was cut short since it was opened names the file") {
  const seg::test::TemporaryFolder folder;
  const auto file = folder / "cut.npy";
  std::vector<StoredCase> cases{counting_case("a", {4, 32, 64}, 0)};
  write_npy(file, cases[0].data);
  cases[0].data = map_npy(file);
  cases[0].files = {mapped_file(file)};
  const SamplerOptions options = options_for({4, 32, 64});
  CHECK_NOTHROW(sample_batch(cases, options, {}, 0, 0));
  std::filesystem::resize_file(file, 4096);
  CHECK_THROWS_WITH(sample_batch(cases, options, {}, 0, 1),
                    ContainsSubstring("cut.npy") && ContainsSubstring("cut short"));
}
