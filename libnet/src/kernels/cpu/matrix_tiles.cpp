#include "kernels/cpu/matrix_tiles.hpp"

#include "seg/plan/assert.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <vector>
#endif

namespace seg::net {

#if defined(__x86_64__) && defined(__linux__)
namespace {

// A tile has 16 rows of 64 bytes. TDPBF16PS adds the products of 16 inputs by 16 outputs over 32
// places: of x the 32 places of an input lie side by side, of dy the two places of a pair. Rows
// that cross lines of the cache take seven times as long to load. So dy, which lies there twice,
// in pairs from even and from odd places, is moved by a kernel's voxel, not x.
constexpr std::int64_t tile_bytes = 1024, row_bytes = 64, pair_bytes = 64;
constexpr std::int64_t tile_sums = channels_in_tile * channels_in_tile;
/// Of x, so many groups by two tiles of inputs stay in the first cache.
constexpr std::int64_t groups_at_once = 16;

using Halves [[gnu::vector_size(32)]] = std::uint16_t;
using Pairs [[gnu::vector_size(64)]] = std::uint32_t;
using Floats [[gnu::vector_size(64)]] = float;

/// As LDTILECFG reads it.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// Walks along a row: where a place's channels lie, or `zeros`.
class PlaceCursor {
 public:
  /// @param place may lie before the row, and go on behind it.
  PlaceCursor(const PaddedRow& row, const RowValues& values, const c10::BFloat16* zeros,
              std::int64_t place)
      : row_(row), values_(values), zeros_(zeros), before_(std::max<std::int64_t>(-place, 0)) {
    place = std::max<std::int64_t>(place, 0);
    item_ = place / row.item();
    z_ = place % row.item() / row.plane();
    y_ = place % row.plane() / row.line();
    x_ = place % row.line();
  }

  const c10::BFloat16* next() {
    if (before_ > 0) {
      --before_;
      return zeros_;
    }
    const bool is_voxel =
        x_ < row_.width && y_ < row_.height && z_ < row_.depth && item_ < row_.items;
    const std::int64_t voxel = ((item_ * row_.depth + z_) * row_.height + y_) * row_.width + x_;
    advance();
    return is_voxel ? values_.values + voxel * values_.channels : zeros_;
  }

 private:
  void advance() {
    if (++x_ < row_.line()) return;
    x_ = 0;
    if (++y_ <= row_.height) return;
    y_ = 0;
    if (++z_ * row_.plane() < row_.item()) return;
    z_ = 0;
    ++item_;
  }

