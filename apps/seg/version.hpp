#pragma once

#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::app {

/// An optional part of seg, by CMakeLists.txt.
struct Part {
  enum Kind { built_in, plugin, left_out };

  std::string label;  ///< "DICOM segmentations"
  std::string name;   ///< "dicom_seg"
  Kind kind;          ///< in this build
};

/// All that there are.
const std::vector<Part>& parts();

/// Versions of seg and of what it was built with: {"seg": ..., "LibTorch": ..., "ITK": ...,
/// "compiler": ..., "build type": ..., "optional parts": ..., "parts left out": ...}.
Json versions();

/// The same as lines for a person.
std::string version_text();

}  // namespace seg::app
