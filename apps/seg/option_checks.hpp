#pragma once

#include <CLI/CLI.hpp>

namespace seg::app {

/// For a number: above 0, or at least 0.
CLI::Validator above_zero();
CLI::Validator not_negative();

/// Refuses values that no run could use, for the options of a command and those below it: empty
/// ones, numbers that are not finite, negative ones where there is no sign, devices and folds that
/// do not exist, checksums that are none.
void add_option_checks(CLI::App& command);

/// --max-memory of a command, in bytes.
CLI::Option* add_max_memory(CLI::App& command, std::int64_t& bytes);

}  // namespace seg::app
