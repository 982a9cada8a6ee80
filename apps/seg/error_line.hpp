#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

namespace seg::app {

/// What the program prints for an exception after "error: ", in one line: settings by the names of
/// the command's options, and with a step that has to come first its command.
std::string error_line(const std::exception& exception, const CLI::App& command);

}  // namespace seg::app
