#include "suggestion.hpp"

#include <algorithm>
#include <cctype>

#include "seg/plan/letters_to_change.hpp"

namespace seg::app {
namespace {

std::vector<std::string> commands_below(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* below : command.get_subcommands({})) names.push_back(below->get_name());
  return names;
}

std::vector<std::string> long_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  return names;
}

/// Negative numbers are none.
bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' &&
         (word[1] == '-' || std::isalpha(static_cast<unsigned char>(word[1])));
}

/// Of "--jobs=2" "--jobs", and of "-j2" "-j".
std::string option_in(const std::string& word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

std::string line_about(const std::string& what, const std::string& nearest) {
  return "there is no " + what + (nearest.empty() ? "" : "; did you mean " + nearest + "?");
}

std::string about_option(const CLI::App& command, const std::string& option) {
  if (command.get_option_no_throw(option)) return {};
  const std::string nearest =
      option.starts_with("--") ? nearest_word(option.substr(2), long_options(command)) : "";
  return line_about("option " + option, nearest.empty() ? "" : "--" + nearest);
}

}  // namespace

std::string mistyped_word(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  std::string before;  // the commands so far
  for (const std::string& word : arguments) {
    if (word == "--") break;
    const auto below = commands_below(*command);
    if (is_option(word)) {
      const std::string line = about_option(*command, option_in(word));
      if (!line.empty()) return line;
    } else if (std::ranges::find(below, word) != below.end()) {
      command = command->get_subcommand(word);
      before += word + ' ';
      if (!command->parsed()) break;  // it has its options only then
    } else if (!below.empty()) {
      return line_about("command " + before + word, nearest_word(word, below));
    }
  }
  return {};
}

}  // namespace seg::app
