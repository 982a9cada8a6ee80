#include <iostream>
#include <string>

#include "commands.hpp"

namespace seg::app {
namespace {

/// Text for troff: its backslashes, and the dots and quotes that begin a request, mean themselves.
std::string roff(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_line = i == 0 || text[i - 1] == '\n';
    if (starts_line && (text[i] == '.' || text[i] == '\'')) result += "\\&";
    if (text[i] == '\\')
      result += "\\e";
    else if (text[i] == '-')
      result += "\\-";
    else
      result += text[i];
  }
  return result;
}

/// "-f, --fold" or, for what is given by its place, "WORK".
std::string names_of(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames())
    names += (names.empty() ? "--" : ", --") + name;
  return names.empty() ? option.get_single_name() : names;
}

void write_option(const CLI::Option& option, std::ostream& out) {
  out << ".TP\n.B " << roff(names_of(option)) << '\n' << roff(option.get_description());
  if (!option.get_default_str().empty()) out << " [" << roff(option.get_default_str()) << ']';
  out << '\n';
}

/// Of a command, and of those below it.
void write_command(const CLI::App& command, const std::string& path, std::ostream& out) {
  out << ".SS seg " << roff(path) << '\n' << roff(command.get_description()) << '\n';
  for (const CLI::Option* option : command.get_options()) write_option(*option, out);
  if (!command.get_footer().empty()) out << ".PP\n.nf\n" << roff(command.get_footer()) << "\n.fi\n";
  for (const CLI::App* below : command.get_subcommands({}))
    write_command(*below, path + ' ' + below->get_name(), out);
}

void write_page(CLI::App& app, std::ostream& out) {
  add_all_options(app);
  out << ".TH SEG 1\n.SH NAME\nseg \\- "
      << roff("segmentation of medical images as nnU-Net does it")
      << "\n.SH SYNOPSIS\n.B seg\n.I COMMAND\n[options]\n.SH DESCRIPTION\n"
      << roff(app.get_description()) << "\n.SH COMMANDS\n";
  for (const CLI::App* command : app.get_subcommands({}))
    write_command(*command, command->get_name(), out);
  out << ".SH EXIT STATUS\n0: done. 1: an error in the data or on the machine. 2: wrong usage.\n"
         "130, 143: stopped by SIGINT or SIGTERM before the work was done.\n";
}

}  // namespace

void add_man_options(CLI::App& command) {
  command.footer("Example:\n  seg man > ~/.local/share/man/man1/seg.1");
  command.callback([&command] { write_page(*command.get_parent(), std::cout); });
}

}  // namespace seg::app
