#include <array>
#include <bit>
#include <utility>

#include "augment/skeleton.hpp"

namespace seg::data {
namespace {

// The neighbours of a pixel, clockwise from the north-west, a bit each.
constexpr unsigned NW = 1, N = 2, NE = 4, E = 8, SE = 16, S = 32, SW = 64, W = 128;

// In which passes of a round a pixel goes: in none, one of the two, or both.
struct Passes {
  enum Value : unsigned { none = 0, first = 1, second = 2, both = 3 };
};

// Where scikit-image departs from the rule.
constexpr std::pair<unsigned, Passes::Value> kExceptions[] = {{N | E, Passes::both},
                                                              {E | S, Passes::both},
                                                              {S | W, Passes::both},
                                                              {N | W, Passes::both},
                                                              {NW | N, Passes::first},
                                                              {N | NE, Passes::first},
                                                              {NE | E, Passes::first},
                                                              {N | NE | E, Passes::first},
                                                              {NW | N | W, Passes::first},
                                                              {NW | N | E, Passes::first},
                                                              {N | NE | W, Passes::first},
                                                              {NW | S | W, Passes::first},
                                                              {N | SW | W, Passes::first},
                                                              {N | NE | SW | W, Passes::first},
                                                              {E | SE, Passes::second},
                                                              {E | SE | S, Passes::second},
                                                              {S | SW, Passes::second},
                                                              {SW | W, Passes::second},
                                                              {S | SW | W, Passes::second},
                                                              {N | E | SE, Passes::second},
                                                              {E | S | SW, Passes::second},
                                                              {SE | S | W, Passes::second},
                                                              {NE | E | S | SW, Passes::second},
                                                              {SE | S, Passes::none},
                                                              {NW | W, Passes::none}};

bool has(unsigned neighbours, unsigned all) { return (neighbours & all) == all; }

// Around the pixel, how often foreground follows background.
int transitions(unsigned neighbours) {
  const unsigned next = ((neighbours << 1) | (neighbours >> 7)) & 255U;
  return std::popcount(neighbours & ~next);
}

Passes::Value rule(unsigned neighbours) {
  const int count = std::popcount(neighbours);
  if (count < 2 || count > 6 || transitions(neighbours) != 1) return Passes::none;
  const bool in_first = !has(neighbours, N | E | S) && !has(neighbours, E | S | W);
  const bool in_second = !has(neighbours, N | E | W) && !has(neighbours, N | S | W);
  return static_cast<Passes::Value>((in_first ? Passes::first : Passes::none) |
                                    (in_second ? Passes::second : Passes::none));
}

std::array<Passes::Value, 256> passes_of_all() {
  std::array<Passes::Value, 256> passes{};
  for (unsigned neighbours = 0; neighbours < 256; ++neighbours)
    passes[neighbours] = rule(neighbours);
  for (const auto& [neighbours, other] : kExceptions) passes[neighbours] = other;
  return passes;
}

unsigned neighbours_of(const std::uint8_t* pixel, std::int64_t row) {
  const std::array<std::int64_t, 8> offsets{-row - 1, -row, -row + 1, 1, row + 1, row, row - 1, -1};
  unsigned neighbours = 0;
  for (unsigned i = 0; i < 8; ++i) neighbours |= static_cast<unsigned>(pixel[offsets[i]]) << i;
  return neighbours;
}

}  // namespace

void thin_picture(const at::Tensor& picture) {
  static const auto passes = passes_of_all();
  auto* pixels = picture.data_ptr<std::uint8_t>();
  const std::int64_t row = picture.size(1);
  std::vector<std::int64_t> foreground, doomed;
  for (std::int64_t i = 0; i < picture.numel(); ++i)
    if (pixels[i] != 0) foreground.push_back(i);
  bool changed = true;
  while (changed) {
    changed = false;
    for (const Passes::Value pass : {Passes::first, Passes::second}) {
      doomed.clear();
      for (const auto i : foreground)
        if ((passes[neighbours_of(pixels + i, row)] & pass) != 0) doomed.push_back(i);
      for (const auto i : doomed) pixels[i] = 0;
      std::erase_if(foreground, [&](std::int64_t i) { return pixels[i] == 0; });
      changed = changed || !doomed.empty();
    }
  }
}

}  // namespace seg::data
