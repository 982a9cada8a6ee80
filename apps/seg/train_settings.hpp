#pragma once

#include <CLI/CLI.hpp>

#include "seg/plan/files.hpp"

namespace seg::app {

/// Adds an option for each setting of a training; those that are given land in `settings`.
void add_settings(CLI::App& command, Json& settings);

}  // namespace seg::app
