#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <map>

#include "oracle.hpp"
#include "seg/data/augment_intensity.hpp"
#include "seg/data/npy.hpp"
//
#include "catch.hpp"

using namespace seg::data;
using nlohmann::json;
using seg::test::oracle_array;

namespace {

using Replay = std::function<void(const at::Tensor& rows, const json& parameters)>;

template <typename T>
std::vector<T> for_every_row(const at::Tensor& rows, const T& value) {
  return std::vector<T>(static_cast<std::size_t>(rows.size(0)), value);
}

const std::map<std::string, Replay> replays{
    {"gaussian_blur_all_axes",
     [](const auto& rows, const json& p) {
       blur(rows, for_every_row(rows, p["sigma"].get<std::vector<double>>()));
     }},
    {"brightness",
     [](const auto& rows, const json& p) { scale_brightness(rows, p["multipliers"]); }},
    {"contrast", [](const auto& rows, const json& p) { change_contrast(rows, p["factors"]); }},
    {"gamma",
     [](const auto& rows, const json& p) {
       apply_gamma(rows, p["gamma"], {p["invert"], p["retain_stats"]});
     }},
    {"simulate_lowres",
     [](const auto& rows, const json& p) {
       lower_resolution(rows, for_every_row(rows, p["scale"].get<std::vector<double>>()));
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
  blur(rows, {{1, 0.5, 0.7}, {0.5, 0.6, 1}});
  blur(alone, {{0.5, 0.6, 1}});
  CHECK((rows.narrow(0, 1, 1) - alone).abs().max().item<double>() < 1e-6);
}

TEST_CASE("Blurring keeps a constant image and lowers the variance of noise") {
  const auto constant = at::full({1, 12, 12}, 3.5);
  blur(constant, {{0.8, 1}});
  CHECK((constant - 3.5).abs().max().item<double>() < 1e-5);
  const auto noise = random_rows({1, 40, 40});
  const double before = noise.var().item<double>();
  blur(noise, {{1, 1}});
  CHECK(noise.var().item<double>() < 0.2 * before);
}

TEST_CASE("Contrast keeps the range, and its mean when nothing is clipped") {
  const auto rows = random_rows({2, 8, 8, 8});
  const auto before = rows.clone();
  change_contrast(rows, {1.2, 0.8});
  CHECK(rows.amax().item<float>() <= before.amax().item<float>());
  CHECK(rows[1].mean().item<double>() == Approx(before[1].mean().item<double>()).margin(1e-5));
  CHECK((rows[1].std() / before[1].std()).item<double>() == Approx(0.8).epsilon(1e-4));
}

TEST_CASE("Gamma keeps mean and deviation, and a constant image as it is") {
  const auto rows = random_rows({1, 16, 16, 16});
  const auto before = rows.clone();
  apply_gamma(rows, {0.7}, {});
  CHECK(rows.mean().item<double>() == Approx(before.mean().item<double>()).margin(1e-5));
  CHECK(rows.std().item<double>() == Approx(before.std().item<double>()).epsilon(1e-4));
  CHECK_FALSE(rows.allclose(before));
  const auto constant = at::full({1, 6, 6}, 2.0);
  apply_gamma(constant, {1.3}, {});
  CHECK((constant - 2).abs().max().item<double>() < 1e-6);
}

TEST_CASE("Noise has the asked deviation and depends on its seed alone") {
  const auto rows = at::zeros({2, 20, 20, 20});
  add_noise(rows, 0.05, 77);
  CHECK(rows.std().item<double>() == Approx(0.05).epsilon(0.05));
  CHECK(std::abs(rows.mean().item<double>()) < 0.002);
  CHECK_FALSE(rows[0].equal(rows[1]));
  const auto again = at::zeros({2, 20, 20, 20});
  at::randn({5});
  add_noise(again, 0.05, 77);
  CHECK(again.equal(rows));
}
