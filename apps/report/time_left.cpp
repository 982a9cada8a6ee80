#include "time_left.hpp"

#include <cstdio>

namespace seg::app {
namespace {

std::string duration_text(double exact) {
  const auto seconds = static_cast<long long>(exact), minutes = seconds / 60, hours = minutes / 60;
  char text[64];
  if (minutes == 0)
    std::snprintf(text, sizeof text, "%lld s", seconds);
  else if (hours == 0)
    std::snprintf(text, sizeof text, "%lld min %02lld s", minutes, seconds % 60);
  else
    std::snprintf(text, sizeof text, "%lld h %02lld min", hours, minutes % 60);
  return text;
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
  std::string text = duration_text(left) + " left";
  if (later > 0) text.append(", in all ").append(duration_text(left + later));
  return text;
}

}  // namespace seg::app
