#pragma once

#include <string>

#include "seg/data/csv.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {

using data::csv_cell;
/// A number with all its digits; NaN and null are an empty cell.
std::string csv_cell(const Json& number);

}  // namespace seg::train
