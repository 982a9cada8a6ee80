#include "seg/train/select.hpp"
#include "seg/data/cores.hpp"

#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "inference_instructions.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/data/work_folder.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct SelectArguments {
  fs::path work;
  train::SelectOptions options{};
  bool no_ensembling = false;
};

void print_selection(const train::Selection& selection) {
  Table table{{"model or ensemble", "Dice in cross-validation"}};
  for (const auto& candidate : selection.candidates)
    table.push_back({candidate.name, number_text(candidate.dice, 4)});
  print_table(std::cout, table);
  std::cout << "best: " << selection.candidates[selection.best].name << ", "
            << number_text(selection.dice_after_postprocessing, 4) << " with post-processing\n";
}

/// Prints the commands to type, and leaves them beside the results.
void give_instructions(const train::Selection& selection) {
  const std::string text = inference_instructions(selection.inference);
  const fs::path file =
      fs::path(selection.information).replace_filename("inference_instructions.txt");
  write_text_file(file, text);
  std::cout << "instructions: " << file.string() << "\n\n" << text;
}

void select(SelectArguments arguments, const CLI::App& command) {
  RunRecord record = start_record(command);
  arguments.options.ensembling = !arguments.no_ensembling;
  for (std::string& name : arguments.options.configurations)
    name = data::full_configuration_name(name);
  for (std::string& name : arguments.options.names)
    if (name == ".") name.clear();
  const auto selection =
      train::select_configuration(arguments.work, arguments.options, terminal_reporter());
  record.json["best"] = selection.candidates[selection.best].name;
  finish_record(std::move(record), data::WorkFolder{arguments.work}.record("select"));
  print_selection(selection);
  give_instructions(selection);
}

}  // namespace

void add_select_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg select seg_work/Dataset004_Hippocampus\n"
      "  seg select seg_work/Dataset004_Hippocampus --config 3d --name .,low-rate");
  auto arguments = std::make_shared<SelectArguments>();
  arguments->options.jobs = data::all_cores();
  command.add_option("WORK", arguments->work, "folder with the trained folds")->required();
  auto* configurations =
      command
          .add_option("--config", arguments->options.configurations, "configurations to compare")
          ->delimiter(',');
  command
      .add_option("-f,--folds", arguments->options.folds,
                  "folds that must be trained (those of splits_final.json)")
      ->delimiter(',');
  auto* plans = command
                    .add_option("--plans-name", arguments->options.plans_names,
                                "plans whose models to compare, if they have names; plans is "
                                "plans.json")
                    ->delimiter(',');
  auto* trainers =
      command.add_option("--trainer", arguments->options.trainers, "whose models to compare")
          ->delimiter(',');
  auto* names = command
                    .add_option("--name", arguments->options.names,
                                "names of the runs to compare; . stands for runs without one")
                    ->delimiter(',');
  auto* all = command.add_flag("--all", arguments->options.all_models,
                               "compare every model in WORK that has all the folds");
  for (auto* chosen : {configurations, plans, trainers, names}) all->excludes(chosen);
  command.add_flag("--no-ensembling", arguments->no_ensembling, "compare single models only");
  command.add_option("--jobs", arguments->options.jobs, "cases at the same time")
      ->check(above_zero());
  command.callback([arguments, &command] { select(*arguments, command); });
}

}  // namespace seg::app
