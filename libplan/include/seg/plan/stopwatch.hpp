#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace seg {

/// Time since it was made.
class Stopwatch {
 public:
  /// "0.42 s"
  std::string text() const {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
    char text[32];
    std::snprintf(text, sizeof text, "%.2f s", taken.count());
    return text;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace seg
