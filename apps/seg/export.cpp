#include "seg/train/export_model.hpp"

#include <iostream>
#include <memory>

#include "commands.hpp"
#include "dry_run.hpp"
#include "shell_word.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace {

struct ExportArguments {
  std::vector<std::filesystem::path> models;
  std::filesystem::path output;
  train::ExportModelOptions options{};
};

}  // namespace

void add_export_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg export seg_work/Dataset004_Hippocampus/results/"
      "nnUNetTrainer__nnUNetPlans__3d_fullres -o hippocampus.zip");
  auto arguments = std::make_shared<ExportArguments>();
  command
      .add_option("MODEL", arguments->models,
                  "trained model folders; of a cascade, both of its stages")
      ->required();
  command.add_option("-o,--output", arguments->output, "zip to write")->required();
  command.add_option("-f,--folds", arguments->options.folds, "folds to pack (all that are there)")
      ->delimiter(',');
  command
      .add_option("--checkpoint", arguments->options.checkpoints,
                  "which of each fold: final, best, latest")
      ->delimiter(',')
      ->check(CLI::IsMember({"final", "best", "latest"}));
  command.add_flag("--overwrite", arguments->options.overwrite, "replace a zip that is there");
  add_dry_run(command);
  command.callback([arguments, &command] {
    if (is_dry_run(command))
      return print_intentions(train::export_intentions(arguments->models, arguments->output,
                                                       arguments->options, terminal_reporter()),
                              "");
    train::export_models(arguments->models, arguments->output, arguments->options,
                         terminal_reporter());
    std::cout << "zip: " << arguments->output.string() << "\nnext: seg install "
              << shell_word(arguments->output.string()) << '\n';
  });
}

}  // namespace seg::app
