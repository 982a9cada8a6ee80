#pragma once

#include <CLI/CLI.hpp>

#include "seg/plan/files.hpp"
#include "seg/train/failure.hpp"

namespace seg::app {

/// --json, for a command whose result a program may want: its standard output is then one JSON
/// document and nothing else. Not together with --dry-run, which is to be added before.
void add_json(CLI::App& command);

/// Whether it was given.
bool wants_json(const CLI::App& command);

/// [{"case", "error", "kind"}, ...]: what a document tells of cases that failed.
Json failed_json(const std::vector<train::FailedCase>& failed);

/// Prints the document; what is not a number is null.
void print_json(const Json& result);

}  // namespace seg::app
