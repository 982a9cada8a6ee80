#pragma once

#include <CLI/CLI.hpp>

namespace seg::app {

/// seg convert table, bids and files.
void add_table_formats(CLI::App& convert);

}  // namespace seg::app
