#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace seg::app {

/// The command, or the option of the command, that a mistyped word of the command line is nearest
/// to; empty when none is mistyped or none is near.
/// @param app after its parsing failed.
std::string suggestion(const CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace seg::app
