#include "seg/data/normalize.hpp"

#include "pipeline_oracle.hpp"
#include "seg/plan/error.hpp"

#include "catch.hpp"

using namespace seg;
using namespace seg::data;

namespace {

plan::IntensityProperties recorded_intensities(const Json& json) {
  plan::IntensityProperties properties;
  properties.mean = json["mean"];
  properties.std = json["std"];
  properties.percentile_00_5 = json["percentile_00_5"];
  properties.percentile_99_5 = json["percentile_99_5"];
  return properties;
}

}  // namespace

TEST_CASE("Normalised images equal nnU-Net's in every scheme") {
  const test::PipelineOracle oracle("normalization");
  if (!oracle.available()) return;
  const Json manifest = oracle.manifest();
  const auto intensities = recorded_intensities(manifest["intensity_properties"]);
  for (const Json& record : manifest["cases"]) {
    INFO(record["id"] << " " << record["scheme"]);
    const at::Tensor result =
        normalize(oracle.array(record["input"]), oracle.array(manifest["seg_for_mask"]),
                  {record["scheme"], record["use_mask_for_norm"], intensities});
    CHECK(result.scalar_type() == at::kFloat);
    CHECK(test::largest_difference(result, oracle.array(record["output"])) < 1e-5);
  }
}

TEST_CASE("The z-score has mean 0 and deviation 1, also far from zero") {
  const at::Tensor image = at::randn({20, 30, 40}) * 50 + 400000;
  const at::Tensor result = normalize(image, {}, {"ZScoreNormalization", false});
  CHECK(std::abs(result.mean().item<double>()) < 1e-3);
  CHECK(result.std(false).item<double>() == Approx(1).epsilon(1e-3));
}

TEST_CASE("With a mask the voxels outside stay as they are") {
  at::Tensor seg = at::zeros({4, 4, 4}, at::kShort);
  seg[0] = -1;
  const at::Tensor image = at::randn({4, 4, 4}) + 3;
  const at::Tensor result = normalize(image, seg, {"ZScoreNormalization", true});
  CHECK(at::equal(result[0], image[0]));
  CHECK(std::abs(result.slice(0, 1).mean().item<double>()) < 1e-5);
}

TEST_CASE("Normalising leaves its input alone") {
  for (const char* scheme :
       {"ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization"}) {
    const at::Tensor image = at::rand({3, 3, 3});
    const at::Tensor before = image.clone();
    normalize(image, {}, {scheme, false}).add_(1);
    CHECK(at::equal(image, before));
  }
}

TEST_CASE("Unknown schemes and images that are not RGB are refused") {
  const at::Tensor image = at::full({2, 2, 2}, 256);
  CHECK_THROWS_AS(normalize(image, {}, {"RGBTo01Normalization", false}), Error);
  CHECK_THROWS_AS(normalize(-image, {}, {"RGBTo01Normalization", false}), Error);
  CHECK_THROWS_AS(normalize(image, {}, {"MyNormalization", false}), Error);
}
