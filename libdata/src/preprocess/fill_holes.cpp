#include "preprocess/fill_holes.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace seg::data {
namespace {

enum State : std::uint8_t { background, foreground, outside };

struct Line {
  std::int64_t z, y;
};

struct Seed {
  Line line;
  std::int64_t x;
};

/// Floods the background from the faces of the volume, a run along x at a time: the stack then
/// holds runs, not voxels.
class Flood {
 public:
  Flood(std::uint8_t* state, at::IntArrayRef shape)
      : state_(state), depth_(shape[0]), height_(shape[1]), width_(shape[2]) {}

  void run() {
    for (std::int64_t z = 0; z < depth_; ++z)
      for (std::int64_t y = 0; y < height_; ++y) enter_line({z, y});
  }

 private:
  void enter_line(Line line) {
    if (line.z == 0 || line.z == depth_ - 1 || line.y == 0 || line.y == height_ - 1) {
      seed_runs(line, 0, width_);
    } else {
      seed_runs(line, 0, 1);
      seed_runs(line, width_ - 1, width_);
    }
    while (!seeds_.empty()) {
      const Seed seed = seeds_.back();
      seeds_.pop_back();
      spread(seed);
    }
  }

  void spread(const Seed& seed) {
    std::uint8_t* voxels = voxels_of(seed.line);
    if (voxels[seed.x] != background) return;
    std::int64_t first = seed.x, end = seed.x + 1;
    while (first > 0 && voxels[first - 1] == background) --first;
    while (end < width_ && voxels[end] == background) ++end;
    std::fill(voxels + first, voxels + end, outside);
    const auto [z, y] = seed.line;
    for (const Line line : {Line{z - 1, y}, Line{z + 1, y}, Line{z, y - 1}, Line{z, y + 1}})
      if (contains(line)) seed_runs(line, first, end);
  }

  void seed_runs(Line line, std::int64_t first, std::int64_t end) {
    const std::uint8_t* voxels = voxels_of(line);
    for (std::int64_t x = first; x < end; ++x)
      if (voxels[x] == background && (x == first || voxels[x - 1] != background))
        seeds_.push_back({line, x});
  }

  bool contains(Line line) const {
    return line.z >= 0 && line.z < depth_ && line.y >= 0 && line.y < height_;
  }

  std::uint8_t* voxels_of(Line line) const { return state_ + (line.z * height_ + line.y) * width_; }

  std::uint8_t* state_;
  std::int64_t depth_, height_, width_;
  std::vector<Seed> seeds_;
};

}  // namespace

at::Tensor fill_holes(const at::Tensor& mask) {
  at::Tensor state = mask.to(at::kByte).contiguous();
  if (state.numel() > 0) Flood(state.data_ptr<std::uint8_t>(), state.sizes()).run();
  return state.ne(outside);
}

}  // namespace seg::data
