#include "dry_run.hpp"

#include <iostream>

#include "seg/plan/intention.hpp"

namespace seg::app {
namespace {

constexpr char kOption[] = "--dry-run";

}  // namespace

CLI::Option* add_dry_run(CLI::App& command) {
  const std::string text =
      "only check, and say what would be written, replaced and left; write nothing";
  return command.add_flag(kOption, text);
}

bool is_dry_run(const CLI::App& command) { return command.count(kOption) > 0; }

void print_intentions(const std::vector<std::string>& lines, const std::filesystem::path& record) {
  for (const std::string& line : lines) std::cout << line << '\n';
  if (!record.empty()) std::cout << to_write(record) << '\n';
  std::cout << "nothing was written (--dry-run)\n";
}

}  // namespace seg::app
