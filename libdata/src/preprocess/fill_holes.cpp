#include "preprocess/fill_holes.hpp"

#include <algorithm>
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
  explicit Flood(const at::Tensor& state)
      : state_(state.data_ptr<std::uint8_t>()),
        slice_stride_(state.stride(0)),
        row_stride_(state.stride(1)),
        depth_(state.size(0)),
        height_(state.size(1)),
        width_(state.size(2)) {}

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

  std::uint8_t* voxels_of(Line line) const {
    return state_ + line.z * slice_stride_ + line.y * row_stride_;
  }

  std::uint8_t* state_;
  std::int64_t slice_stride_, row_stride_, depth_, height_, width_;
  std::vector<Seed> seeds_;
};

}  // namespace

void fill_holes(const at::Tensor& mask) {
  if (mask.numel() == 0) return;
  at::Tensor state = mask.view(at::kByte);
  Flood(state).run();
  state.ne_(outside);
}

}  // namespace seg::data
