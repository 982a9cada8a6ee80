#include "base/csv_cell.hpp"

#include <cmath>
#include <cstdio>

namespace seg::train {

std::string csv_cell(const Json& number) {
  if (number.is_null()) return "";
  if (number.is_number_integer()) return std::to_string(number.get<std::int64_t>());
  const auto value = number.get<double>();
  if (std::isnan(value)) return "";
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace seg::train
