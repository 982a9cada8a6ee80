#include "suggestion.hpp"

#include <algorithm>

#include "seg/plan/letters_to_change.hpp"

namespace seg::app {
namespace {

/// A third of the letters may be wrong; beyond that a suggestion would be a guess.
std::string nearest(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t smallest = word.size() / 3 + 1;
  for (const std::string& name : names) {
    const std::size_t letters = letters_to_change(word, name);
    if (letters < smallest) {
      smallest = letters;
      best = name;
    }
  }
  return best;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

}  // namespace

std::string suggestion(const CLI::App& app, const std::vector<std::string>& arguments) {
  const auto commands = app.get_subcommands();
  const auto names = commands.empty() ? command_names(app) : option_names(*commands.front());
  for (const std::string& argument : arguments) {
    const bool option = argument.starts_with("--") && argument.size() > 2;
    if (option == commands.empty()) continue;
    const std::string word = argument.substr(0, argument.find('='));
    if (std::ranges::find(names, word) == names.end()) return nearest(word, names);
    if (commands.empty()) break;
  }
  return {};
}

}  // namespace seg::app
