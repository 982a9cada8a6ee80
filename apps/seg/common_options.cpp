#include "commands.hpp"
#include "terminal.hpp"

namespace seg::app {

void add_common_options(CLI::App& command) {
  auto* quiet = command.add_flag_callback(
      "-q,--quiet", [] { say_warnings_only(); },
      "no news and no progress, warnings and errors only");
  command
      .add_flag_callback(
          "-v,--verbose", [] { say_details(); },
          "also what is chosen (device, threads, memory) and how long each case takes")
      ->excludes(quiet);
  for (CLI::App* below : command.get_subcommands({})) add_common_options(*below);
}

}  // namespace seg::app
