#pragma once

#include <cstddef>
#include <string>

namespace seg::app {

/// How far an activity is.
struct Pace {
  std::string activity;
  std::size_t done = 0, total = 0;
  double seconds = 0;  ///< since `first` of `total` were done
  std::size_t first = 0;
};

/// "40 s left": how long the rest takes if it goes on as it did. An activity that is named as one
/// of many, such as "epoch 3/1000", also tells it of the others, taken to be as long: "40 s left,
/// in all 9 h 20 min". Empty as long as nothing is done.
std::string time_left_text(const Pace& pace);

}  // namespace seg::app
