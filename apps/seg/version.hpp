#pragma once

#include <string>

#include "seg/plan/files.hpp"

namespace seg::app {

/// Versions of seg and of what it was built with: {"seg": ..., "LibTorch": ..., "ITK": ...,
/// "compiler": ..., "build type": ..., "optional parts": ..., "parts left out": ...}.
Json versions();

/// The same as lines for a person.
std::string version_text();

}  // namespace seg::app
