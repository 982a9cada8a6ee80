#include <plplot/plplot.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "seg/train/training_log.hpp"

namespace {

using seg::train::TrainingLog;

constexpr char kDriver[] = "pngcairo";
enum Color { white = 0, black, blue, red, green, light_green };

struct Curve {
  std::string name;
  Color color;
  std::vector<double> values;
};

struct Range {
  double low, high;
};

/// PLplot asks on the terminal for a driver that it does not have.
bool driver_is_there() {
  std::array<const char*, 64> names{}, descriptions{};
  const char **name = names.data(), **description = descriptions.data();
  int count = static_cast<int>(names.size());
  plgFileDevs(&description, &name, &count);
  return std::any_of(name, name + count,
                     [](const char* found) { return std::string(found) == kDriver; });
}

/// Smallest range that holds all finite values, with a margin.
Range range_of(const std::vector<Curve>& curves) {
  Range range{INFINITY, -INFINITY};
  for (const auto& curve : curves)
    for (const double value : curve.values)
      if (std::isfinite(value)) range = {std::min(range.low, value), std::max(range.high, value)};
  if (range.low > range.high) return {0, 1};
  const double margin = std::max(0.05 * (range.high - range.low), 0.01);
  return {range.low - margin, range.high + margin};
}

Range up_to_largest(const std::vector<double>& values) {
  const double largest = *std::max_element(values.begin(), values.end());
  return {0, largest > 0 ? 1.1 * largest : 1};
}

/// Runs of finite values; a NaN interrupts the line.
void draw(const Curve& curve) {
  plcol0(curve.color);
  const auto& values = curve.values;
  for (std::size_t start = 0, end; start < values.size(); start = end + 1) {
    for (end = start; end < values.size() && std::isfinite(values[end]);) ++end;
    std::vector<double> epochs(end - start);
    std::iota(epochs.begin(), epochs.end(), static_cast<double>(start));
    plline(static_cast<int>(epochs.size()), epochs.data(), values.data() + start);
    plstring(static_cast<int>(epochs.size()), epochs.data(), values.data() + start, "#(850)");
  }
}

void draw_names(const std::vector<Curve>& curves, double position) {
  for (const auto& curve : curves) {
    plcol0(curve.color);
    plmtex("t", 0.8, position, 0, curve.name.c_str());
    position += 0.2;
  }
}

/// Curves over epochs on the axis at one side of the current viewport.
struct Axis {
  std::string title, side;  ///< side: "l" or "r"
  double first_name = 0;    ///< where the names above the frame start (0: left, 1: right)
};

void draw_axis(const std::vector<Curve>& curves, const Axis& axis, Range range) {
  const bool left = axis.side == "l";
  const double last = std::max<double>(1, static_cast<double>(curves[0].values.size()) - 1);
  plwind(-0.02 * last, 1.02 * last, range.low, range.high);
  plcol0(black);
  plbox(left ? "bcnst" : "", 0, 0, left ? "bnstv" : "cmstv", 0, 0);
  plmtex(axis.side.c_str(), 5, 0.5, 0.5, axis.title.c_str());
  for (const auto& curve : curves) draw(curve);
  draw_names(curves, axis.first_name);
}

void frame(double bottom, double top) { plvpor(0.1, 0.9, bottom, top); }

void draw_progress(const TrainingLog& log) {
  const std::vector<Curve> losses{{"train loss", blue, log.train_losses},
                                  {"validation loss", red, log.val_losses}};
  const std::vector<Curve> dice{{"pseudo Dice", light_green, log.mean_fg_dice},
                                {"moving average", green, log.ema_fg_dice}};
  const std::vector<Curve> rates{{"learning rate", blue, log.lrs}};
  std::vector<Curve> seconds{{"epoch time", red, log.epoch_end_timestamps}};
  for (std::size_t i = 0; i < log.epochs(); ++i)
    seconds[0].values[i] -= log.epoch_start_timestamps[i];
  frame(0.45, 0.94);
  draw_axis(losses, {"loss", "l", 0}, range_of(losses));
  draw_axis(dice, {"Dice", "r", 0.6}, {0, 1});
  frame(0.09, 0.36);
  draw_axis(rates, {"learning rate", "l", 0}, up_to_largest(log.lrs));
  draw_axis(seconds, {"seconds", "r", 0.6}, up_to_largest(seconds[0].values));
  plcol0(black);
  plmtex("b", 3.2, 0.5, 0.5, "epoch");
}

void set_colors() {
  plscol0(white, 255, 255, 255);
  plscol0(black, 30, 30, 30);
  plscol0(blue, 31, 119, 180);
  plscol0(red, 214, 39, 40);
  plscol0(green, 20, 120, 40);
  plscol0(light_green, 140, 200, 140);
}

/// Instead of PLplot's exit().
int refuse(const char* problem) { throw std::runtime_error(problem); }

void draw_picture(const char* file, const TrainingLog& log) {
  plsexit(refuse);
  plsdev(kDriver);
  plsfnam(file);
  plspage(0, 0, 1200, 1000, 0, 0);
  set_colors();
  plinit();
  pladv(0);
  plschr(0, 0.7);
  plwidth(2);
  draw_progress(log);
  plend();
}

}  // namespace

/// seg::train::DrawProgress (src/train/progress_plot.cpp).
/// @throws std::runtime_error with what PLplot would have ended the program for.
extern "C" const char* seg_draw_progress(const char* file, const TrainingLog* log) {
  if (!driver_is_there()) return "PLplot has no PNG driver";
  draw_picture(file, *log);
  return nullptr;
}
