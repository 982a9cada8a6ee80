#include "seg/data/augment_intensity.hpp"

#include <mutex>

namespace seg::data {
namespace {

at::Generator seeded_generator(at::Device device, std::uint64_t seed) {
  at::Generator shared = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(shared.mutex());
  at::Generator own = shared.clone();
  own.set_current_seed(seed);
  return own;
}

// One value per row, to be broadcast over [N, voxels].
at::Tensor column(const std::vector<double>& values, const at::Tensor& rows) {
  return at::tensor(values, at::kFloat).unsqueeze(1).to(rows.device(), /*non_blocking=*/true);
}

}  // namespace

void add_noise(const at::Tensor& rows, double sigma, std::uint64_t seed) {
  const auto noise = at::empty_like(rows).normal_(0, sigma, seeded_generator(rows.device(), seed));
  at::Tensor(rows).add_(noise);
}

void scale_brightness(const at::Tensor& rows, const std::vector<double>& factors) {
  rows.flatten(1).mul_(column(factors, rows));
}

void change_contrast(const at::Tensor& rows, const std::vector<double>& factors) {
  at::Tensor flat = rows.flatten(1);
  const at::Tensor mean = flat.mean(1, true);
  const auto [low, high] = flat.aminmax(1, true);
  flat.sub_(mean).mul_(column(factors, rows)).add_(mean).clamp_(low, high);
}

void apply_gamma(const at::Tensor& rows, const std::vector<double>& gammas,
                 const GammaOptions& options) {
  const double smallest = 1e-7;
  at::Tensor flat = rows.flatten(1);
  if (options.invert) flat.neg_();
  const auto [low, high] = flat.aminmax(1, true);
  const auto [deviation, mean] = at::std_mean(flat, 1, 1, true);
  const at::Tensor range = high - low;
  flat.sub_(low).div_(range.clamp_min(smallest)).pow_(column(gammas, rows)).mul_(range).add_(low);
  if (options.retain_stats) {
    const auto [new_deviation, new_mean] = at::std_mean(flat, 1, 1, true);
    flat.sub_(new_mean).mul_(deviation / new_deviation.clamp_min(smallest)).add_(mean);
  }
  if (options.invert) flat.neg_();
}

}  // namespace seg::data
