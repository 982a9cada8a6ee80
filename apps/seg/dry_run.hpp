#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace seg::app {

/// --dry-run, for a command that can tell what it would write.
CLI::Option* add_dry_run(CLI::App& command);

/// Whether it was given.
bool is_dry_run(const CLI::App& command);

/// Prints what the command would write, one line each.
/// @param record of the run, which the command itself would write; empty: none.
void print_intentions(const std::vector<std::string>& lines, const std::filesystem::path& record);

}  // namespace seg::app
