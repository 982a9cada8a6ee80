#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "cut_files.hpp"
#include "error_line.hpp"
#include "interrupt.hpp"
#include "kept_memory.hpp"
#include "ranks.hpp"
#include "seg/plan/one_line.hpp"
#include "seg/train/failure.hpp"
#include "suggestion.hpp"
#include "version.hpp"
#include "yielding.hpp"

namespace seg::app {
namespace {

constexpr int wrong_usage = 2;

/// @param arguments the command line's words. What is mistyped is told first: an option that is
/// missing for it is only what follows.
int refuse(const CLI::App& app, const CLI::ParseError& error,
           const std::vector<std::string>& arguments) {
  const std::string mistyped = mistyped_word(app, arguments);
  let_first_speak();
  if (leaves_word_to_first()) return wrong_usage;
  std::cerr << "error: " << one_line(mistyped.empty() ? error.what() : mistyped)
            << "; -h after the command shows its options\n";
  return wrong_usage;
}

/// The one that runs: of `convert table`, the second word's.
const CLI::App& called(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

int exit_code_of(ErrorKind kind) {
  if (kind == ErrorKind::interrupted && signal_to_stop()) return 128 + signal_to_stop();
  return kind == ErrorKind::bad_setting ? wrong_usage : 1;
}

int fail(const std::exception& exception, const CLI::App& app) {
  const std::string process = before_failure();
  // As a whole: other processes may write their line at the same moment.
  std::cerr << "error: " + process + error_line(exception, called(app)) + '\n';
  const int code = exit_code_of(train::kind_of(exception));
  after_failure(code);
  return code;
}

/// A file beyond the limit of a file's size is an error like a full disk, not the end of the
/// program.
void report_file_size_limit() {
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

int run(int argc, char** argv) {
  report_file_size_limit();
  report_cut_files();
  if (argc > 1 && std::string(argv[1]) == "train")
    keep_memory_as_trainings_need();
  else
    keep_memory_as_predictions_need();
  CLI::App app("seg: nnU-Net, native. Plans, trains and runs segmentation of medical images.",
               "seg");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text);
  app.parse_complete_callback(start_yielding);  // before the command, not for a help text
  app.option_defaults()->always_capture_default();
  add_commands(app);
  try {
    app.parse(argc, argv);
    leave_run();
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0)  // help and version
      return leaves_word_to_first() ? 0 : app.exit(error);
    return refuse(app, error, {argv + 1, argv + argc});
  } catch (const std::exception& exception) {
    return fail(exception, app);
  }
}

/// Whether all that was printed reached the terminal, file or pipe. A closed one is nobody's.
bool output_arrived() {
  std::cout.flush();
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout;
  return !failed || errno == EBADF;
}

/// Ends without the destructors of LibTorch's global objects, which take time and touch 2 MB more.
[[noreturn]] void leave(int code) {
  if (!output_arrived()) {
    std::cerr << "error: standard output: cannot be written in full; free space where it goes\n";
    if (code == 0) code = 1;
  }
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace
}  // namespace seg::app

int main(int argc, char** argv) { seg::app::leave(seg::app::run(argc, argv)); }
