#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "dry_run.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/data/phantom.hpp"
#include "shell_word.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct ExampleDataArguments {
  fs::path folder;
  data::PhantomOptions phantoms;
};

void write_example_data(const ExampleDataArguments& options, const CLI::App& command) {
  const fs::path record_file = options.folder / "seg_example_data.json";
  if (is_dry_run(command))
    return print_intentions(data::phantom_intentions(options.folder, options.phantoms),
                            record_file);
  RunRecord record = start_record(command);
  data::write_example_dataset(options.folder, options.phantoms, terminal_reporter());
  finish_record(std::move(record), record_file);
  std::cout << "dataset: " << options.folder.string() << '\n'
            << "next: seg plan " << shell_word(options.folder.string()) << '\n';
}

}  // namespace

void add_example_data_options(CLI::App& command) {
  command.footer("Example:\n  seg example-data Dataset001_Phantom");
  auto options = std::make_shared<ExampleDataArguments>();
  command.add_option("DIR", options->folder, "folder to make")->required();
  command.add_option("--cases", options->phantoms.training_cases, "training cases")
      ->check(above_zero());
  command.add_option("--test-cases", options->phantoms.test_cases, "test cases")
      ->check(not_negative());
  command.add_option("--seed", options->phantoms.seed, "the same seed gives the same files");
  add_dry_run(command);
  command.callback([options, &command] { write_example_data(*options, command); });
}

}  // namespace seg::app
