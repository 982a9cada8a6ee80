#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "error_line.hpp"
#include "option_checks.hpp"
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
  return std::string("error: ") + error.what() + "; -h after the command shows its options\n";
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

/// LibTorch asks for pages of 2 MiB for what is larger than that (where the system lets programs
/// choose): to fault in small ones takes a twentieth of a prediction, and of a training's step.
void use_large_pages() {
#ifdef __linux__
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
#endif
}

int run(int argc, char** argv) {
  keep_freed_memory(32, 256);
  use_large_pages();
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

/// Ends without the destructors of LibTorch's global objects, which take time and touch 2 MB more.
[[noreturn]] void leave(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace
}  // namespace seg::app

int main(int argc, char** argv) { seg::app::leave(seg::app::run(argc, argv)); }
