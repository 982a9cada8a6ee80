#pragma once

#include <filesystem>
#include <string>

#include "seg/plan/error.hpp"

namespace seg {

/// @throws Error when an output is the file or folder that is `what` of the work, which would be
/// overwritten while it is read.
inline void refuse_same_place(const std::filesystem::path& output,
                              const std::filesystem::path& input, const std::string& what) {
  std::error_code not_there;
  if (std::filesystem::equivalent(output, input, not_there))
    throw Error(output.string(), "is " + what, "write to another place");
}

}  // namespace seg
