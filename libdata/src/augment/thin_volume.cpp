#include <array>
#include <bit>
#include <cstdlib>

#include "augment/skeleton.hpp"

namespace seg::data {
namespace {

constexpr int kCentre = 13;
using Bits = std::uint32_t;  // one for each of the 27 voxels around and including a voxel

std::array<int, 3> place_of(int index) { return {index / 9 - 1, index / 3 % 3 - 1, index % 3 - 1}; }

// What the voxels around a voxel are to it and to each other.
struct Surroundings {
  std::array<Bits, 27> touching{};  // neighbours that touch the one of the index
  std::array<Bits, 27>
      sharing{};               // neighbours that share the face, edge or corner that points to it
  std::array<int, 27> sign{};  // of that part in Euler's formula

  Surroundings() {
    for (int i = 0; i < 27; ++i) {
      const auto here = place_of(i);
      const int parts = std::abs(here[0]) + std::abs(here[1]) + std::abs(here[2]);
      sign[at(i)] = parts == 2 ? -1 : 1;
      for (int j = 0; j < 27; ++j) {
        if (j == kCentre) continue;
        bool touches = i != j, shares = true;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const int there = place_of(j)[axis];
          touches = touches && std::abs(there - here[axis]) <= 1;
          shares = shares && (there == 0 || there == here[axis]);
        }
        if (touches) touching[at(i)] |= Bits{1} << j;
        if (shares) sharing[at(i)] |= Bits{1} << j;
      }
    }
  }
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
};

const Surroundings& surroundings() {
  static const Surroundings all;
  return all;
}

// Without the voxel the Euler characteristic of the union of closed cubes stays: of the parts of
// its own surface that no neighbour shares, and the cube itself, as many even ones go as odd ones.
bool keeps_euler_characteristic(Bits neighbours) {
  int lost = -1;
  for (int part = 0; part < 27; ++part)
    if (part != kCentre && (surroundings().sharing[Surroundings::at(part)] & neighbours) == 0)
      lost += surroundings().sign[Surroundings::at(part)];
  return lost == 0;
}

// The neighbours hang together without the voxel.
bool is_simple(Bits neighbours) {
  Bits reached = neighbours & (~neighbours + 1), front = reached;
  while (front != 0) {
    const int next = std::countr_zero(front);
    front &= front - 1;
    const Bits found = surroundings().touching[Surroundings::at(next)] & neighbours & ~reached;
    reached |= found;
    front |= found;
  }
  return reached == neighbours;
}

class Volume {
 public:
  explicit Volume(const at::Tensor& bytes)
      : voxels_(bytes.data_ptr<std::uint8_t>()), strides_{bytes.stride(0), bytes.stride(1), 1} {
    for (int i = 0; i < 27; ++i) offsets_[Surroundings::at(i)] = offset(place_of(i));
    for (std::int64_t i = 0; i < bytes.numel(); ++i)
      if (voxels_[i] != 0) foreground_.push_back(i);
  }

  /// Removes voxels that have no neighbour in the direction. @returns whether there were some.
  bool peel(const std::array<int, 3>& direction) {
    const auto ahead = offset(direction);
    std::vector<std::int64_t> candidates;
    for (const auto voxel : foreground_)
      if (voxels_[voxel + ahead] == 0 && is_removable(neighbours(voxel)))
        candidates.push_back(voxel);
    bool changed = false;
    for (const auto voxel : candidates) {  // one after the other, so that lines stay whole
      if (!is_simple(neighbours(voxel))) continue;
      voxels_[voxel] = 0;
      changed = true;
    }
    if (changed) std::erase_if(foreground_, [&](std::int64_t i) { return voxels_[i] == 0; });
    return changed;
  }

 private:
  std::int64_t offset(const std::array<int, 3>& place) const {
    return place[0] * strides_[0] + place[1] * strides_[1] + place[2];
  }
  Bits neighbours(std::int64_t voxel) const {
    Bits bits = 0;
    for (std::size_t i = 0; i < 27; ++i)
      if (i != kCentre) bits |= static_cast<Bits>(voxels_[voxel + offsets_[i]]) << i;
    return bits;
  }
  // Ends of lines stay.
  static bool is_removable(Bits neighbours) {
    return std::popcount(neighbours) != 1 && keeps_euler_characteristic(neighbours) &&
           is_simple(neighbours);
  }

  std::uint8_t* voxels_;
  std::array<std::int64_t, 3> strides_;
  std::array<std::int64_t, 27> offsets_{};
  std::vector<std::int64_t> foreground_;
};

}  // namespace

void thin_volume(const at::Tensor& bytes) {
  // In scikit-image's order, on which it depends what stays.
  std::vector<std::array<int, 3>> directions{{0, -1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, -1}};
  if (bytes.size(0) > 3) directions.insert(directions.end(), {{1, 0, 0}, {-1, 0, 0}});
  Volume volume(bytes);
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& direction : directions) changed = volume.peel(direction) || changed;
  }
}

}  // namespace seg::data
