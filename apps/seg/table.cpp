#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace seg::app {
namespace {

std::vector<std::size_t> column_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

}  // namespace

void print_table(std::ostream& out, const Table& table) {
  const auto widths = column_widths(table);
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i + 1 == row.size())
        out << row[i] << '\n';
      else
        out << std::left << std::setw(static_cast<int>(widths[i]) + 2) << row[i];
    }
  }
}

std::string number_text(double value, int digits) {
  if (std::isnan(value)) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

}  // namespace seg::app
