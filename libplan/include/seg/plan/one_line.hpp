#pragma once

#include <string>

namespace seg {

/// A text as a person can be shown it whatever a file holds: line breaks and other control
/// characters become blanks, and of more than 2000 bytes the middle becomes " ... ".
std::string one_line(std::string text);

}  // namespace seg
