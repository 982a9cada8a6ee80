#include <algorithm>
#include <cmath>

#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

// Sides are a tenth to a third of the patch.
void draw_rectangle(CountedRandom& random, const std::vector<std::int64_t>& patch,
                    std::vector<double>& drawn) {
  for (const std::int64_t extent : patch) {
    const auto smallest = std::max<std::int64_t>(1, extent / 10);
    const auto side = random.integer(smallest, std::max(smallest, extent / 3 - 1));
    const auto start = random.integer(0, extent - side);
    drawn.insert(drawn.end(), {static_cast<double>(start), static_cast<double>(side)});
  }
}

// For a channel the start and the side along each axis, of one rectangle after the other.
Drawn draw_rectangles(CountedRandom& random, const ItemFormat& format,
                      const AugmentationTable& table) {
  if (!random.chance(table.number("rectangle_probability"))) return {};
  const Range numbers = table.range("rectangle_number");
  Drawn drawn(static_cast<std::size_t>(format.channels));
  for (auto& channel : drawn) {
    if (!random.chance(table.number("rectangle_channel_probability"))) continue;
    const auto number = random.integer(std::lround(numbers.low), std::lround(numbers.high));
    for (std::int64_t i = 0; i < number; ++i) draw_rectangle(random, format.patch, channel);
  }
  return drawn;
}

void blank_rectangles_of(const at::Tensor& row, const std::vector<double>& drawn) {
  for (auto place = drawn.begin(); place != drawn.end();) {
    at::Tensor rectangle = row;
    for (std::int64_t axis = 0; axis < row.dim(); ++axis) {
      const auto start = static_cast<std::int64_t>(*place++);
      rectangle = rectangle.narrow(axis, start, static_cast<std::int64_t>(*place++));
    }
    rectangle.copy_(rectangle.mean());
  }
}

void blank_rectangles(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, [](const ChannelRows& channels) {
    for (std::size_t i = 0; i < channels.drawn.size(); ++i)
      blank_rectangles_of(channels.rows[static_cast<std::int64_t>(i)], channels.drawn[i]);
  });
}

}  // namespace

/// Fills rectangles of an image with their mean (batchgeneratorsv2's BlankRectangleTransform).
Transform blank_rectangle() {
  return {"blank_rectangle",
          {probability("rectangle_probability"),
           probability("rectangle_channel_probability", "per channel of such an item"),
           {"rectangle_number", 0, 100, "rectangles in such a channel, whole numbers"}},
          draw_rectangles,
          blank_rectangles};
}

}  // namespace seg::data
