#include "predict/written_labels.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

using namespace seg;
using namespace seg::train;

namespace {

plan::Dataset dataset_with(const Json& labels, const std::vector<int>& order = {}) {
  Json json = test::small_dataset();
  json["labels"] = labels;
  if (!order.empty()) json["regions_class_order"] = order;
  return plan::dataset_from_json(json, "test", "test");
}

plan::Dataset organs() { return dataset_with({{"background", 0}, {"liver", 1}, {"spleen", 2}}); }

/// Liver of 8 and of 3 voxels, which touches itself at a corner; spleen of 2 and 1 voxels.
at::Tensor organ_map() {
  at::Tensor map = at::zeros({4, 6, 8}, at::kShort);
  map.slice(0, 0, 2).slice(1, 0, 2).slice(2, 0, 2).fill_(1);
  map[3][4].slice(0, 1, 3).fill_(1);
  map[2][5][3] = 1;  // at the corner of the two
  map[0][3].slice(0, 5, 7).fill_(2);
  map[3][0][7] = 2;
  return map;
}

std::int64_t count(const at::Tensor& map, int label) { return map.eq(label).sum().item<int64_t>(); }

at::Tensor chosen(const PredictOptions& options) {
  data::Geometry geometry;
  geometry.spacing = {0.5, 1, 3};  // 1.5 mm³
  return chosen_labels(organ_map(), geometry, written_labels(options, organs()));
}

}  // namespace

TEST_CASE("only the labels that are asked for are written, by name or number") {
  PredictOptions options;
  CHECK(chosen(options).equal(organ_map()));
  for (const char* word : {"spleen", "2"}) {
    options.labels = {word};
    const at::Tensor map = chosen(options);
    CHECK(count(map, 1) == 0);
    CHECK(map.eq(2).equal(organ_map().eq(2)));
  }
  options.labels = {"2", "liver"};
  CHECK(chosen(options).equal(organ_map()));
  options.labels = {"splen"};
  CHECK_THROWS_WITH(chosen(options), ContainsSubstring("labels splen: is no label") &&
                                         ContainsSubstring("did you mean spleen?"));
  options.labels = {"7"};
  CHECK_THROWS_WITH(chosen(options),
                    ContainsSubstring("there are liver") && !ContainsSubstring("did you mean"));
}

TEST_CASE("of a label the largest part stays, others are left as they are") {
  PredictOptions options;
  options.largest = {"all"};
  CHECK(count(chosen(options), 1) == 8);
  CHECK(count(chosen(options), 2) == 2);
  options.largest = {"spleen"};
  CHECK(count(chosen(options), 1) == 11);
  CHECK(count(chosen(options), 2) == 2);
  options.labels = {"liver"};
  CHECK_THROWS_WITH(chosen(options), ContainsSubstring("largest spleen: is not among the labels"));
}

TEST_CASE("parts below a volume go, each label's for itself") {
  PredictOptions options;
  for (const auto& [volume, liver, spleen] :
       {std::tuple{1.5, 11, 3}, {1.6, 11, 2}, {4.5, 11, 0}, {4.6, 8, 0}, {12.1, 0, 0}}) {
    INFO(volume);
    options.remove_small = volume;
    CHECK(count(chosen(options), 1) == liver);
    CHECK(count(chosen(options), 2) == spleen);
  }
  options.remove_small = -1;
  CHECK_THROWS_WITH(chosen(options), ContainsSubstring("remove_small"));
}

TEST_CASE("a region is all its labels together") {
  const auto dataset =
      dataset_with({{"background", 0}, {"whole", {1, 2}}, {"core", Json::array({2})}}, {1, 2});
  PredictOptions options;
  options.labels = {"core"};
  CHECK(chosen_labels(organ_map(), {}, written_labels(options, dataset))
            .eq(2)
            .equal(organ_map().eq(2)));
  options.labels = {"whole"};
  CHECK(chosen_labels(organ_map(), {}, written_labels(options, dataset)).equal(organ_map()));
  options.labels = {};
  options.largest = {"whole"};
  const at::Tensor map = chosen_labels(organ_map(), {}, written_labels(options, dataset));
  CHECK(count(map, 1) == 8);
  CHECK(count(map, 2) == 0);
  const test::TemporaryFolder folder;
  options.largest = {};
  const auto files =
      write_masks(folder.path(), ".nrrd", {organ_map(), {}, {}}, written_labels(options, dataset));
  REQUIRE(files.size() == 2);
  CHECK(files[0] == folder / "whole.nrrd");
  CHECK(data::read_label_map(files[0]).data[0].equal(organ_map().gt(0).to(at::kShort)));
  CHECK(data::read_label_map(files[1]).data[0].equal(organ_map().eq(2).to(at::kShort)));
}

TEST_CASE("a label whose mask could be no file of its name is refused before anything is done") {
  PredictOptions options;
  const auto dataset = dataset_with({{"background", 0}, {"left/right", 1}});
  CHECK_NOTHROW(written_labels(options, dataset));
  options.split_labels = true;
  CHECK_THROWS_WITH(written_labels(options, dataset), ContainsSubstring("left/right"));
}
