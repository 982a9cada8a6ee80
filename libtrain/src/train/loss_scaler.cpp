#include "seg/train/loss_scaler.hpp"

#include <cmath>

#include "seg/train/optimizer.hpp"

namespace seg::train {
namespace {

using net::Value;
constexpr double kGrowth = 2, kBackoff = 0.5;
constexpr std::int64_t kGrowthInterval = 2000;

void unscale(const LossScaler& scaler, const std::vector<at::Tensor>& parameters) {
  const at::NoGradGuard no_gradient;
  const auto gradients = gradients_of(parameters);
  if (!gradients.empty()) at::_foreach_mul_(gradients, 1 / scaler.scale);
}

void adapt_scale(LossScaler& scaler, bool overflow) {
  scaler.steps_since_change = overflow ? 0 : scaler.steps_since_change + 1;
  if (overflow) scaler.scale *= kBackoff;
  if (scaler.steps_since_change < kGrowthInterval) return;
  scaler.scale *= kGrowth;
  scaler.steps_since_change = 0;
}

}  // namespace

at::Tensor scaled(const LossScaler& scaler, const at::Tensor& loss) {
  return scaler.enabled ? loss * scaler.scale : loss;
}

void clip_and_step(LossScaler& scaler, Optimizer& optimizer,
                   const std::vector<at::Tensor>& parameters) {
  if (scaler.enabled) unscale(scaler, parameters);
  const bool overflow = !std::isfinite(clip_gradients(parameters));
  if (!scaler.enabled || !overflow) take_step(optimizer);
  if (scaler.enabled) adapt_scale(scaler, overflow);
}

net::Value scaler_state(const LossScaler& scaler) {
  if (!scaler.enabled) return {};
  return {Value::Dict{{Value{"scale"}, Value{scaler.scale}},
                      {Value{"growth_factor"}, Value{kGrowth}},
                      {Value{"backoff_factor"}, Value{kBackoff}},
                      {Value{"growth_interval"}, Value{kGrowthInterval}},
                      {Value{"_growth_tracker"}, Value{scaler.steps_since_change}}}};
}

void load_scaler_state(LossScaler& scaler, const net::Value& state) {
  if (!scaler.enabled || !state.is_dict()) return;
  if (const Value* scale = state.find("scale")) scaler.scale = scale->as<double>("scale");
  if (const Value* steps = state.find("_growth_tracker"))
    scaler.steps_since_change = steps->as<std::int64_t>("_growth_tracker");
}

}  // namespace seg::train
