#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "error_line.hpp"
#include "option_checks.hpp"
#include "seg/plan/one_line.hpp"
#include "seg/train/failure.hpp"
#include "version.hpp"

namespace seg::app {
namespace {

constexpr int wrong_usage = 2;

void add_commands(CLI::App& app) {
  add_plan(app);
  add_preprocess(app);
  add_train(app);
  add_predict(app);
  add_evaluate(app);
  add_select(app);
  add_ensemble(app);
  add_postprocess(app);
  add_overlay(app);
  add_example_data(app);
  add_convert(app);
  add_install(app);
  add_inspect(app);
  add_doctor(app);
  add_option_checks(app);
}

std::string usage_message(const CLI::App*, const CLI::Error& error) {
  return "error: " + one_line(error.what()) + "; -h after the command shows its options\n";
}

int fail(const std::exception& exception, const CLI::App& app) {
  std::cerr << "error: " << error_line(exception, *app.get_subcommands().front()) << '\n';
  return train::kind_of(exception) == ErrorKind::bad_setting ? wrong_usage : 1;
}

/// Keeps freed memory, in pieces of some megabytes at most, for the next feature map of that size:
/// to get its pages anew from the system takes a tenth of a prediction.
void keep_freed_memory([[maybe_unused]] int largest, [[maybe_unused]] int in_all) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, largest << 20);
  mallopt(M_TRIM_THRESHOLD, in_all << 20);
#endif
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
  keep_freed_memory(32, 256);
  CLI::App app("seg: nnU-Net, native. Plans, trains and runs segmentation of medical images.",
               "seg");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text());
  app.failure_message(usage_message);
  app.option_defaults()->always_capture_default();
  add_commands(app);
  // Between the feature maps that a training holds larger pieces would lie unused.
  app.get_subcommand("train")->preparse_callback([](auto) { keep_freed_memory(16, 128); });
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_usage;
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
