#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"

namespace seg::app {

/// What a command ran with, for a machine to read: its options with their defaults, versions, and
/// when it began. Commands add what they found out (device, cases).
struct RunRecord {
  Json json;
  std::chrono::steady_clock::time_point start;
};

RunRecord start_record(const CLI::App& command);

/// Does `work`, which returns the cases that it finished, and writes the record with them, also
/// where others failed, which are then named in it, too. @returns the cases. @throws what `work`
/// throws.
std::vector<std::string> recorded(RunRecord record, const std::filesystem::path& file,
                                  const std::function<std::vector<std::string>()>& work);

/// Adds how long the command took and how much memory, and writes the record.
void finish_record(RunRecord record, const std::filesystem::path& file);

}  // namespace seg::app
