#include "suggestion.hpp"

#include <algorithm>
#include <numeric>

namespace seg::app {
namespace {

/// Letters to insert, remove or replace (Levenshtein), the swap of two neighbours counting as one.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(table[0].begin(), table[0].end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    table[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = std::min(
          {table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

/// A third of the letters may be wrong; beyond that a suggestion would be a guess.
std::string nearest(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t smallest = word.size() / 3 + 1;
  for (const std::string& name : names) {
    const std::size_t letters = distance(word, name);
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
