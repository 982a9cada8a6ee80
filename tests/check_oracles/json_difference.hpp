#pragma once

#include <string>

#include "seg/plan/files.hpp"

namespace seg::oracles {

struct JsonDifference {
  double largest = 0;  ///< relative, over all floating-point numbers
  std::string fault;   ///< where and how the first thing differs too much; empty when nothing does
};

/// Compares types, key order, lengths and values; floating-point numbers relatively.
JsonDifference json_difference(const Json& expected, const Json& actual, double tolerance = 1e-9);

}  // namespace seg::oracles
