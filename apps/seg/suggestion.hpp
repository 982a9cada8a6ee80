#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace seg::app {

/// What is wrong with the first word of the command line that is no command or no option where it
/// stands, and what was probably meant: "there is no option --modl; did you mean --model?"; empty
/// when there is no such word.
/// @param app after its parsing failed.
std::string mistyped_word(const CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace seg::app
