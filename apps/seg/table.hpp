#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace seg::app {

/// Rows of cells, the first row being the heading.
using Table = std::vector<std::vector<std::string>>;

/// Prints columns padded to their widest cell.
void print_table(std::ostream& out, const Table& table);

/// A number with `digits` after the point; "-" for NaN, as where a class is in neither image.
std::string number_text(double value, int digits);

}  // namespace seg::app
