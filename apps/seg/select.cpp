#include "seg/train/select.hpp"
#include "seg/data/cores.hpp"

#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "dry_run.hpp"
#include "inference_instructions.hpp"
#include "json_result.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/intention.hpp"
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

/// Where the commands to type lie, beside the results.
fs::path instructions_file(const fs::path& information) {
  return fs::path(information).replace_filename("inference_instructions.txt");
}

Json to_json(const train::Candidate& candidate) {
  Json models = Json::array();
  for (const train::ModelName& model : candidate.models)
    models.push_back({{"trainer", model.trainer},
                      {"plans", model.plans},
                      {"configuration", model.configuration}});
  return {{"name", candidate.name},
          {"dice", candidate.dice},
          {"folder", candidate.folder.string()},
          {"models", models}};
}

Json to_json(const train::Selection& selection) {
  Json candidates = Json::array(), members = Json::array();
  for (const auto& candidate : selection.candidates) candidates.push_back(to_json(candidate));
  for (const auto& stages : selection.inference.members) {
    Json folders = Json::array();
    for (const fs::path& stage : stages) folders.push_back(stage.string());
    members.push_back(folders);
  }
  return {{"candidates", candidates},
          {"best", selection.candidates[selection.best].name},
          {"dice_after_postprocessing", selection.dice_after_postprocessing},
          {"folds", selection.inference.folds},
          {"predict_with", members},
          {"postprocessing", selection.inference.postprocessing.string()},
          {"information", selection.information.string()},
          {"instructions", instructions_file(selection.information).string()}};
}

train::SelectOptions select_options(const SelectArguments& arguments) {
  train::SelectOptions options = arguments.options;
  options.ensembling = !arguments.no_ensembling;
  for (std::string& name : options.configurations) name = data::full_configuration_name(name);
  for (std::string& name : options.names)
    if (name == ".") name.clear();
  return options;
}

void tell(const SelectArguments& arguments, const fs::path& record_file) {
  auto lines =
      train::select_intentions(arguments.work, select_options(arguments), terminal_reporter());
  lines.push_back(to_write(instructions_file(train::inference_information_file(arguments.work))));
  print_intentions(lines, record_file);
}

void select(const SelectArguments& arguments, const CLI::App& command) {
  const fs::path record_file = data::WorkFolder{arguments.work}.record("select");
  if (is_dry_run(command)) return tell(arguments, record_file);
  RunRecord record = start_record(command);
  const auto selection =
      train::select_configuration(arguments.work, select_options(arguments), terminal_reporter());
  record.json["best"] = selection.candidates[selection.best].name;
  finish_record(std::move(record), record_file);
  const std::string instructions = inference_instructions(selection.inference);
  const fs::path file = instructions_file(selection.information);
  write_text_file(file, instructions);
  if (wants_json(command)) return print_json(to_json(selection));
  print_selection(selection);
  std::cout << "instructions: " << file.string() << "\n\n" << instructions;
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
  add_dry_run(command);
  add_json(command);
  command.callback([arguments, &command] { select(*arguments, command); });
}

}  // namespace seg::app
