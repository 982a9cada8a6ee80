#include "seg/data/resample.hpp"

#include <cmath>

#include "pipeline_oracle.hpp"
#include "seg/plan/error.hpp"

#include "catch.hpp"

using namespace seg;
using namespace seg::data;

namespace {

using Shape = std::array<std::int64_t, 3>;
using Spacing = std::array<double, 3>;

plan::Resampling method(const Json& arguments) {
  return {"resample_data_or_seg_to_shape", arguments};
}

plan::Resampling image_method(int order) {
  return method(
      {{"is_seg", false}, {"order", order}, {"order_z", 0}, {"force_separate_z", nullptr}});
}

plan::Resampling label_method(int order) {
  return method(
      {{"is_seg", true}, {"order", order}, {"order_z", 0}, {"force_separate_z", nullptr}});
}

const Spacing isotropic{1, 1, 1};

TargetGrid isotropic_grid(const Shape& shape, const plan::Resampling& method) {
  return {shape, isotropic, isotropic, method};
}

at::Tensor resample_recorded(const Json& record, const at::Tensor& input) {
  return resample(input, {record["new_shape"], record["current_spacing"], record["new_spacing"],
                          method(record)});
}

/// A product of lines, one along each axis; linear and cubic interpolation keep it.
at::Tensor ramp(const Shape& shape, double scale) {
  const auto axis = [&](int a) { return (at::arange(shape[a], at::kFloat) + 0.5) * scale; };
  return (axis(0).view({-1, 1, 1}) + 2 * axis(1).view({-1, 1}) - axis(2)).unsqueeze(0);
}

}  // namespace

TEST_CASE("Resampled images equal nnU-Net's") {
  const test::PipelineOracle oracle("resampling");
  if (!oracle.available()) return;
  for (const Json& record : oracle.manifest()["cases"]) {
    if (record["is_seg"].get<bool>()) continue;
    INFO(record["id"] << " " << record["note"]);
    const at::Tensor result = resample_recorded(record, oracle.array(record["input"]));
    const bool cubic = record["order"] == 3 || record["order_z"] == 3;
    CHECK(test::largest_difference(result, oracle.array(record["output"])) <
          (cubic                                            ? 1e-4
           : record["order"] == 0 && record["order_z"] == 0 ? 1e-30
                                                            : 1e-5));
  }
}

TEST_CASE("Resampled labels equal nnU-Net's") {
  const test::PipelineOracle oracle("resampling");
  if (!oracle.available()) return;
  for (const Json& record : oracle.manifest()["cases"]) {
    if (!record["is_seg"].get<bool>()) continue;
    INFO(record["id"] << " " << record["note"]);
    const at::Tensor result = resample_recorded(record, oracle.array(record["input"]));
    CHECK(test::share_of_different_voxels(result, oracle.array(record["output"])) <=
          (record["order"] == 0 ? 0 : 0.002));
  }
}

TEST_CASE("Logits in half precision equal nnU-Net's up to ties of the rounding") {
  const test::PipelineOracle oracle("resampling");
  if (!oracle.available()) return;
  const Json record = oracle.manifest()["half_precision_logits"];
  const at::Tensor result =
      resample(oracle.array(record["input"]),
               isotropic_grid(record["new_shape"], image_method(record["order"])));
  CHECK(result.scalar_type() == at::kHalf);
  // Sums that fall half-way between two numbers of half precision may go either way.
  CHECK(test::largest_difference(result, oracle.array(record["output"])) <= std::ldexp(1, -11));
  CHECK(test::share_of_different_voxels(result, oracle.array(record["output"])) < 0.002);
}

TEST_CASE("The separately handled axis is the one nnU-Net takes") {
  const test::PipelineOracle oracle("resampling");
  if (!oracle.available()) return;
  for (const Json& record : oracle.manifest()["separate_z_rule"]) {
    INFO(record.dump());
    const Json& force = record["force_separate_z"];
    const auto axis =
        separate_axis(record["current_spacing"], record["new_spacing"],
                      force.is_null() ? std::nullopt : std::optional<bool>(force.get<bool>()));
    CHECK(axis.has_value() == record["result"][0].get<bool>());
    if (axis) CHECK(*axis == record["result"][1].get<int>());
  }
}

TEST_CASE("New extents are rounded half to even") {
  CHECK(resampled_shape({5, 5, 5}, isotropic, {2, 2, 2}) == Shape{2, 2, 2});
  CHECK(resampled_shape({7, 9, 11}, isotropic, {2, 2, 2}) == Shape{4, 4, 6});
  CHECK(resampled_shape({3, 6, 10}, {0.5, 0.75, 1.25}, isotropic) == Shape{2, 4, 12});
}

TEST_CASE("Linear interpolation keeps a ramp away from the border") {
  const Shape shape{10, 12, 14}, finer{20, 24, 28};
  const at::Tensor result = resample(ramp(shape, 2), isotropic_grid(finer, image_method(1)));
  const auto inner = at::indexing::Slice(2, -2);
  const at::Tensor difference = (result - ramp(finer, 1)).index({0, inner, inner, inner});
  CHECK(difference.abs().max().item<float>() < 1e-5);
}

TEST_CASE("A constant image stays constant in every order") {
  for (const int order : {0, 1, 3}) {
    const at::Tensor result =
        resample(at::full({2, 5, 6, 7}, 3.5), isotropic_grid({9, 4, 11}, image_method(order)));
    CHECK((result - 3.5).abs().max().item<float>() < 1e-6);
  }
}

TEST_CASE("Cubic interpolation stays in the range of the input") {
  const at::Tensor noise = at::rand({1, 6, 6, 6});
  const at::Tensor result = resample(noise, isotropic_grid({13, 13, 13}, image_method(3)));
  CHECK(result.max().item<float>() <= noise.max().item<float>());
  CHECK(result.min().item<float>() >= noise.min().item<float>());
}

TEST_CASE("Resampling labels invents none and turns with the axes") {
  const at::Tensor labels = at::randint(0, 4, {1, 7, 8, 9}, at::kShort);
  const at::Tensor result = resample(labels, isotropic_grid({5, 13, 11}, label_method(1)));
  CHECK(result.scalar_type() == at::kShort);
  CHECK(result.max().item<int>() <= 3);
  const at::Tensor turned =
      resample(labels.permute({0, 3, 1, 2}), isotropic_grid({11, 5, 13}, label_method(1)));
  CHECK(test::share_of_different_voxels(turned, result.permute({0, 3, 1, 2})) < 0.01);
}

TEST_CASE("What cannot be resampled is said in one line") {
  const at::Tensor image = at::zeros({1, 2, 2, 2});
  CHECK_THROWS_AS(resample(image, isotropic_grid({0, 2, 2}, image_method(3))), Error);
  CHECK_THROWS_AS(resample(image, isotropic_grid({3, 3, 3}, image_method(2))), Error);
  CHECK_THROWS_AS(resample(image, isotropic_grid({3, 3, 3}, {"another", {}})), Error);
}
