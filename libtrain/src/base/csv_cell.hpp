#pragma once

#include <string>

#include "seg/plan/files.hpp"

namespace seg::train {

/// A cell of a table of comma-separated values, quoted as RFC 4180 has it where it must be.
std::string csv_cell(const std::string& text);
/// A number with all its digits; NaN and null are an empty cell.
std::string csv_cell(const Json& number);

}  // namespace seg::train
