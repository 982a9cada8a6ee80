#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "run_record.hpp"
#include "seg/data/phantom.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct ExampleDataArguments {
  fs::path folder;
  data::PhantomOptions phantoms;
};

void write_example_data(const ExampleDataArguments& options, const CLI::App& command) {
  RunRecord record = start_record(command);
  data::write_example_dataset(options.folder, options.phantoms, terminal_reporter());
  finish_record(std::move(record), options.folder / "seg_example_data.json");
  std::cout << "dataset: " << options.folder.string() << '\n'
            << "next: seg plan " << options.folder.string() << '\n';
}

}  // namespace

void add_example_data(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "example-data", "Write a small labelled dataset of phantoms to try seg on");
  command->footer("Example:\n  seg example-data Dataset001_Phantom");
  auto options = std::make_shared<ExampleDataArguments>();
  command->add_option("DIR", options->folder, "folder to make")->required();
  command->add_option("--cases", options->phantoms.training_cases, "training cases")
      ->check(CLI::PositiveNumber);
  command->add_option("--test-cases", options->phantoms.test_cases, "test cases")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seed", options->phantoms.seed, "the same seed gives the same files");
  command->callback([options, command] { write_example_data(*options, *command); });
}

}  // namespace seg::app
