#include "time_left.hpp"

#include <cstdint>
#include <cstdio>

namespace seg::app {
namespace {

std::string duration_text(double exact) {
  const auto seconds = static_cast<std::int64_t>(exact);
  const auto two_digits = [](std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  if (seconds < 60) return std::to_string(seconds) + " s";
  const std::int64_t minutes = seconds / 60, hours = minutes / 60;
  if (hours == 0) return std::to_string(minutes) + " min " + two_digits(seconds % 60) + " s";
  return std::to_string(hours) + " h " + two_digits(minutes % 60) + " min";
}

/// How many activities come after the one named "<what> <number>/<all>"; none for other names.
std::size_t activities_after(const std::string& activity) {
  std::size_t number = 0, all = 0;
  const std::size_t name = activity.find(' ');
  if (name == std::string::npos ||
      std::sscanf(activity.c_str() + name, " %zu/%zu", &number, &all) != 2)
    return 0;
  return number < all ? all - number : 0;
}

}  // namespace

std::string time_left_text(const Pace& pace) {
  if (pace.done <= pace.first) return "";
  const double each = pace.seconds / static_cast<double>(pace.done - pace.first);
  const double left = each * static_cast<double>(pace.total - pace.done);
  const double later = each * static_cast<double>(pace.total * activities_after(pace.activity));
  return duration_text(left) + " left" +
         (later > 0 ? ", in all " + duration_text(left + later) : "");
}

}  // namespace seg::app
