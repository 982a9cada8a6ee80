#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "run_seg.hpp"

namespace seg::test {

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// What -h after a command ("plan", "convert msd", or nothing) prints.
inline const std::string& help_of(const std::string& command) {
  static std::map<std::string, std::string> known;
  if (known.contains(command)) return known[command];
  auto arguments = words_of(command);
  arguments.emplace_back("-h");
  const Outcome outcome = run_seg(arguments);
  INFO(command << outcome.err);
  CHECK(outcome.exit_code == 0);
  return known[command] = outcome.out;
}

/// The commands below one, as its help text lists them.
inline std::vector<std::string> commands_below(const std::string& command) {
  std::vector<std::string> names;
  std::istringstream help(help_of(command));
  bool listed = false;
  for (std::string line; std::getline(help, line);) {
    std::ranges::transform(line, line.begin(), [](unsigned char c) { return std::tolower(c); });
    if (listed && !line.starts_with("  ")) listed = false;
    if (listed) names.push_back((command.empty() ? "" : command + " ") + words_of(line).at(0));
    if (line == "subcommands:") listed = true;
  }
  return names;
}

/// All of them: "plan", ..., "convert", "convert msd", ...
inline std::vector<std::string> all_commands() {
  std::vector<std::string> all;
  for (const std::string& command : commands_below("")) {
    all.push_back(command);
    for (const std::string& below : commands_below(command)) all.push_back(below);
  }
  return all;
}

/// The command lines at the end of a help text, each in one line.
inline std::vector<std::string> examples_in(const std::string& help) {
  std::vector<std::string> examples;
  std::istringstream lines(help);
  bool begun = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Example:" || line == "Examples:") begun = true;
    const bool is_new = line.starts_with("  seg ");
    if (!begun || (!is_new && !line.starts_with("      "))) continue;
    const auto start = line.find_first_not_of(' ');
    const bool goes_on = line.ends_with('\\');
    std::string part = line.substr(start, line.size() - start - (goes_on ? 1 : 0));
    if (is_new)
      examples.push_back(part);
    else if (!examples.empty())
      examples.back() += ' ' + part;
  }
  return examples;
}

}  // namespace seg::test