  const PaddedRow& row_;
  const RowValues& values_;
  const c10::BFloat16* zeros_;
  std::int64_t before_, item_, z_, y_, x_;
};

[[gnu::always_inline]] inline void interleave(const c10::BFloat16* first,
                                              const c10::BFloat16* second, Pairs& pairs) {
  Halves a;
  Halves b;
  std::memcpy(&a, first, sizeof a);
  std::memcpy(&b, second, sizeof b);
  pairs = __builtin_convertvector(a, Pairs) | (__builtin_convertvector(b, Pairs) << 16);
}

/// 16 x 16 pairs. Each round interleaves the upper half of the rows with the lower one, which makes
/// the first bit of a value's row the last of its column.
[[gnu::always_inline]] inline void transpose(Pairs (&rows)[16]) {
  for (int round = 0; round < 4; ++round) {
    Pairs mixed[16];
#pragma GCC unroll 8
    for (std::int64_t i = 0; i < 8; ++i) {
      mixed[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4,
                                             20, 5, 21, 6, 22, 7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27,
                                                 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < 16; ++i) rows[i] = mixed[i];
  }
}

#define SEG_WITH_TILES [[gnu::target("avx512f,avx512vl,avx512bw,amx-tile,amx-bf16")]]

/// x to [inputs / 16, groups, 16, 32].
SEG_WITH_TILES void place_x(PlaceCursor places, const RowValues& x, std::int64_t groups,
                            std::uint8_t* to) {
  for (std::int64_t group = 0; group < groups; ++group) {
    const c10::BFloat16* voxels[places_in_group];
    for (const c10::BFloat16*& voxel : voxels) voxel = places.next();
    for (std::int64_t c = 0; c < x.channels; c += channels_in_tile) {
      Pairs rows[16];
#pragma GCC unroll 16
      for (std::int64_t i = 0; i < 16; ++i)
        interleave(voxels[2 * i] + c, voxels[2 * i + 1] + c, rows[i]);
      transpose(rows);
      std::memcpy(to + (c / channels_in_tile * groups + group) * tile_bytes, rows, sizeof rows);
    }
  }
}

/// dy as [outputs / 16, pairs, 16, 2].
struct PlacedPairs {
  std::uint8_t *even, *odd;  ///< pairs from an even place on, from an odd one
  std::int64_t count;
};

SEG_WITH_TILES void place_dy(PlaceCursor places, const RowValues& dy, const PlacedPairs& to) {
  const c10::BFloat16* next = places.next();
  for (std::int64_t pair = 0; pair < to.count; ++pair) {
    const c10::BFloat16* first = next;
    const c10::BFloat16* second = places.next();
    next = places.next();
    for (std::int64_t k = 0; k < dy.channels; k += channels_in_tile) {
      Pairs even;
      Pairs odd;
      interleave(first + k, second + k, even);
      interleave(second + k, next + k, odd);
      const std::int64_t place = (k / channels_in_tile * to.count + pair) * pair_bytes;
      std::memcpy(to.even + place, &even, sizeof even);
      std::memcpy(to.odd + place, &odd, sizeof odd);
    }
  }
}

/// Sums of the outputs of a tile, over pairs from `from` on.
SEG_WITH_TILES void add_pairs(const std::uint8_t* from, std::int64_t count, float* sums) {
  Floats low{};
  Floats high{};
  for (std::int64_t i = 0; i < count; ++i) {
    Pairs pairs;
    std::memcpy(&pairs, from + i * pair_bytes, sizeof pairs);
    low += reinterpret_cast<Floats>(pairs << 16);
    high += reinterpret_cast<Floats>(pairs & 0xFFFF0000U);
  }
  low += high;
  for (std::int64_t k = 0; k < channels_in_tile; ++k) sums[k] += low[k];
}

/// Two tiles of inputs by two of outputs, and how far the second ones are from the first.
struct TileOperands {
  const std::uint8_t *x, *dy;
  float* sums;
  std::int64_t x_step, dy_step;            ///< in bytes
  std::int64_t sums_x_step, sums_dy_step;  ///< in floats
};

SEG_WITH_TILES void add_products(const TileOperands& o, std::int64_t groups) {
  float* right = o.sums + o.sums_dy_step;
  float* below = o.sums + o.sums_x_step;
  float* diagonal = below + o.sums_dy_step;
  _tile_loadd(0, o.sums, row_bytes);
  _tile_loadd(1, right, row_bytes);
  _tile_loadd(2, below, row_bytes);
  _tile_loadd(3, diagonal, row_bytes);
  for (std::int64_t i = 0; i < groups * tile_bytes; i += tile_bytes) {
    _tile_loadd(4, o.x + i, row_bytes);
    _tile_loadd(6, o.dy + i, row_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, o.dy + o.dy_step + i, row_bytes);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, o.x + o.x_step + i, row_bytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, o.sums, row_bytes);
  _tile_stored(1, right, row_bytes);
  _tile_stored(2, below, row_bytes);
  _tile_stored(3, diagonal, row_bytes);
}

SEG_WITH_TILES void start_tiles() {
  const TileShapes shapes;
  // GCC 12 does not know that the next instruction reads all of it.
  asm volatile("" ::"r"(&shapes) : "memory");
  _tile_loadconfig(&shapes);
}

SEG_WITH_TILES void end_tiles() { _tile_release(); }

/// reach(), in whole groups of places.
std::int64_t margin_of(const PaddedRow& row) {
  return (row.reach() + places_in_group - 1) / places_in_group * places_in_group;
}

std::int64_t pairs_around(const PaddedRow& row, std::int64_t groups) {
  return groups * places_in_group / 2 + margin_of(row);
}

/// How far the voxels of a kernel are from its middle, in places.
std::vector<std::int64_t> voxel_distances(const PaddedRow& row) {
  std::vector<std::int64_t> distances;
  const std::int64_t deep = row.is_deep ? 1 : 0;
  for (std::int64_t z = -deep; z <= deep; ++z)
    for (std::int64_t y = -1; y <= 1; ++y)
      for (std::int64_t x = -1; x <= 1; ++x)
        distances.push_back(z * row.plane() + y * row.line() + x);
  return distances;
}

/// x and dy of some groups as the tiles are loaded.
struct PlacedOperands {
  const std::uint8_t* x;
  PlacedPairs dy;
  std::int64_t margin;  ///< places of dy before the first of x
  std::int64_t groups, x_tiles, dy_tiles;
  std::vector<std::int64_t> distances;
};

/// The first two tiles of inputs, of outputs.
struct TilePairs {
  std::int64_t c, k;
};

/// What some of the groups add to a kernel's voxels, for some inputs and outputs.
void add_kernel(const PlacedOperands& placed, GroupRange range, TilePairs first, float* sums) {
  TileOperands tiles{};
  tiles.x_step = placed.groups * tile_bytes;
  tiles.dy_step = placed.dy.count * pair_bytes;
  tiles.sums_dy_step = std::ssize(placed.distances) * tile_sums;
  tiles.sums_x_step = placed.dy_tiles * tiles.sums_dy_step;
  tiles.x = placed.x + first.c * tiles.x_step + range.begin * tile_bytes;
  tiles.sums = sums + first.c * tiles.sums_x_step + first.k * tiles.sums_dy_step;
  for (const std::int64_t distance : placed.distances) {
    const std::int64_t place = range.begin * places_in_group + placed.margin - distance;
    tiles.dy = (place % 2 == 0 ? placed.dy.even : placed.dy.odd) + first.k * tiles.dy_step +
               place / 2 * pair_bytes;
    add_products(tiles, range.count);
    tiles.sums += tile_sums;
  }
}

}  // namespace

std::int64_t tile_room(const PaddedRow& row, std::int64_t inputs, std::int64_t outputs,
                       std::int64_t groups) {
  return (groups * inputs * tile_bytes + 2 * pairs_around(row, groups) * outputs * pair_bytes) /
         channels_in_tile;
}

void add_weight_gradient(const LearnedPass& pass, GroupRange range, const ConvolutionSums& sums,
                         std::uint8_t* room) {
  const auto& [row, x, dy] = pass;
  const std::vector<c10::BFloat16> zeros(
      static_cast<std::size_t>(std::max(x.channels, dy.channels)));
  const std::int64_t first = range.begin * places_in_group;
  const std::int64_t margin = margin_of(row);
  const std::int64_t x_tiles = x.channels / channels_in_tile;
  const std::int64_t dy_tiles = dy.channels / channels_in_tile;
  const std::int64_t pairs = pairs_around(row, range.count);
  std::uint8_t* even = room + x_tiles * range.count * tile_bytes;
  const PlacedPairs placed_dy{even, even + dy_tiles * pairs * pair_bytes, pairs};
  place_x({row, x, zeros.data(), first}, x, range.count, room);
  place_dy({row, dy, zeros.data(), first - margin}, dy, placed_dy);
  for (std::int64_t k = 0; k < dy_tiles; ++k)
    add_pairs(even + (k * pairs + margin / 2) * pair_bytes, range.count * places_in_group / 2,
              sums.of_bias + k * channels_in_tile);

  const PlacedOperands placed{room,     placed_dy,           margin, range.count, x_tiles,
                              dy_tiles, voxel_distances(row)};
  start_tiles();
  for (std::int64_t begin = 0; begin < range.count; begin += groups_at_once) {
    const GroupRange some{begin, std::min(groups_at_once, range.count - begin)};
    for (std::int64_t c = 0; c < x_tiles; c += 2)
      for (std::int64_t k = 0; k < dy_tiles; k += 2)
        add_kernel(placed, some, {c, k}, sums.of_weight);
  }
  end_tiles();
}

#else

std::int64_t tile_room(const PaddedRow&, std::int64_t, std::int64_t, std::int64_t) { return 0; }

void add_weight_gradient(const LearnedPass&, GroupRange, const ConvolutionSums&, std::uint8_t*) {
  SEG_ASSERT(false);
}

#endif

}  // namespace seg::net
