#include "augment/blur.hpp"

#include <cmath>

#include "augment/channel_rows.hpp"

namespace seg::data {
namespace {

// A sigma for each axis of a channel.
Drawn draw_blur(CountedRandom& random, const ItemFormat& format, const AugmentationTable& table) {
  if (!random.chance(table.number("blur_probability"))) return {};
  Drawn sigmas(static_cast<std::size_t>(format.channels));
  for (auto& channel : sigmas)
    if (random.chance(table.number("blur_channel_probability")))
      for (int axis = 0; axis < format.axes; ++axis)
        channel.push_back(draw_from(random, table.range("blur_sigma")));
  return sigmas;
}

// Halfway between two odd numbers the larger one is taken.
std::int64_t nearest_odd(double value) {
  return 2 * static_cast<std::int64_t>(std::floor(value / 2)) + 1;
}

// Kernels of all rows, [N, widest], the narrower ones with zeros on both sides.
at::Tensor kernels_along(std::size_t axis, const Drawn& sigmas) {
  std::vector<std::vector<double>> kernels;
  std::size_t widest = 0;
  for (const auto& row : sigmas) {
    kernels.push_back(gaussian_kernel(row.at(axis)));
    widest = std::max(widest, kernels.back().size());
  }
  at::Tensor all =
      at::zeros({static_cast<std::int64_t>(kernels.size()), static_cast<std::int64_t>(widest)});
  for (std::size_t row = 0; row < kernels.size(); ++row) {
    const auto size = static_cast<std::int64_t>(kernels[row].size());
    all[static_cast<std::int64_t>(row)]
        .narrow(0, (all.size(1) - size) / 2, size)
        .copy_(at::tensor(kernels[row], at::kFloat));
  }
  return all;
}

void blur_axis(const at::Tensor& rows, std::int64_t axis, const at::Tensor& kernels) {
  std::int64_t before = 1;
  for (std::int64_t d = 1; d <= axis; ++d) before *= rows.size(d);
  const std::int64_t size = rows.size(axis + 1), half = kernels.size(1) / 2;
  at::Tensor out = rows.view({rows.size(0), before, size, -1});
  const std::vector<std::int64_t> padding{0, 0, half, half};
  // A mirror shows no more than there is.
  const at::Tensor padded =
      half < size ? at::reflection_pad2d(out, padding) : at::replication_pad2d(out, padding);
  const at::Tensor weights =
      kernels.to(rows.device(), /*non_blocking=*/true).view({rows.size(0), 1, 1, -1});
  at::mul_out(out, padded.narrow(2, 0, size), weights.narrow(3, 0, 1));
  for (std::int64_t k = 1; k < kernels.size(1); ++k)
    out.addcmul_(padded.narrow(2, k, size), weights.narrow(3, k, 1));
}

void blur_channels(const Items& items, const std::vector<Drawn>& draws) {
  change_channels(items, draws, blur_rows);
}

}  // namespace

void blur_rows(const ChannelRows& channels) {
  for (std::int64_t axis = 0; axis + 1 < channels.rows.dim(); ++axis)
    blur_axis(channels.rows, axis, kernels_along(static_cast<std::size_t>(axis), channels.drawn));
}

std::vector<double> gaussian_kernel(double sigma) {
  const std::int64_t size = nearest_odd(6 * sigma + 0.5);
  std::vector<double> kernel;
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double distance = static_cast<double>(i) - static_cast<double>(size - 1) / 2;
    kernel.push_back(std::exp(-0.5 * std::pow(distance / sigma, 2)));
    sum += kernel.back();
  }
  for (double& weight : kernel) weight /= sum;
  return kernel;
}

/// Gaussian blur, borders reflected.
Transform blur() {
  return {"blur",
          {probability("blur_probability"),
           probability("blur_channel_probability", "per channel of such an item"),
           {"blur_sigma", 0.01, 100, "voxels, drawn for each axis"}},
          draw_blur,
          blur_channels};
}

}  // namespace seg::data
