#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "seg/plan/joined.hpp"

namespace seg::app {
namespace {

struct Words {
  std::string command, description;
  std::vector<std::string> options;       ///< --long and -s
  std::vector<std::string> descriptions;  ///< of each option
};

/// All commands and options, as the program itself parses them.
std::vector<Words> all_words(const CLI::App& app) {
  std::vector<Words> all;
  for (const CLI::App* command : app.get_subcommands({})) {
    Words words{command->get_name(), command->get_description(), {}, {}};
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) words.options.push_back("--" + name);
      for (const std::string& name : option->get_snames()) words.options.push_back("-" + name);
      words.descriptions.resize(words.options.size(), option->get_description());
    }
    all.push_back(std::move(words));
  }
  return all;
}

std::vector<std::string> commands_of(const std::vector<Words>& all) {
  std::vector<std::string> names;
  for (const Words& words : all) names.push_back(words.command);
  return names;
}

/// For use between single quotes.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? "'\\''" : std::string(1, letter);
  return result + "'";
}

void write_bash(const std::vector<Words>& all, std::ostream& out) {
  out << "_seg() {\n  local word=${COMP_WORDS[COMP_CWORD]} words=\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n    words='"
      << joined(commands_of(all), " ") << "'\n  else\n    case ${COMP_WORDS[1]} in\n";
  for (const Words& words : all)
    out << "      " << words.command << ") words='" << joined(words.options, " ") << "' ;;\n";
  out << "    esac\n  fi\n"
         "  case $word in\n"
         "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
         "    *) if [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=($(compgen -W \"$words\" -- "
         "\"$word\"))\n"
         "       else COMPREPLY=($(compgen -f -- \"$word\")); fi ;;\n"
         "  esac\n}\ncomplete -o filenames -F _seg seg\n";
}

void write_fish(const std::vector<Words>& all, std::ostream& out) {
  out << "complete -c seg -n __fish_use_subcommand -f\n";
  for (const Words& words : all) {
    out << "complete -c seg -n __fish_use_subcommand -a " << words.command << " -d "
        << quoted(words.description) << '\n';
    for (std::size_t i = 0; i < words.options.size(); ++i) {
      const bool is_long = words.options[i].starts_with("--");
      out << "complete -c seg -n '__fish_seen_subcommand_from " << words.command << "' "
          << (is_long ? "-l " : "-s ") << words.options[i].substr(is_long ? 2 : 1) << " -d "
          << quoted(words.descriptions[i]) << '\n';
    }
  }
}

void write_completion(const std::string& shell, CLI::App& app) {
  add_all_options(app);
  const auto all = all_words(app);
  if (shell == "fish") return write_fish(all, std::cout);
  // zsh can run bash's completions.
  if (shell == "zsh") std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
  write_bash(all, std::cout);
}

}  // namespace

void add_completion_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg completion bash > ~/.local/share/bash-completion/completions/seg");
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.callback([&command, shell] { write_completion(*shell, *command.get_parent()); });
}

}  // namespace seg::app
