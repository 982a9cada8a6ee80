#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "commands.hpp"
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
}

std::string usage_message(const CLI::App*, const CLI::Error& error) {
  return std::string("error: ") + error.what() + "; -h after the command shows its options\n";
}

/// LibTorch appends a stack trace to its messages.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int fail(const std::string& message) {
  std::cerr << "error: " << first_line(message) << '\n';
  return 1;
}

/// Keeps freed memory, in pieces of some megabytes at most, for the next feature map of that size:
/// to get its pages anew from the system takes a tenth of a prediction.
void keep_freed_memory([[maybe_unused]] int largest, [[maybe_unused]] int in_all) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, largest << 20);
  mallopt(M_TRIM_THRESHOLD, in_all << 20);
#endif
}

int run(int argc, char** argv) {
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

int main(int argc, char** argv) {
  int code = 0;
  try {
    code = seg::app::run(argc, argv);
  } catch (const std::bad_alloc&) {
    code = seg::app::fail("not enough memory; use fewer --jobs or a smaller --batch-size");
  } catch (const std::exception& error) {
    code = seg::app::fail(error.what());
  }
  seg::app::leave(code);
}
