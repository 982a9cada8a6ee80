#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <map>

#include "augment/blur.hpp"
#include "augment/gamma.hpp"
#include "augment/transforms.hpp"
#include "oracle.hpp"
#include "seg/data/npy.hpp"
//
#include "catch.hpp"

using namespace seg::data;
using nlohmann::json;
using seg::test::oracle_array;

namespace {

using Replay = std::function<void(const at::Tensor& rows, const json& parameters)>;

// Runs a transform on rows [N, (Z,) Y, X], the channels of one item, in place.
void apply_to_rows(const char* name, const at::Tensor& rows, const Drawn& drawn) {
  Items items;
  items.data = rows.unsqueeze(0);
  transform_named(name).apply(items, {drawn});
}

Drawn for_every_row(const at::Tensor& rows, const std::vector<double>& numbers) {
  return Drawn(static_cast<std::size_t>(rows.size(0)), numbers);
}

Drawn one_for_each(const json& numbers) {
  Drawn drawn;
  for (const auto& number : numbers) drawn.push_back({number.get<double>()});
  return drawn;
}

const std::map<std::string, Replay> replays{
    {"gaussian_blur_all_axes",
     [](const auto& rows, const json& p) {
       apply_to_rows("blur", rows, for_every_row(rows, p["sigma"]));
     }},
    {"brightness",
     [](const auto& rows, const json& p) {
       apply_to_rows("brightness", rows, one_for_each(p["multipliers"]));
     }},
    {"contrast",
     [](const auto& rows, const json& p) {
       apply_to_rows("contrast", rows, one_for_each(p["factors"]));
     }},
    {"gamma",
     [](const auto& rows, const json& p) {
       const Drawn powers = one_for_each(p["gamma"]);
       apply_gamma({rows, powers}, {p["invert"], p["retain_stats"]});
     }},
    {"simulate_lowres",
     [](const auto& rows, const json& p) {
       apply_to_rows("low_resolution", rows, for_every_row(rows, p["scale"]));
     }},
};

at::Tensor random_rows(at::IntArrayRef shape) {
  at::manual_seed(1);
  return at::randn(shape);
}

}  // namespace

TEST_CASE("Intensity transforms give what batchgeneratorsv2 gave") {
  const auto recorded = seg::test::oracle("pipeline/transforms");
  if (!recorded) return;
  int replayed = 0;
  for (const auto& entry : (*recorded)["cases"]) {
    const auto replay = replays.find(entry["op"]);
    if (replay == replays.end()) continue;
    INFO(entry["output"]);
    const auto rows = oracle_array("pipeline/transforms", entry["input"]);
    replay->second(rows, entry["params"]);
    CHECK((rows - oracle_array("pipeline/transforms", entry["output"])).abs().max().item<double>() <
          1e-5);
    ++replayed;
  }
  CHECK(replayed == 20);
}

TEST_CASE("Gaussian kernels are batchgeneratorsv2's") {
  const auto recorded = seg::test::oracle("pipeline/transforms");
  if (!recorded) return;
  for (const auto& entry : (*recorded)["gaussian_blur_kernels"]) {
    const auto kernel = gaussian_kernel(entry["sigma"]);
    REQUIRE(kernel.size() == entry["kernel"].size());
    for (std::size_t i = 0; i < kernel.size(); ++i)
      CHECK(kernel[i] == Approx(entry["kernel"][i].get<double>()).margin(1e-6));
  }
}

TEST_CASE("Rows are blurred by their own sigmas, each as if it were alone") {
  const auto rows = random_rows({2, 9, 10, 11});
  const auto alone = rows.narrow(0, 1, 1).clone();
  apply_to_rows("blur", rows, {{1, 0.5, 0.7}, {0.5, 0.6, 1}});
  apply_to_rows("blur", alone, {{0.5, 0.6, 1}});
  CHECK((rows.narrow(0, 1, 1) - alone).abs().max().item<double>() < 1e-6);
}

TEST_CASE("Blurring keeps a constant image and lowers the variance of noise") {
  const auto constant = at::full({1, 12, 12}, 3.5);
  apply_to_rows("blur", constant, {{0.8, 1}});
  CHECK((constant - 3.5).abs().max().item<double>() < 1e-5);
  const auto noise = random_rows({1, 40, 40});
  const double before = noise.var().item<double>();
  apply_to_rows("blur", noise, {{1, 1}});
  CHECK(noise.var().item<double>() < 0.2 * before);
}

TEST_CASE("Contrast keeps the range, and its mean when nothing is clipped") {
  const auto rows = random_rows({2, 8, 8, 8});
  const auto before = rows.clone();
  apply_to_rows("contrast", rows, {{1.2}, {0.8}});
  CHECK(rows.amax().item<float>() <= before.amax().item<float>());
  CHECK(rows[1].mean().item<double>() == Approx(before[1].mean().item<double>()).margin(1e-5));
  CHECK((rows[1].std() / before[1].std()).item<double>() == Approx(0.8).epsilon(1e-4));
}

TEST_CASE("Gamma keeps mean and deviation, and a constant image as it is") {
  const auto rows = random_rows({1, 16, 16, 16});
  const auto before = rows.clone();
  apply_to_rows("gamma", rows, {{0.7}});
  CHECK(rows.mean().item<double>() == Approx(before.mean().item<double>()).margin(1e-5));
  CHECK(rows.std().item<double>() == Approx(before.std().item<double>()).epsilon(1e-4));
  CHECK_FALSE(rows.allclose(before));
  const auto constant = at::full({1, 6, 6}, 2.0);
  apply_to_rows("gamma", constant, {{1.3}});
  CHECK((constant - 2).abs().max().item<double>() < 1e-6);
}

TEST_CASE("Noise has the asked deviation and depends on its seed alone") {
  const auto rows = at::zeros({2, 20, 20, 20});
  apply_to_rows("noise", rows, {{0.05, 77}});
  CHECK(rows.std().item<double>() == Approx(0.05).epsilon(0.05));
  CHECK(std::abs(rows.mean().item<double>()) < 0.002);
  CHECK_FALSE(rows[0].equal(rows[1]));
  const auto again = at::zeros({2, 20, 20, 20});
  at::randn({5});
  apply_to_rows("noise", again, {{0.05, 77}});
  CHECK(again.equal(rows));
}
