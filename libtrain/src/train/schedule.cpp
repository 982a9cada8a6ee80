#include "seg/train/schedule.hpp"

#include <cmath>
#include <numbers>

namespace seg::train {

double learning_rate_at(const Schedule& schedule, std::int64_t epoch) {
  const auto warm_up = schedule.warm_up_epochs;
  if (epoch < warm_up)
    return schedule.learning_rate / static_cast<double>(warm_up) * static_cast<double>(1 + epoch);
  const double t =
      static_cast<double>(epoch - warm_up) / static_cast<double>(schedule.epochs - warm_up);
  if (schedule.name == "cosine")
    return schedule.learning_rate * (1 + std::cos(std::numbers::pi * t)) / 2;
  return schedule.learning_rate * std::pow(1 - t, 0.9);
}

}  // namespace seg::train
