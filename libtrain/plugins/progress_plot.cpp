#include <plplot/plplot.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "seg/train/training_log.hpp"

namespace {

using seg::train::TrainingLog;

constexpr char kDriver[] = "pngcairo";
enum Color { white = 0, black, blue, red, green, light_green, first_class };

/// Of classes, told apart by these and, from the eleventh on, by dashes.
constexpr std::array<std::array<int, 3>, 10> kClassColors{{{31, 119, 180},
                                                           {255, 127, 14},
                                                           {44, 160, 44},
                                                           {214, 39, 40},
                                                           {148, 103, 189},
                                                           {140, 86, 75},
                                                           {227, 119, 194},
                                                           {127, 127, 127},
                                                           {188, 189, 34},
                                                           {23, 190, 207}}};

struct Curve {
  std::string name;
  int color;
  std::vector<double> values;
  bool dashed = false;
  bool hollow = false;  ///< points, so that they are seen under those of another curve
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

constexpr Range kDice{-0.03, 1.03};  // so that points at 0 and 1 are seen

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

constexpr double kFirstEpoch = 1;        // as the log's lines count
constexpr std::size_t kMostMarked = 40;  // more points would run into each other

constexpr double kLetters = 0.7, kSmallLetters = 0.5, kDots = 1.0,
                 kCircles = 0.6;  // of PLplot's own size

/// Runs of finite values; a NaN interrupts the line. Where points are few, and where one stands
/// alone, it gets a mark.
void draw(const Curve& curve) {
  plcol0(curve.color);
  pllsty(curve.dashed ? 2 : 1);
  plschr(0, curve.hollow ? kCircles : kDots);
  const auto& values = curve.values;
  for (std::size_t start = 0, end; start < values.size(); start = end + 1) {
    for (end = start; end < values.size() && std::isfinite(values[end]);) ++end;
    const auto count = static_cast<int>(end - start);
    std::vector<double> epochs(end - start);
    std::iota(epochs.begin(), epochs.end(), static_cast<double>(start) + kFirstEpoch);
    plline(count, epochs.data(), values.data() + start);
    if (count == 1 || values.size() <= kMostMarked)
      plstring(count, epochs.data(), values.data() + start, curve.hollow ? "#(840)" : "#(850)");
  }
  pllsty(1);
  plschr(0, kLetters);
}

void draw_names(const std::vector<Curve>& curves, double position) {
  for (const auto& curve : curves) {
    plcol0(curve.color);
    plmtex("t", 0.8, position, 0, curve.name.c_str());
    position += 0.27;
  }
}

/// Curves over epochs on the axis at one side of the current viewport.
struct Axis {
  std::string title, side;  ///< side: "l" or "r"
  double first_name = 0;    ///< where the names above the frame start (0: left, 1: right)
};

struct Ticks {
  double step;
  int parts;  ///< between two of them
};

/// At whole epochs, at most ten.
Ticks epoch_ticks(std::size_t epochs) {
  for (double decade = 1;; decade *= 10)
    for (const Ticks ticks :
         {Ticks{decade, decade > 1 ? 5 : 1}, Ticks{2 * decade, 2}, Ticks{5 * decade, 5}})
      if (static_cast<double>(epochs) <= 10 * ticks.step) return ticks;
}

void draw_axis(const std::vector<Curve>& curves, const Axis& axis, Range range) {
  const bool left = axis.side == "l";
  const std::size_t epochs = curves[0].values.size();
  const double span = static_cast<double>(epochs) - 1, margin = epochs > 1 ? 0.03 * span : 0.5;
  plwind(kFirstEpoch - margin, kFirstEpoch + span + margin, range.low, range.high);
  plcol0(black);
  const Ticks ticks = epoch_ticks(epochs);
  plbox(left ? "bcnst" : "", ticks.step, ticks.parts, left ? "bnstv" : "cmstv", 0, 0);
  plmtex(axis.side.c_str(), 5, 0.5, 0.5, axis.title.c_str());
  for (const auto& curve : curves) draw(curve);
}

void draw_named(const std::vector<Curve>& curves, const Axis& axis, Range range) {
  draw_axis(curves, axis, range);
  draw_names(curves, axis.first_name);
}

void frame(double bottom, double top) { plvpor(0.1, 0.78, bottom, top); }

/// A name as PLplot writes it, cut where the picture ends.
std::string shown(const std::string& name) {
  std::string text;
  std::size_t letters = 0;
  for (const char byte : name) {
    const bool starts_letter = (byte & 0xC0) != 0x80;
    if (starts_letter && ++letters > 24) return text + "...";
    text += byte == '#' ? "##" : std::string(1, byte);
  }
  return text;
}

std::vector<Curve> class_curves(const TrainingLog& log, const std::vector<std::string>& names) {
  std::vector<Curve> curves;
  for (std::size_t one = 0; one < names.size(); ++one) {
    Curve curve{shown(names[one]),
                first_class + static_cast<int>(one % kClassColors.size()),
                {},
                one / kClassColors.size() % 2 == 1};
    for (const auto& epoch : log.dice_per_class_or_region)
      curve.values.push_back(one < epoch.size() ? epoch[one] : NAN);
    curves.push_back(std::move(curve));
  }
  return curves;
}

/// Names at the right of the frame, one below the other; the last tells how many have no place.
void draw_legend(const std::vector<Curve>& curves) {
  constexpr std::size_t places = 20;
  plschr(0, kSmallLetters);
  const std::size_t count = curves.size() > places ? places - 1 : curves.size();
  const auto write = [](std::size_t place, const std::string& text) {
    plmtex("rv", 2, 0.975 - static_cast<double>(place) / places, 0, text.c_str());
  };
  for (std::size_t i = 0; i < count; ++i) {
    plcol0(curves[i].color);
    write(i, (curves[i].dashed ? "- - " : "--- ") + curves[i].name);
  }
  plcol0(black);
  if (count < curves.size()) write(count, "and " + std::to_string(curves.size() - count) + " more");
  plschr(0, kLetters);
}

void draw_progress(const TrainingLog& log, const std::vector<std::string>& classes) {
  const std::vector<Curve> losses{{"train loss", blue, log.train_losses},
                                  {"validation loss", red, log.val_losses}};
  const std::vector<Curve> dice{{"mean pseudo Dice", light_green, log.mean_fg_dice, false, true},
                                {"moving average", green, log.ema_fg_dice}};
  const std::vector<Curve> rates{{"learning rate", blue, log.lrs}};
  std::vector<Curve> seconds{{"epoch time", red, log.epoch_end_timestamps, false, true}};
  for (std::size_t i = 0; i < log.epochs(); ++i)
    seconds[0].values[i] -= log.epoch_start_timestamps[i];
  frame(0.63, 0.96);
  draw_named(losses, {"loss", "l", 0}, range_of(losses));
  draw_named(dice, {"Dice", "r", 0.5}, kDice);
  frame(0.3, 0.57);
  if (const auto curves = class_curves(log, classes); !curves.empty()) {
    draw_axis(curves, {"pseudo Dice of each class", "l", 0}, kDice);
    plcol0(black);
    plbox("", 0, 0, "c", 0, 0);
    draw_legend(curves);
  }
  frame(0.07, 0.24);
  draw_named(rates, {"learning rate", "l", 0}, up_to_largest(log.lrs));
  draw_named(seconds, {"seconds", "r", 0.5}, up_to_largest(seconds[0].values));
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
  for (std::size_t i = 0; i < kClassColors.size(); ++i)
    plscol0(first_class + static_cast<int>(i), kClassColors[i][0], kClassColors[i][1],
            kClassColors[i][2]);
}

/// Instead of PLplot's exit().
int refuse(const char* problem) { throw std::runtime_error(problem); }

void draw_picture(const char* file, const TrainingLog& log,
                  const std::vector<std::string>& classes) {
  plsexit(refuse);
  plsdev(kDriver);
  plsfnam(file);
  plspage(0, 0, 1400, 1400, 0, 0);
  set_colors();
  plinit();
  pladv(0);
  plschr(0, kLetters);
  plwidth(2);
  draw_progress(log, classes);
  plend();
}

}  // namespace

/// seg::train::DrawProgress (src/train/progress_plot.cpp).
/// @throws std::runtime_error with what PLplot would have ended the program for.
extern "C" const char* seg_draw_progress(const char* file, const TrainingLog* log,
                                         const std::vector<std::string>* classes) {
  if (!driver_is_there()) return "PLplot has no PNG driver";
  draw_picture(file, *log, *classes);
  return nullptr;
}
