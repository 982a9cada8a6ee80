#include "seg/train/training_log.hpp"

#include <cmath>
#include <limits>

#include "oracle.hpp"
#include "seg/plan/error.hpp"

using namespace seg;
using namespace seg::train;

TEST_CASE("the moving average of the pseudo Dice is nnU-Net's") {
  const std::vector<double> dice{0.916, 0.4473, 0.6864, 0.5784};
  const std::vector<double> expected{0.916, 0.86913, 0.850857, 0.8236113};
  TrainingLog log;
  for (const double value : dice) append(log, {.class_dice = {value}});
  for (std::size_t i = 0; i < dice.size(); ++i)
    CHECK(log.ema_fg_dice[i] == Approx(expected[i]).epsilon(1e-12));
}

TEST_CASE("an epoch without foreground leaves the moving average where it was") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(moving_average({0.5}, nan) == 0.5);
  CHECK(std::isnan(moving_average({}, nan)));
  CHECK(moving_average({nan}, 0.25) == 0.25);
}

TEST_CASE("the log survives its way through JSON, with nnU-Net's names") {
  TrainingLog log;
  append(log, {-0.1, 0.2, 0.01, 100, 160.5, {0.25, 0.75}});
  append(log, {-0.3, 0.1, 0.009, 160.5, 200, {0.5, 1.0}});
  const Json json = to_json(log);
  CHECK(json.at("mean_fg_dice") == Json({0.5, 0.75}));
  CHECK(json.at("dice_per_class_or_region") == Json({{0.25, 0.75}, {0.5, 1.0}}));
  CHECK(json.at("epoch_end_timestamps") == Json({160.5, 200.0}));
  CHECK(to_json(training_log_from_json(json, "progress.json")) == json);
  CHECK_THROWS_AS(training_log_from_json(Json::object(), "progress.json"), Error);
}

TEST_CASE("an epoch is described in one line") {
  const auto line = describe({-0.5, 0.25, 0.01, 10, 22, {0.5}}, 0.45);
  CHECK(line.find('\n') == std::string::npos);
  for (const char* part : {"-0.5000", "0.2500", "0.4500", "12.0 s"})
    CHECK(line.find(part) != std::string::npos);
}
