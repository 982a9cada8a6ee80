#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "commands.hpp"
#include "jobs.hpp"
#include "run_record.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct EvaluateArguments {
  fs::path prediction, reference, dataset_json, output;
  std::optional<double> minimum_dice;
  bool allow_missing = false, strict_geometry = false;
  int jobs = all_cores();
};

/// seg predict leaves a copy beside its segmentations; else it is where labelsTr is.
fs::path dataset_json_of(const EvaluateArguments& options) {
  if (!options.dataset_json.empty()) return options.dataset_json;
  const fs::path beside = options.prediction / "dataset.json";
  return fs::exists(beside) ? beside : fs::absolute(options.reference) / ".." / "dataset.json";
}

std::string dice_text(const Json& metrics) {
  return number_text(metrics.at("Dice").get<double>(), 4);
}

std::vector<std::string> dice_row(const std::string& name, const Json& metrics,
                                  const plan::Labels& labels) {
  std::vector<std::string> row{name};
  for (const std::string& key : labels.foreground_keys) row.push_back(dice_text(metrics.at(key)));
  return row;
}

void print_dice(const Json& summary, const plan::Labels& labels) {
  Table table{{"Dice"}};
  for (const std::string& name : labels.foreground_names) table.front().push_back(name);
  for (const Json& entry : summary.at("metric_per_case"))
    table.push_back(dice_row(fs::path(entry.at("prediction_file")).filename().string(),
                             entry.at("metrics"), labels));
  table.push_back(dice_row("mean", summary.at("mean"), labels));
  print_table(std::cout, table);
  std::cout << "mean Dice of all classes: " << dice_text(summary.at("foreground_mean")) << '\n';
  if (summary.contains("missing_predictions"))
    std::cout << "missing predictions, which count in no mean: "
              << summary["missing_predictions"].size() << '\n';
}

void check_floor(const EvaluateArguments& options, const Json& summary) {
  const double dice = summary.at("foreground_mean").at("Dice").get<double>();
  if (options.minimum_dice && !(dice >= *options.minimum_dice))
    throw Error(options.prediction.string(), "mean Dice " + number_text(dice, 4) +
                                                 " is below the asked " +
                                                 number_text(*options.minimum_dice, 4));
}

void evaluate(const EvaluateArguments& options, const CLI::App& command) {
  RunRecord record = start_record(command);
  const fs::path json = dataset_json_of(options);
  const plan::Dataset dataset =
      plan::dataset_from_json(read_json(json), "", json.lexically_normal().string());
  const plan::Labels labels = plan::labels_of(dataset);
  const fs::path output =
      options.output.empty() ? options.prediction / "summary.json" : options.output;
  const Json summary =
      train::evaluate_folder({options.prediction,
                              options.reference,
                              labels,
                              {.file_ending = dataset.file_ending,
                               .threads = options.jobs,
                               .allow_missing = options.allow_missing,
                               .strict_geometry = options.strict_geometry,
                               .reader = train::label_map_reader(options.prediction, dataset)}},
                             output, terminal_reporter());
  fs::path beside = output;
  finish_record(std::move(record), beside.replace_filename("seg_evaluate.json"));
  print_dice(summary, labels);
  std::cout << "summary: " << output.string() << '\n';
  check_floor(options, summary);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand("evaluate", "Compare segmentations with reference labels");
  command->footer(
      "Example:\n  seg evaluate --prediction segmentations --reference "
      "Dataset001_Phantom/labelsTs");
  auto options = std::make_shared<EvaluateArguments>();
  command->add_option("--prediction", options->prediction, "folder of segmentations")->required();
  command->add_option("--reference", options->reference, "folder of labels")->required();
  command->add_option("--dataset-json", options->dataset_json,
                      "names of the labels (beside the segmentations or the labels' folder)");
  command->add_option("--output", options->output, "summary to write (PREDICTION/summary.json)");
  command->add_option("--minimum-dice", options->minimum_dice, "fail when the mean Dice is lower");
  command->add_flag("--allow-missing", options->allow_missing,
                    "go on when references have no prediction");
  command->add_flag("--strict-geometry", options->strict_geometry,
                    "fail when a prediction lies elsewhere than its reference");
  command->add_option("--jobs", options->jobs, "cases at the same time")
      ->check(CLI::PositiveNumber);
  command->callback([options, command] { evaluate(*options, *command); });
}

}  // namespace seg::app
