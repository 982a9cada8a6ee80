#include <algorithm>
#include <cmath>

#include "seg/data/npy.hpp"
#include "seg/train/sliding_window.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

using Sizes = std::vector<std::int64_t>;

/// Hands its input back and keeps all inputs.
class Witness : public net::Network {
 public:
  std::vector<at::Tensor> seen;

  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    seen.push_back(x[0].clone());
    return {x.clone()};
  }
  void set_deep_supervision(bool) override {}
  std::vector<std::string> heads() const override { return {}; }
};

void replay_steps(const Json& one, Outcome& outcome) {
  const auto starts = train::tile_starts(one.at("image_size"), one.at("tile_size"), one.at("step"));
  if (Json(starts) != one.at("result")) outcome.fault = "got " + Json(starts).dump();
}

// Both maps are in single precision, so a few last digits may differ.
void replay_gaussian(const fs::path& file, const Sizes& tile, Outcome& outcome) {
  const at::Tensor expected = data::map_npy(file);
  const at::Tensor map = train::gaussian_map(tile, expected.max().item<double>());
  judge(outcome, ((map - expected) / expected).abs().max().item<double>(), 1e-6);
}

/// What nnU-Net keeps of the map in half precision: zeros become the smallest number that is none.
at::Tensor in_half_precision(const at::Tensor& map) {
  const at::Tensor half = map.to(at::kHalf);
  return half.masked_fill(half == 0, half.masked_select(half > 0).min().item<double>());
}

// Rounding to half precision may fall to either side: one unit in the last place.
void replay_half_gaussian(const fs::path& file, const Json& one, Outcome& outcome) {
  const at::Tensor expected = data::map_npy(file).to(at::kDouble);
  const at::Tensor map = in_half_precision(train::gaussian_map(one.at("tile_size"), 10));
  const at::Tensor unit = (expected * std::exp2(-10)).clamp_min(std::exp2(-24));
  const double difference = ((map.to(at::kDouble) - expected) / unit).abs().max().item<double>();
  if (difference > 1) outcome.fault = "half precision differs by more than its last place";
  const auto compare = [&](const char* key, const at::Tensor& value) {
    const double recorded = one.at(key);
    judge(outcome, std::abs(value.item<double>() - recorded) / recorded, 1e-3);
  };
  compare("f16_min", map.min());
  compare("f16_max", map.max());
  compare("f32_min", train::gaussian_map(one.at("tile_size"), 10).min());
  compare("f32_max", train::gaussian_map(one.at("tile_size"), 10).max());
}

// Zeros in front of the first and behind the last voxel of a scan of ones, per axis.
std::array<Sizes, 2> padding_seen(const Witness& network) {
  std::array<Sizes, 2> padding;
  for (const int axis : {0, 1, 2}) {
    const auto empty = [&](const at::Tensor& tile) {
      std::vector<std::int64_t> others = {0, 1, 2};
      others.erase(others.begin() + axis);
      return (tile[0].amax(others) == 0).to(at::kLong);
    };
    padding[0].push_back(empty(network.seen.front()).cumprod(0).sum().item<std::int64_t>());
    padding[1].push_back(empty(network.seen.back()).flip(0).cumprod(0).sum().item<std::int64_t>());
  }
  return padding;
}

void replay_padding(const Json& one, Outcome& outcome) {
  train::SlidingWindowOptions options;
  options.patch_size = one.at("patch_size").get<Sizes>();
  if (options.patch_size.size() == 2) options.patch_size.insert(options.patch_size.begin(), 1);
  const auto network = std::make_shared<Witness>();
  train::sliding_window_logits({network}, at::ones(one.at("shape").get<Sizes>()), options);
  const auto [before, after] = padding_seen(*network);
  // The list begins with the channels where it has four entries.
  const auto spatial = [](const Json& list) {
    const auto sizes = list.get<Sizes>();
    return Sizes(sizes.end() - 3, sizes.end());
  };
  Sizes padded = spatial(one.at("shape"));
  for (std::size_t axis = 0; axis < 3; ++axis) padded[axis] += before[axis] + after[axis];
  if (padded != spatial(one.at("padded_shape"))) outcome.fault = "another padded shape";
  if (before != spatial(one.at("pad_before")) || after != spatial(one.at("pad_after")))
    outcome.fault = "got " + Json(before).dump() + " before and " + Json(after).dump() + " after";
}

void replay_mirroring(const std::vector<int>& axes, const Json& passes, Outcome& outcome) {
  const bool flat = std::ranges::count(axes, 2) == 0;
  train::SlidingWindowOptions options;
  options.patch_size = flat ? Sizes{3, 4} : Sizes{3, 4, 5};
  options.mirror_axes = axes;
  const auto network = std::make_shared<Witness>();
  const at::Tensor scan = flat ? at::rand({1, 1, 3, 4}) : at::rand({1, 3, 4, 5});
  train::sliding_window_logits({network}, scan, options);
  const at::Tensor tile = flat ? scan[0] : scan;
  if (network->seen.size() != passes.size()) outcome.fault = "another number of passes";
  for (std::size_t i = 0; i < passes.size() && outcome.fault.empty(); ++i) {
    Sizes flipped;
    for (const auto& axis : passes[i]) flipped.push_back(axis.get<std::int64_t>() + 1);
    if (!at::equal(network->seen[i], tile.flip(flipped)))
      outcome.fault = "pass " + std::to_string(i) + " is not flipped along " + passes[i].dump();
  }
}

void check_gaussians(const fs::path& folder, const Json& manifest, const Tell& tell) {
  for (const Json& one : manifest.at("gaussian"))
    for (const char* key : {"float32_scale1", "float32_scale10"})
      if (one.at(key).is_string())
        tell(attempt(one.at(key), [&](Outcome& outcome) {
          replay_gaussian(folder / one.at(key).get<std::string>(), one.at("tile_size"), outcome);
        }));
  for (const Json& one : manifest.at("gaussian"))
    if (const auto file = one.find("float16_scale10"); file != one.end() && file->is_string())
      tell(attempt(*file, [&](Outcome& outcome) {
        replay_half_gaussian(folder / file->get<std::string>(), one, outcome);
      }));
}

void check_sliding_window(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& one : manifest.at("steps"))
    tell(attempt("steps " + one.at("image_size").dump() + " " + one.at("tile_size").dump(),
                 [&](Outcome& outcome) { replay_steps(one, outcome); }));
  check_gaussians(folder, manifest, tell);
  for (const Json& one : manifest.at("padding").at("cases"))
    tell(attempt("padding " + one.at("shape").dump(),
                 [&](Outcome& outcome) { replay_padding(one, outcome); }));
  for (const auto& [axes, passes] : manifest.at("mirroring").items())
    tell(attempt("mirroring " + axes, [&](Outcome& outcome) {
      replay_mirroring(Json::parse(axes).get<std::vector<int>>(), passes, outcome);
    }));
}

}  // namespace

Topic sliding_window_topic() {
  return {"sliding_window",
          [](const fs::path& folder) { return is_about(folder, "sliding_window"); },
          check_sliding_window};
}

}  // namespace seg::oracles
