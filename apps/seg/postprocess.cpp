#include "seg/train/postprocess.hpp"
#include "seg/data/cores.hpp"

#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "dry_run.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/plan/error.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct PostprocessArguments {
  fs::path input, output, decision, reference, dataset_json;
  int jobs = data::all_cores();
  bool overwrite = false;
};

plan::Dataset dataset_of(const PostprocessArguments& arguments) {
  const fs::path& given = arguments.dataset_json;
  const fs::path beside = arguments.input / "dataset.json";
  if (!given.empty()) return plan::dataset_from_json(read_json(given), "", given.string());
  if (fs::is_directory(arguments.input) && !fs::exists(beside))
    throw Error(ErrorKind::not_found,
                {beside.string(), "is not there", "name another by `dataset_json`"});
  return plan::read_dataset(arguments.input);
}

train::EvaluateOptions evaluate_options(const PostprocessArguments& arguments) {
  const plan::Dataset dataset = dataset_of(arguments);
  return {.file_ending = dataset.file_ending,
          .threads = arguments.jobs,
          .reader = train::label_map_reader(arguments.input, dataset)};
}

void apply_decision(const PostprocessArguments& arguments, const CLI::App& command) {
  const fs::path record_file = arguments.output / "seg_postprocess.json";
  const auto steps = train::read_postprocessing(arguments.decision);
  if (!arguments.overwrite)
    train::refuse_to_replace_cleaned(arguments.input, arguments.output,
                                     evaluate_options(arguments));
  if (is_dry_run(command))
    return print_intentions(train::postprocess_intentions(arguments.input, arguments.output,
                                                          evaluate_options(arguments)),
                            record_file);
  const auto names = recorded(start_record(command), record_file, [&] {
    return train::postprocess_folder(arguments.input, arguments.output, steps,
                                     evaluate_options(arguments), terminal_reporter());
  });
  std::cout << names.size() << " segmentations: " << arguments.output.string() << '\n';
}

std::string mean_dice_text(const Json& summary) {
  return number_text(summary.at("foreground_mean").at("Dice").get<double>(), 4);
}

void decide(const PostprocessArguments& arguments, const CLI::App& command) {
  const fs::path record_file = arguments.input / "seg_postprocess.json";
  const train::ComparedFolders folders{arguments.input, arguments.reference,
                                       plan::labels_of(dataset_of(arguments)),
                                       evaluate_options(arguments)};
  if (!arguments.overwrite) train::refuse_to_replace_decision(arguments.input, arguments.reference);
  if (is_dry_run(command))
    return print_intentions(train::decision_intentions(folders, terminal_reporter()), record_file);
  RunRecord record = start_record(command);
  const auto decision = train::determine_postprocessing(folders, terminal_reporter());
  finish_record(std::move(record), record_file);
  std::cout << "decision: " << (arguments.input / "postprocessing.json").string() << '\n'
            << decision.steps.size() << " steps; mean Dice " << mean_dice_text(decision.before)
            << " without and " << mean_dice_text(decision.after) << " with them\n";
}

}  // namespace

void add_postprocess_options(CLI::App& command) {
  command.footer(
      "Examples:\n  seg postprocess --input segmentations --output cleaned --decision "
      "postprocessing.json\n  seg postprocess --input segmentations --reference labels");
  auto arguments = std::make_shared<PostprocessArguments>();
  command.add_option("-i,--input", arguments->input, "folder of segmentations")->required();
  auto* output = command.add_option("-o,--output", arguments->output, "folder for the results");
  auto* decision = command.add_option("--decision", arguments->decision,
                                      "postprocessing.json, or nnU-Net's postprocessing.pkl");
  auto* reference = command.add_option("--reference", arguments->reference,
                                       "labels to decide by; writes postprocessing.json to INPUT");
  command.add_option("--dataset-json", arguments->dataset_json, "labels (INPUT/dataset.json)");
  command.add_option("--jobs", arguments->jobs, "cases at the same time")->check(above_zero());
  command.add_flag(
      "--overwrite", arguments->overwrite,
      "replace what is there, whatever it is (else only what seg post-processed of the "
      "same label maps)");
  output->needs(decision);
  decision->needs(output)->excludes(reference);
  add_dry_run(command);
  command.callback([arguments, &command] {
    if (!arguments->decision.empty()) return apply_decision(*arguments, command);
    if (arguments->reference.empty()) throw CLI::RequiredError("--decision or --reference");
    decide(*arguments, command);
  });
}

}  // namespace seg::app
