#include "commands.hpp"
#include "terminal.hpp"

namespace seg::app {

void add_common_options(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    auto* quiet = command->add_flag_callback(
        "-q,--quiet", [] { say_warnings_only(); },
        "no news and no progress, warnings and errors only");
    command
        ->add_flag_callback(
            "-v,--verbose", [] { say_details(); },
            "also what is chosen (device, threads, memory) and how long each case takes")
        ->excludes(quiet);
    add_common_options(*command);
  }
}

}  // namespace seg::app
