#pragma once

#include <string>

namespace seg::app {

/// A word as a shell takes it: in single quotes, if it has blanks or signs that mean something
/// there.
std::string shell_word(const std::string& word);

}  // namespace seg::app
