#include "seg/train/sliding_window.hpp"

#include <functional>

#include "catch.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "test_files.hpp"

namespace {

using seg::train::SlidingWindowOptions;
using Sizes = std::vector<std::int64_t>;

/// A network that is any function of its input.
class FunctionNetwork : public seg::net::Network {
 public:
  using Function = std::function<at::Tensor(const at::Tensor&)>;
  explicit FunctionNetwork(Function function) : function_(std::move(function)) {}
  std::vector<at::Tensor> forward(const at::Tensor& x) override { return {function_(x)}; }
  void set_deep_supervision(bool) override {}
  std::vector<std::string> heads() const override { return {}; }

 private:
  Function function_;
};

seg::train::Networks network_of(FunctionNetwork::Function function) {
  return {std::make_shared<FunctionNetwork>(std::move(function))};
}

at::Tensor identity(const at::Tensor& x) { return x.clone(); }

std::filesystem::path oracle() {
  return seg::test::shared_data() / "oracles/pipeline/sliding_window";
}

bool oracle_missing() {
  if (std::filesystem::exists(oracle() / "manifest.json")) return false;
  seg::test::skip("no recorded sliding windows");
  return true;
}

}  // namespace

TEST_CASE("tiles start where nnU-Net starts them") {
  CHECK(seg::train::tile_starts({110}, {64}, 0.5) == std::vector<Sizes>{{0, 23, 46}});
  CHECK(seg::train::tile_starts({64}, {64}, 0.5) == std::vector<Sizes>{{0}});
  if (oracle_missing()) return;
  const seg::Json manifest = seg::read_json(oracle() / "manifest.json");
  for (const auto& one : manifest["steps"])
    CHECK(seg::train::tile_starts(one["image_size"].get<Sizes>(), one["tile_size"].get<Sizes>(),
                                  one["step"]) == one["result"].get<std::vector<Sizes>>());
}

TEST_CASE("the importance of a tile is nnU-Net's Gaussian") {
  if (oracle_missing()) return;
  const seg::Json manifest = seg::read_json(oracle() / "manifest.json");
  for (const auto& one : manifest["gaussian"])
    for (const double peak : {1.0, 10.0}) {
      const auto file = one[peak == 1 ? "float32_scale1" : "float32_scale10"];
      if (file.is_null()) continue;
      const at::Tensor expected = seg::data::map_npy(oracle() / file.get<std::string>());
      const at::Tensor map = seg::train::gaussian_map(one["tile_size"].get<Sizes>(), peak);
      CHECK(at::allclose(map, expected, 1e-6, 0));
    }
}

TEST_CASE("a Gaussian peaks at the middle voxel and is nowhere zero") {
  const at::Tensor map = seg::train::gaussian_map({40, 56, 40}, 10);
  CHECK(map[20][28][20].item<float>() == 10);
  CHECK(map.min().item<float>() > 0);
}

TEST_CASE("overlapping tiles of a network that copies its input give the input back") {
  const auto network = network_of(identity);
  const at::Tensor scan = at::randn({2, 9, 11, 14});
  for (const Sizes& patch : {Sizes{4, 6, 5}, Sizes{6, 5}})
    for (const bool gaussian : {true, false}) {
      SlidingWindowOptions options{.patch_size = patch, .gaussian = gaussian};
      const at::Tensor logits = seg::train::sliding_window_logits(network, scan, options);
      CHECK(at::allclose(logits, scan, 1e-5, 1e-6));
    }
}

TEST_CASE("a scan smaller than the patch is padded with zeros, half before and the rest after") {
  at::Tensor seen;
  const auto network = network_of([&](const at::Tensor& x) { return seen = x.clone(); });
  const at::Tensor scan = at::rand({1, 5, 4, 7}) + 1;
  const at::Tensor logits =
      seg::train::sliding_window_logits(network, scan, {.patch_size = {8, 8, 7}});
  CHECK(at::allclose(logits, scan));
  REQUIRE(seen.sizes() == at::IntArrayRef{1, 1, 8, 8, 7});
  CHECK(at::equal(seen[0].slice(1, 1, 6).slice(2, 2, 6), scan));
  CHECK(seen.count_nonzero().item<std::int64_t>() == scan.numel());
}

TEST_CASE("a 2D network sees every slice along the first axis") {
  const auto network = network_of([](const at::Tensor& x) {
    return x.mean({2, 3}, true).expand_as(x);
  });
  const at::Tensor scan = at::rand({1, 3, 8, 8});
  const at::Tensor logits =
      seg::train::sliding_window_logits(network, scan, {.patch_size = {8, 8}});
  CHECK(at::allclose(logits, scan.mean({2, 3}, true).expand_as(scan)));
}

TEST_CASE("mirroring averages the logits of all combinations of axes") {
  const at::Tensor weights = at::rand({6, 5, 4});
  const auto network = network_of([&](const at::Tensor& x) { return x * weights; });
  const at::Tensor scan = at::rand({1, 6, 5, 4});
  const at::Tensor logits = seg::train::sliding_window_logits(
      network, scan, {.patch_size = {6, 5, 4}, .mirror_axes = {0, 2}});
  const at::Tensor mean =
      (weights + weights.flip({0}) + weights.flip({2}) + weights.flip({0, 2})) / 4;
  CHECK(at::allclose(logits, scan * mean));
}

TEST_CASE("a slice of a flat scan does not depend on the slices computed with it") {
  const auto convolution = at::randn({3, 1, 3, 3});
  const auto network = network_of([&](const at::Tensor& x) {
    return at::conv2d(x, convolution, {}, 1, at::IntArrayRef{1, 1});
  });
  const at::Tensor scan = at::randn({1, 70, 12, 10});
  const SlidingWindowOptions options{.patch_size = {8, 8}};
  const at::Tensor together = seg::train::sliding_window_logits(network, scan, options);
  const at::Tensor alone =
      seg::train::sliding_window_logits(network, scan.narrow(1, 66, 1), options);
  CHECK(at::allclose(together.narrow(1, 66, 1), alone, 1e-5, 1e-6));
}
