#include "seg/train/training_log.hpp"

#include <cmath>
#include <iomanip>
#include <sstream>

#include "seg/plan/error.hpp"
#include "seg/train/pseudo_dice.hpp"

namespace seg::train {
namespace {

/// Calls visit(name, list) for every series of a log.
template <typename Log, typename Visit>
void for_each_series(Log& log, const Visit& visit) {
  visit("mean_fg_dice", log.mean_fg_dice);
  visit("ema_fg_dice", log.ema_fg_dice);
  visit("dice_per_class_or_region", log.dice_per_class_or_region);
  visit("train_losses", log.train_losses);
  visit("val_losses", log.val_losses);
  visit("lrs", log.lrs);
  visit("epoch_start_timestamps", log.epoch_start_timestamps);
  visit("epoch_end_timestamps", log.epoch_end_timestamps);
}

}  // namespace

double moving_average(const std::vector<double>& earlier, double value) {
  if (earlier.empty() || std::isnan(earlier.back())) return value;
  return std::isnan(value) ? earlier.back() : earlier.back() * 0.9 + 0.1 * value;
}

void append(TrainingLog& log, const EpochResult& epoch) {
  const double mean = mean_without_nan(epoch.class_dice);
  log.mean_fg_dice.push_back(mean);
  log.ema_fg_dice.push_back(moving_average(log.ema_fg_dice, mean));
  log.dice_per_class_or_region.push_back(epoch.class_dice);
  log.train_losses.push_back(epoch.train_loss);
  log.val_losses.push_back(epoch.val_loss);
  log.lrs.push_back(epoch.learning_rate);
  log.epoch_start_timestamps.push_back(epoch.started);
  log.epoch_end_timestamps.push_back(epoch.ended);
}

Json to_json(const TrainingLog& log) {
  Json json;
  for_each_series(log, [&](const char* name, const auto& series) { json[name] = series; });
  return json;
}

TrainingLog training_log_from_json(const Json& json, const std::string& source) {
  TrainingLog log;
  for_each_series(log, [&](const char* name, auto& series) {
    if (!json.contains(name)) throw Error(source, std::string("has no ") + name + " in its log");
    json[name].get_to(series);
  });
  return log;
}

std::string describe(const EpochResult& epoch, double moving_average) {
  std::ostringstream line;
  line << std::fixed << std::setprecision(4) << "train loss " << epoch.train_loss
       << ", validation loss " << epoch.val_loss << ", pseudo Dice [";
  for (std::size_t i = 0; i < epoch.class_dice.size(); ++i)
    line << (i ? " " : "") << epoch.class_dice[i];
  line << "], moving average " << moving_average << std::setprecision(5) << ", learning rate "
       << epoch.learning_rate << std::setprecision(1) << ", " << epoch.ended - epoch.started
       << " s";
  return line.str();
}

}  // namespace seg::train
