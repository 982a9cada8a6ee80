#include "seg/train/ensemble.hpp"
#include "seg/data/cores.hpp"

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "dry_run.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct EnsembleArguments {
  std::vector<fs::path> inputs;
  fs::path output;
  train::EnsembleOptions options{.jobs = data::all_cores()};
};

void ensemble(const EnsembleArguments& arguments, const CLI::App& command) {
  const fs::path record_file = arguments.output / "seg_ensemble.json";
  if (is_dry_run(command))
    return print_intentions(
        train::ensemble_intentions(arguments.inputs, arguments.output, arguments.options),
        record_file);
  const auto cases = recorded(start_record(command), record_file, [&] {
    return train::ensemble_folders(arguments.inputs, arguments.output, arguments.options,
                                   terminal_reporter());
  });
  std::cout << cases.size() << " segmentations: " << arguments.output.string() << '\n';
}

}  // namespace

void add_ensemble_options(CLI::App& command) {
  command.footer("Example:\n  seg ensemble --input predictions_2d predictions_3d --output mean");
  auto arguments = std::make_shared<EnsembleArguments>();
  command.add_option("-i,--input", arguments->inputs, "folders of predictions, seg's or nnU-Net's")
      ->required();
  command.add_option("-o,--output", arguments->output, "folder for the segmentations")->required();
  command.add_flag("--save-probabilities", arguments->options.save_probabilities,
                   "also write the averages");
  command.add_option("--jobs", arguments->options.jobs, "cases at the same time")
      ->check(above_zero());
  command.add_flag("--overwrite", arguments->options.overwrite,
                   "replace what is there, whatever it is (else only what seg averaged of the same "
                   "probabilities)");
  add_dry_run(command);
  command.callback([arguments, &command] { ensemble(*arguments, command); });
}

}  // namespace seg::app
