#include "report/training_content.hpp"

#include <algorithm>
#include <cmath>

#include "report/class_names.hpp"
#include "train/fold_folder.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

/// At most so many points for a curve, and so many for the curves of all classes of a fold.
constexpr std::size_t most_points = 1000, most_class_points = 20'000;

/// Of `count` epochs those shown, the last one among them.
std::vector<std::size_t> shown_epochs(std::size_t count, std::size_t most) {
  std::vector<std::size_t> epochs;
  if (count == 0) return epochs;
  const std::size_t step = (count + most - 1) / most;
  for (std::size_t epoch = (count - 1) % step; epoch < count; epoch += step)
    epochs.push_back(epoch);
  return epochs;
}

/// Six digits are enough to draw, and a third of the bytes.
Json short_number(double value) {
  if (!std::isfinite(value)) return {};
  if (value == 0) return 0;
  const double scale = std::pow(10, 5 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json points(const std::vector<double>& series, const std::vector<std::size_t>& epochs) {
  Json values = Json::array();
  for (const std::size_t epoch : epochs)
    values.push_back(epoch < series.size() ? short_number(series[epoch]) : Json());
  return values;
}

Json numbers_from_one(const std::vector<std::size_t>& epochs) {
  Json numbers = Json::array();
  for (const std::size_t epoch : epochs) numbers.push_back(epoch + 1);
  return numbers;
}

std::vector<double> epoch_seconds(const TrainingLog& log) {
  std::vector<double> seconds;
  const std::size_t count =
      std::min(log.epoch_start_timestamps.size(), log.epoch_end_timestamps.size());
  for (std::size_t i = 0; i < count; ++i)
    seconds.push_back(log.epoch_end_timestamps[i] - log.epoch_start_timestamps[i]);
  return seconds;
}

std::vector<double> of_class(const TrainingLog& log, std::size_t index) {
  std::vector<double> series;
  for (const auto& epoch : log.dice_per_class_or_region)
    series.push_back(index < epoch.size() ? epoch[index] : std::nan(""));
  return series;
}

std::size_t class_count(const TrainingLog& log) {
  std::size_t count = 0;
  for (const auto& epoch : log.dice_per_class_or_region) count = std::max(count, epoch.size());
  return count;
}

Json class_curves(const TrainingLog& log, const std::vector<std::size_t>& epochs) {
  Json curves = Json::array();
  for (std::size_t i = 0; i < class_count(log); ++i)
    curves.push_back(points(of_class(log, i), epochs));
  return curves;
}

Json curves_of(const TrainingLog& log) {
  const auto epochs = shown_epochs(log.epochs(), most_points);
  const std::size_t for_classes = std::clamp(
      most_class_points / std::max<std::size_t>(1, class_count(log)), std::size_t{50}, most_points);
  const auto class_epochs = shown_epochs(log.epochs(), for_classes);
  return {{"epochs", log.epochs()},
          {"at", numbers_from_one(epochs)},
          {"train_loss", points(log.train_losses, epochs)},
          {"val_loss", points(log.val_losses, epochs)},
          {"dice", points(log.mean_fg_dice, epochs)},
          {"ema_dice", points(log.ema_fg_dice, epochs)},
          {"learning_rate", points(log.lrs, epochs)},
          {"seconds", points(epoch_seconds(log), epochs)},
          {"class_at", numbers_from_one(class_epochs)},
          {"class_dice", class_curves(log, class_epochs)}};
}

Json fold_content(const fs::path& fold, Notices& notices) {
  Json json{{"fold", fold.filename().string().substr(5)}, {"state", "not readable"}};
  notices.guard(fold, [&] {
    const FoldFiles files = read_fold(fold);
    json["state"] = state_of(files);
    if (files.log) json.update(curves_of(*files.log));
    if (files.settings.is_object()) json["all_epochs"] = files.settings.at("settings").at("epochs");
  });
  return json;
}

}  // namespace

Json trainings_content(const ReportSources& sources, Notices& notices) {
  Json list = Json::array();
  for (const fs::path& model : sources.models) {
    Json folds = Json::array();
    for (const fs::path& fold : fold_folders(model)) folds.push_back(fold_content(fold, notices));
    list.push_back({{"model", model.filename().string()},
                    {"classes", class_names(sources)},
                    {"folds", folds}});
  }
  return list;
}

}  // namespace seg::train
