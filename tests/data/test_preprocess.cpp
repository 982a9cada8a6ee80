#include "seg/data/preprocess.hpp"

#include "check_oracles/recorded_preprocess.hpp"
#include "pipeline_oracle.hpp"
#include "seg/plan/error.hpp"

#include "catch.hpp"

using namespace seg;
using namespace seg::data;

namespace {

const test::PipelineOracle recorded("preprocess");

void check_properties(const CaseProperties& properties, const Json& record) {
  for (int axis = 0; axis < 3; ++axis) {
    CHECK(properties.shape_before_cropping[axis] == record["shape_before_cropping"][axis]);
    CHECK(properties.box.lower[axis] == record["bbox_used_for_cropping"][axis][0]);
    CHECK(properties.box.upper[axis] == record["bbox_used_for_cropping"][axis][1]);
    CHECK(properties.shape_after_cropping[axis] ==
          record["shape_after_cropping_and_before_resampling"][axis]);
    const int read_axis =
        record["transpose_forward"].empty() ? axis : record["transpose_forward"][axis].get<int>();
    CHECK(properties.spacing[axis] == record["spacing_as_read"][read_axis].get<double>());
  }
}

void check_locations(const std::vector<at::Tensor>& locations, const Json& record) {
  REQUIRE(locations.size() == record["class_locations"].size());
  std::size_t i = 0;
  for (const auto& [name, expected] : record["class_locations"].items()) {
    INFO(name);
    const at::Tensor& found = locations[i++];
    CHECK(found.size(0) == expected["count"].get<std::int64_t>());
    const at::Tensor sums = found.sum(0);
    for (int axis = 0; axis < 3; ++axis)
      CHECK(std::abs(sums[axis].item<double>() -
                     expected["coordinate_sums"][axis + 1].get<double>()) <=
            0.002 * expected["coordinate_sums"][axis + 1].get<double>());
  }
}

}  // namespace

TEST_CASE("Preprocessed cases equal nnU-Net's") {
  if (!recorded.available()) return;
  for (const Json& record : recorded.manifest()["cases"]) {
    INFO(record["name"]);
    const auto inputs = oracles::recorded_case(recorded.path(""), record);
    const PreprocessedCase result =
        preprocess(inputs.image, inputs.label,
                   {{}, inputs.plans, inputs.plans.configuration(inputs.configuration), {}});
    CHECK(result.seg.scalar_type() == at::kShort);
    CHECK(test::largest_difference(result.data, oracles::recorded_data(recorded.path(""), record)) <
          1e-4);
    CHECK(test::share_of_different_voxels(result.seg, recorded.array(record["seg"])) <= 0.002);
    check_properties(result.properties, record);
    check_locations(class_locations(result.seg, inputs.labels), record);
  }
}

TEST_CASE("A 2d configuration keeps the distance of the slices") {
  plan::Configuration configuration;
  configuration.spacing = {0.5, 0.75};
  CHECK(target_spacing(configuration, {4, 1, 1}) == std::array<double, 3>{4, 0.5, 0.75});
  configuration.spacing = {2, 0.5, 0.75};
  CHECK(target_spacing(configuration, {4, 1, 1}) == std::array<double, 3>{2, 0.5, 0.75});
}

TEST_CASE("Without labels a case is preprocessed the same, and the scan stays as it was") {
  if (!recorded.available()) return;
  const auto inputs = oracles::recorded_case(recorded.path(""), recorded.manifest()["cases"][1]);
  const at::Tensor before = inputs.image.data.clone();
  const auto configuration = inputs.plans.configuration("3d_fullres");
  const PreprocessedCase result =
      preprocess(inputs.image, {}, {{}, inputs.plans, configuration, {}});
  CHECK_FALSE(result.seg.defined());
  CHECK(at::equal(inputs.image.data, before));
  CHECK(at::equal(
      result.data,
      preprocess(inputs.image, inputs.label, {{}, inputs.plans, configuration, {}}).data));
}

TEST_CASE("A scan with another number of channels than planned is refused") {
  plan::Plans plans;
  plan::Configuration configuration;
  configuration.normalization_schemes = {"ZScoreNormalization", "ZScoreNormalization"};
  CHECK_THROWS_AS(preprocess({at::ones({1, 2, 2, 2}), {}}, {}, {{}, plans, configuration, {}}),
                  Error);
}

TEST_CASE("Locations cover small classes wholly and large ones by a part") {
  at::Tensor seg = at::zeros({1, 30, 40, 50}, at::kShort);
  seg.slice(1, 0, 20).fill_(2);
  seg[0][25][3][7] = 1;
  plan::Labels labels;
  labels.all = {0, 1, 2, 3};
  const auto locations = class_locations(seg, labels);
  REQUIRE(locations.size() == 3);
  CHECK(at::equal(locations[0], at::tensor({25, 3, 7}, at::kInt).view({1, 3})));
  CHECK(locations[1].sizes() == at::IntArrayRef({10000, 3}));
  CHECK(locations[1].select(1, 0).max().item<int>() == 19);
  CHECK(std::get<0>(at::unique_dim(locations[1], 0)).size(0) == 10000);
  CHECK(locations[2].sizes() == at::IntArrayRef({0, 3}));
}

TEST_CASE("A spacing in other units is named before memory is asked for") {
  plan::Experiment experiment;
  experiment.configuration.normalization_schemes = {"NoNormalization"};
  experiment.configuration.use_mask_for_norm = {false};
  experiment.configuration.spacing = {1, 1, 1};
  experiment.plans.intensities.resize(1);
  Image image{at::ones({1, 40, 40, 40}), {}};
  const auto refusal = [&](double spacing) {
    image.geometry.spacing = {spacing, spacing, spacing};
    try {
      preprocess(image, {}, experiment);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(refusal(500),
             ContainsSubstring("20000 x 20000 x 20000") && ContainsSubstring("micrometres"));
  CHECK_THAT(refusal(0.001), ContainsSubstring("0 x 0 x 0") && ContainsSubstring("metres"));
}

TEST_CASE("A spacing in another unit than the plan's scans is doubted, whatever their axes") {
  plan::Plans plans;
  Image image{at::ones({1, 4, 4, 4}), {}};
  const auto doubt = [&](double factor) {
    image.geometry.spacing = {0.5 * factor, 0.5 * factor, 3 * factor};
    return doubt_about_unit(image, plans);
  };
  CHECK(doubt(0.1) == "");  // the plan does not tell
  plans.original_median_spacing_after_transp = {3, 0.5, 0.5};
  CHECK(doubt(1) == "");
  CHECK(doubt(3) == "");
  CHECK_THAT(doubt(0.1),
             ContainsSubstring("0.3 x 0.05 x 0.05") && ContainsSubstring("centimetres"));
  CHECK_THAT(doubt(0.001), ContainsSubstring("metres"));
  CHECK_THAT(doubt(1000), ContainsSubstring("micrometres"));
}
