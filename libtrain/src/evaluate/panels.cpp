#include "evaluate/panels.hpp"

#include <algorithm>
#include <cmath>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

constexpr std::array<std::array<int, 3>, 8> colours = {{{230, 60, 60},
                                                        {70, 190, 90},
                                                        {80, 130, 240},
                                                        {240, 200, 60},
                                                        {200, 90, 220},
                                                        {70, 210, 210},
                                                        {250, 140, 50},
                                                        {160, 110, 70}}};
constexpr double opacity = 0.4;
constexpr std::int64_t gap = 4;  // pixels between panels

at::Tensor colour_of(const at::Tensor& labels) {
  at::Tensor table = at::empty({static_cast<std::int64_t>(colours.size()), 3});
  for (std::size_t i = 0; i < colours.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) table[i][c] = colours[i][c];
  const auto count = static_cast<std::int64_t>(colours.size());
  return table.index({(labels.to(at::kLong) + count - 1).remainder(count)});
}

// Labelled pixels within two pixels of another label.
at::Tensor outline(const at::Tensor& labels) {
  const at::Tensor x = labels.unsqueeze(0).unsqueeze(0);
  const auto highest = [](const at::Tensor& image) {
    return at::max_pool2d(image, {5, 5}, {1, 1}, {2, 2});
  };
  return ((highest(x) != -highest(-x))[0][0]).logical_and(labels > 0);
}

}  // namespace

Interval extent(const at::Tensor& line) {
  const at::Tensor places = line.nonzero().flatten();
  if (places.numel() == 0) return {0, line.size(0)};
  return {places[0].item<std::int64_t>(), places[-1].item<std::int64_t>() + 1};
}

Interval widened(const Interval& range, std::int64_t least, std::int64_t whole) {
  const std::int64_t margin =
      std::max<std::int64_t>((range.size() + 2) / 3, (least - range.size() + 1) / 2);
  return {std::max<std::int64_t>(0, range.first - margin), std::min(whole, range.end + margin)};
}

at::Tensor GreyRange::levels(const at::Tensor& values) const {
  return ((values.to(at::kFloat) - low) / std::max(high - low, 1e-12)).clamp(0, 1) * 255;
}

GreyRange grey_range(const at::Tensor& scan) {
  const std::int64_t stride = std::max<std::int64_t>(1, scan.numel() / 1'000'000);
  const at::Tensor sorted = std::get<0>(scan.flatten().slice(0, 0, {}, stride).sort());
  const auto at_fraction = [&](double fraction) {
    return sorted[static_cast<std::int64_t>(fraction * (sorted.numel() - 1))].item<double>();
  };
  return {at_fraction(0.005), at_fraction(0.995)};
}

Panel resized(const Panel& panel, std::array<std::int64_t, 2> size) {
  const auto nearest = [&](const at::Tensor& labels) {
    return at::upsample_nearest2d(labels.unsqueeze(0).unsqueeze(0), size)[0][0];
  };
  return {at::upsample_bilinear2d(panel.grey.unsqueeze(0).unsqueeze(0), size, false)[0][0],
          nearest(panel.labels), nearest(panel.outlined)};
}

at::Tensor painted(const Panel& panel) {
  const at::Tensor grey = panel.grey.unsqueeze(-1).expand({-1, -1, 3});
  const at::Tensor filled = grey * (1 - opacity) + colour_of(panel.labels) * opacity;
  const at::Tensor picture = at::where((panel.labels > 0).unsqueeze(-1), filled, grey);
  return at::where(outline(panel.outlined).unsqueeze(-1), colour_of(panel.outlined), picture);
}

at::Tensor side_by_side(const std::vector<at::Tensor>& panels) {
  std::int64_t height = 0, width = -gap;
  for (const auto& panel : panels) {
    height = std::max(height, panel.size(0));
    width += panel.size(1) + gap;
  }
  const at::Tensor picture = at::zeros({height, width, 3}, at::kByte);
  std::int64_t column = 0;
  for (const auto& panel : panels) {
    const std::int64_t top = (height - panel.size(0)) / 2;
    picture.narrow(0, top, panel.size(0)).narrow(1, column, panel.size(1)).copy_(panel.round());
    column += panel.size(1) + gap;
  }
  return picture;
}

std::int64_t pixels(double length) { return std::max<std::int64_t>(1, std::llround(length)); }

void check_shapes(const OverlayInput& input) {
  for (const auto* labels : {&input.labels, &input.reference})
    if (labels->defined() && labels->sizes() != input.scan.sizes())
      throw Error("overlay", "the label map has another shape than the scan",
                  "give the label map of this scan");
}

std::array<int, 3> overlay_colour(std::int64_t label) {
  const auto count = static_cast<std::int64_t>(colours.size());
  return colours[static_cast<std::size_t>((label + count - 1) % count)];
}

}  // namespace seg::train
