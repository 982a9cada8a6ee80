#include "seg/data/normalize.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

constexpr float epsilon = 1e-8F;

/// Sum over all voxels of f(values of a slice), in float64 and without a float64 copy of the whole.
double sum_over_slices(const at::Tensor& channel,
                       const std::function<at::Tensor(const at::Tensor&, std::int64_t)>& f) {
  double sum = 0;
  for (std::int64_t z = 0; z < channel.size(0); ++z)
    sum += f(channel[z].to(at::kDouble), z).sum().item<double>();
  return sum;
}

struct Moments {
  float mean = 0, deviation = 0;
};

/// Mean and population standard deviation of the voxels where `mask` (bool) is set.
Moments moments(const at::Tensor& channel, const at::Tensor& mask) {
  const double count = mask.sum().item<double>();
  const double mean = sum_over_slices(channel, [&](const at::Tensor& slice,
                                                   std::int64_t z) { return slice * mask[z]; }) /
                      count;
  const double squares = sum_over_slices(channel, [&](const at::Tensor& slice, std::int64_t z) {
    return (slice - mean).square() * mask[z];
  });
  return {static_cast<float>(mean), static_cast<float>(std::sqrt(squares / count))};
}

at::Tensor z_score(const at::Tensor& channel, const at::Tensor& mask) {
  if (!mask.any().item<bool>()) return channel.clone();
  const auto [mean, deviation] = moments(channel, mask);
  const at::Tensor scaled = (channel - mean).div_(std::max(deviation, epsilon));
  return at::where(mask, scaled, channel);
}

at::Tensor ct(const at::Tensor& channel, const plan::IntensityProperties& foreground) {
  return channel.clamp(foreground.percentile_00_5, foreground.percentile_99_5)
      .sub_(foreground.mean)
      .div_(std::max(foreground.std, static_cast<double>(epsilon)));
}

at::Tensor rescale_to_01(const at::Tensor& channel) {
  at::Tensor result = channel - channel.min();
  return result.div_(std::max(result.max().item<float>(), epsilon));
}

at::Tensor rgb_to_01(const at::Tensor& channel) {
  if (channel.min().item<float>() < 0 || channel.max().item<float>() > 255)
    throw Error("RGBTo01Normalization", "found values outside 0..255, so this is no RGB image",
                "name the channel otherwise in dataset.json");
  return channel / 255;
}

}  // namespace

at::Tensor normalize(const at::Tensor& channel, const at::Tensor& seg, const Normalization& how) {
  const std::string& scheme = how.scheme;
  const at::Tensor image = channel.to(at::kFloat);
  if (scheme == "ZScoreNormalization")
    return z_score(image, how.use_mask ? seg.ge(0) : at::ones_like(image, at::kBool));
  if (scheme == "CTNormalization") return ct(image, how.intensities);
  if (scheme == "NoNormalization") return image.clone();
  if (scheme == "RescaleTo01Normalization") return rescale_to_01(image);
  if (scheme == "RGBTo01Normalization") return rgb_to_01(image);
  throw Error("plans.json", "names the unknown normalization scheme '" + scheme + "'",
              "use ZScore-, CT-, No-, RescaleTo01- or RGBTo01Normalization");
}

}  // namespace seg::data
