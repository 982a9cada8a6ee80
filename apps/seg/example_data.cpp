#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/data/phantom.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "shell_word.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

constexpr const char* record_name = "seg_example_data.json";

struct ExampleDataArguments {
  fs::path folder;
  data::PhantomOptions phantoms;
};

/// Phantoms among a dataset's cases, and their dataset.json over its own, would spoil it.
void refuse_other_dataset(const fs::path& folder) {
  std::error_code unreadable;
  if (fs::exists(folder / "dataset.json", unreadable) &&
      !fs::exists(folder / record_name, unreadable))
    throw Error(folder.string(), "holds another dataset", "choose another folder");
}

/// Cases of two runs would be mixed.
void refuse_other_phantoms(const fs::path& folder, const RunRecord& now) {
  if (!fs::exists(folder / record_name)) return;
  const Json before = read_json(folder / record_name);
  for (const char* option : {"cases", "test-cases", "seed"})
    if (!before.contains("options") || !before["options"].contains(option) ||
        before["options"][option] != now.json.at("options").at(option))
      throw Error(folder.string(),
                  std::string("holds other phantoms (of another --") + option + ")",
                  "give another folder, or remove it");
}

void write_example_data(const ExampleDataArguments& options, const CLI::App& command) {
  refuse_other_dataset(options.folder);
  RunRecord record = start_record(command);
  refuse_other_phantoms(options.folder, record);
  data::write_example_dataset(options.folder, options.phantoms, terminal_reporter());
  finish_record(std::move(record), options.folder / record_name);
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
  command.callback([options, &command] { write_example_data(*options, command); });
}

}  // namespace seg::app
