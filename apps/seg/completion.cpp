#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "seg/plan/joined.hpp"

namespace seg::app {
namespace {

using List = std::vector<std::string>;

struct OptionWords {
  List names;  ///< --long and -s
  std::string description;
  List values;           ///< that it takes, where these are fixed
  bool is_list = false;  ///< takes several, with commas between them
};

/// What may follow a command, as the program itself parses it.
struct CommandWords {
  std::string path;  ///< "", "train", "convert msd"
  std::string description;
  std::vector<OptionWords> options;
  List below;   ///< commands
  List values;  ///< of what is given by its place, where these are fixed
};

/// CLI11 tells the members of a set in the name of the type: "TEXT:{auto,fp32}".
List fixed_values(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto start = type.find('{');
  const auto end = type.find('}');
  if (start == std::string::npos || end == std::string::npos || end < start) return {};
  return CLI::detail::split(type.substr(start + 1, end - start - 1), ',');
}

void add_option_words(CommandWords& words, const CLI::Option& option) {
  OptionWords added{
      {}, option.get_description(), fixed_values(option), option.get_delimiter() == ','};
  for (const std::string& name : option.get_lnames()) added.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) added.names.push_back("-" + name);
  if (added.names.empty())
    words.values.insert(words.values.end(), added.values.begin(), added.values.end());
  else
    words.options.push_back(std::move(added));
}

/// Of the command and of all below, which come before it.
void add_words(std::vector<CommandWords>& all, const CLI::App& command, const std::string& path) {
  CommandWords words{path, command.get_description(), {}, {}, {}};
  for (const CLI::Option* option : command.get_options()) add_option_words(words, *option);
  for (const CLI::App* below : command.get_subcommands({})) {
    words.below.push_back(below->get_name());
    add_words(all, *below, path + (path.empty() ? "" : " ") + below->get_name());
  }
  all.push_back(std::move(words));
}

/// For use between single quotes.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? "'\\''" : std::string(1, letter);
  return result + "'";
}

/// A case for what stands before the word; bash makes a word of the "=" in --precision=bf16, which
/// zsh leaves in one.
void write_bash_case(const CommandWords& words, std::ostream& out) {
  List names;
  for (const OptionWords& option : words.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
    if (option.values.empty()) continue;
    List patterns;
    for (const std::string& name : option.names)
      for (const char* sign : {"", " ="})
        patterns.push_back(quoted(words.path) + "*" + quoted(" " + name + sign));
    out << "    " << joined(patterns, "|") << ") plain=" << quoted(joined(option.values, " "))
        << (option.is_list ? " several=1" : "") << " ;;\n";
  }
  const List& plain = words.below.empty() ? words.values : words.below;
  out << "    " << quoted(words.path)
      << (words.path.empty() ? "" : "|" + quoted(words.path + " ") + "*")
      << ") options=" << quoted(joined(names, " ")) << " plain=" << quoted(joined(plain, " "))
      << " ;;\n";
}

void write_bash(const std::vector<CommandWords>& all, std::ostream& out) {
  out << "_seg() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=\"${COMP_WORDS[*]:1:$((COMP_CWORD-1))}\"\n"
         "  local options= plain= several= start=\n"
         "  if [ \"$word\" = \"=\" ]; then word=; fi\n"
         "  case $word in\n"
         "    --*=*) start=${word%%=*}=; before=\"$before ${word%%=*}\"; word=${word#*=} ;;\n"
         "  esac\n"
         "  case $before in\n";
  for (const CommandWords& words : all) write_bash_case(words, out);
  out << "  esac\n"
         "  if [ -n \"$several\" ]; then\n"
         "    case $word in *,*) start=$start${word%,*},; word=${word##*,} ;; esac\n"
         "  fi\n"
         "  case $word in\n"
         "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
         "    *) if [ -n \"$plain\" ]; then\n"
         "         COMPREPLY=($(compgen -P \"$start\" -W \"$plain\" -- \"$word\"))\n"
         "       else COMPREPLY=($(compgen -P \"$start\" -f -- \"$word\")); fi ;;\n"
         "  esac\n}\ncomplete -o filenames -F _seg seg\n";
}

/// Whether the command is typed, and none of those below it.
std::string fish_condition(const CommandWords& words) {
  if (words.path.empty()) return "__fish_use_subcommand";
  List parts;
  for (const std::string& name : CLI::detail::split(words.path, ' '))
    parts.push_back("__fish_seen_subcommand_from " + name);
  if (!words.below.empty())
    parts.push_back("not __fish_seen_subcommand_from " + joined(words.below, " "));
  return joined(parts, "; and ");
}

void write_fish_option(const std::string& start, const OptionWords& option, std::ostream& out) {
  out << start;
  for (const std::string& name : option.names)
    out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
  if (!option.values.empty()) out << " -x -a " << quoted(joined(option.values, " "));
  out << " -d " << quoted(option.description) << '\n';
}

void write_fish(const std::vector<CommandWords>& all, std::ostream& out) {
  for (const CommandWords& words : all) {
    const std::string start = "complete -c seg -n " + quoted(fish_condition(words));
    for (const OptionWords& option : words.options) write_fish_option(start, option, out);
    if (!words.values.empty())
      out << start << " -f -a " << quoted(joined(words.values, " ")) << '\n';
    for (const std::string& name : words.below) {
      const std::string path = words.path + (words.path.empty() ? "" : " ") + name;
      const auto below = std::ranges::find(all, path, &CommandWords::path);
      out << start << " -f -a " << name << " -d " << quoted(below->description) << '\n';
    }
  }
}

void write_completion(const std::string& shell, CLI::App& app) {
  add_all_options(app);
  std::vector<CommandWords> all;
  add_words(all, app, "");
  if (shell == "fish") return write_fish(all, std::cout);
  // zsh can run bash's completions, once it is told to complete at all.
  if (shell == "zsh")
    std::cout << "#compdef seg\n"
                 "whence compdef >/dev/null || { autoload -U +X compinit && compinit -i; }\n"
                 "autoload -U +X bashcompinit && bashcompinit\n";
  write_bash(all, std::cout);
  // Where zsh loads it by itself, it does so when it wants the first completion.
  if (shell == "zsh")
    std::cout << "if (( ${+compstate} )); then _bash_complete -o filenames -F _seg; fi\n";
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
