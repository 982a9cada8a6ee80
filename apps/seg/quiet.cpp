#include "commands.hpp"
#include "terminal.hpp"

namespace seg::app {

void add_quiet(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({}))
    command->add_flag_callback(
        "-q,--quiet", [] { say_warnings_only(); },
        "no news and no progress, warnings and errors only");
}

}  // namespace seg::app
