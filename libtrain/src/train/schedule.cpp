#include "seg/train/schedule.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace seg::train {
namespace {

struct NamedSchedule {
  const char* name;
  double (*at)(double learning_rate, double t);
};
constexpr NamedSchedule kCurves[] = {
    {"poly", [](double rate, double t) { return rate * std::pow(1 - t, 0.9); }},
    {"cosine",
     [](double rate, double t) { return rate * (1 + std::cos(std::numbers::pi * t)) / 2; }}};

double rising(double learning_rate, std::int64_t epoch, std::int64_t epochs) {
  return learning_rate / static_cast<double>(epochs) * static_cast<double>(1 + epoch);
}

}  // namespace

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const NamedSchedule& curve : kCurves) names.emplace_back(curve.name);
  return names;
}

double learning_rate_at(const Schedule& schedule, std::int64_t epoch) {
  const auto decoder_first = schedule.decoder_warm_up_epochs;
  if (epoch < decoder_first) return rising(schedule.learning_rate, epoch, decoder_first);
  const auto all = epoch - decoder_first, warm_up = schedule.warm_up_epochs;
  if (all < warm_up) return rising(schedule.learning_rate, all, warm_up);
  const double t = static_cast<double>(all - warm_up) /
                   static_cast<double>(schedule.epochs - decoder_first - warm_up);
  for (const NamedSchedule& curve : kCurves)
    if (schedule.name == curve.name) return curve.at(schedule.learning_rate, t);
  throw std::logic_error("there is no schedule " + schedule.name);
}

}  // namespace seg::train
