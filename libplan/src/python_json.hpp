#pragma once

#include <string>

#include "seg/plan/files.hpp"

namespace seg {

/// Parses JSON as Python's json.loads does, bare NaN, Infinity and -Infinity included.
/// @param source names the text in errors.
Json parse_python_json(const std::string& text, const std::string& source);

/// The text that Python's json.dumps(value, indent=4) gives.
std::string to_python_json(const Json& value);

/// A number as Python's repr writes it: the shortest digits that read back identically.
std::string to_python_number(double value);

}  // namespace seg
