#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "dry_run.hpp"
#include "evaluate_compare.hpp"
#include "evaluate_print.hpp"
#include "json_result.hpp"
#include "option_checks.hpp"
#include "ranks.hpp"
#include "run_record.hpp"
#include "seg/data/cores.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/paired.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct EvaluateArguments {
  std::vector<fs::path> compared;  // two predictions, instead of one
  fs::path prediction, reference, dataset_json, output;
  fs::path csv;
  std::optional<double> minimum_dice;
  bool allow_missing = false, strict_geometry = false, confidence = false, overwrite = false;
  std::vector<std::string> metrics{"dice"};
  std::vector<double> nsd_tolerances{1};
  int jobs = data::all_cores();
  std::int64_t memory = 0;
};

const std::vector<std::string> metric_names{"dice", "iou", "hd",     "hd95",
                                            "assd", "nsd", "volume", "lesions"};

/// seg predict leaves a copy beside its segmentations; else it is where labelsTr is. Empty when it
/// is in neither place.
fs::path dataset_json_of(const EvaluateArguments& options) {
  if (!options.dataset_json.empty()) return options.dataset_json;
  const fs::path beside = options.prediction / "dataset.json";
  if (fs::exists(beside)) return beside;
  if (options.reference.empty()) return {};
  const fs::path above = fs::absolute(options.reference) / ".." / "dataset.json";
  return fs::exists(above) ? above : fs::path();
}

/// What label maps mean and by which reader they are read.
struct LabelMaps {
  plan::Labels labels;
  std::string file_ending;
  data::ImageReader reader{};
};

LabelMaps as_dataset_says(const fs::path& json, const EvaluateArguments& options) {
  const plan::Dataset dataset =
      plan::dataset_from_json(read_json(json), "", json.lexically_normal().string());
  return {plan::labels_of(dataset), dataset.file_ending,
          train::label_map_reader(options.prediction, dataset)};
}

LabelMaps as_found(const EvaluateArguments& options, const Reporter& reporter) {
  std::vector<fs::path> folders = options.compared;
  if (folders.empty()) folders.push_back(options.prediction);
  folders.insert(folders.begin(), options.reference);
  const auto found = train::labels_found(folders, options.jobs, reporter);
  return {found.labels, found.file_ending};
}

train::FurtherMetrics further_metrics(const EvaluateArguments& options) {
  const auto wants = [&](const char* name) {
    return std::ranges::find(options.metrics, name) != options.metrics.end();
  };
  return {.hd = wants("hd"),
          .hd95 = wants("hd95"),
          .assd = wants("assd"),
          .nsd = wants("nsd"),
          .nsd_tolerances = options.nsd_tolerances,
          .volume = wants("volume"),
          .lesions = wants("lesions")};
}

/// Where the summary is written; a comparison is only where it is asked for.
fs::path summary_file(const EvaluateArguments& options) {
  const bool by_default = options.output.empty() && options.compared.empty();
  return by_default ? options.prediction / "summary.json" : options.output;
}

train::EvaluationFiles written_files(const EvaluateArguments& options) {
  return {summary_file(options), options.csv,
          options.compared.empty() ? std::vector{options.prediction} : options.compared,
          options.reference};
}

void check_floor(const EvaluateArguments& options, const Json& summary) {
  const double dice = summary.at("foreground_mean").at("Dice").get<double>();
  if (options.minimum_dice && !(dice >= *options.minimum_dice))
    throw Error(options.prediction.string(), "mean Dice " + number_text(dice, 4) +
                                                 " is below the asked " +
                                                 number_text(*options.minimum_dice, 4));
}

/// Outputs must take the place of nothing that is read.
void check_outputs(const EvaluateArguments& options) {
  std::vector<fs::path> inputs = options.compared;
  if (!options.prediction.empty()) inputs.push_back(options.prediction);
  for (const fs::path& folder : std::vector<fs::path>(inputs)) {
    EvaluateArguments one = options;
    one.prediction = folder;
    inputs.push_back(dataset_json_of(one));
    inputs.push_back(folder / "plans.json");
    if (!options.compared.empty()) inputs.push_back(folder / "summary.json");
  }
  if (!options.output.empty()) require_file_name(options.output, ".json");
  if (!options.csv.empty()) require_file_name(options.csv, ".csv");
  for (const fs::path& output : {options.output, options.csv}) {
    if (output.empty()) continue;
    for (const fs::path& input : inputs) refuse_same_place(output, input, "read here");
  }
  if (!options.overwrite) train::refuse_to_replace_others(written_files(options));
}

/// What label maps mean, by what there is to tell it.
LabelMaps label_maps_of(const EvaluateArguments& options, const Reporter& reporter) {
  const fs::path json = dataset_json_of(options);
  return json.empty() ? as_found(options, reporter) : as_dataset_says(json, options);
}

train::ComparedFolders compared_folders(const EvaluateArguments& options, const LabelMaps& maps) {
  return {options.prediction,
          options.reference,
          maps.labels,
          {.file_ending = maps.file_ending,
           .threads = options.jobs,
           .allow_missing = options.allow_missing,
           .strict_geometry = options.strict_geometry,
           .reader = maps.reader,
           .further = further_metrics(options),
           .confidence = options.confidence,
           .memory = options.memory,
           .ranks = join_run()}};
}

/// Lines for those files that are asked for.
std::vector<std::string> writing(const std::vector<fs::path>& files) {
  std::vector<std::string> lines;
  for (const fs::path& file : files)
    if (!file.empty()) lines.push_back(to_write(file));
  return lines;
}

fs::path record_file(const EvaluateArguments& options) {
  return summary_file(options).replace_filename("seg_evaluate.json");
}

void tell(const EvaluateArguments& options) {
  const Reporter reporter = terminal_reporter();
  train::check_folders(compared_folders(options, label_maps_of(options, reporter)), reporter);
  print_intentions(writing({summary_file(options), options.csv}), record_file(options));
}

/// What could be measured; it takes no file's place, for its means are of other cases.
void print_others(const EvaluateArguments& options, const LabelMaps& maps,
                  const train::SomeNotEvaluated& some, bool as_json) {
  const fs::path file = summary_file(options);
  if (fs::exists(file))
    terminal_reporter().warn(file.string() + ": is of an earlier evaluation and stays as it is");
  const Json& others = some.summary_of_others();
  if (as_json) {
    Json result = others;
    result["failed"] = failed_json(some.outcomes().failed);
    return print_json(result);
  }
  std::cout << "only of " << others.at("metric_per_case").size() << " of " << some.outcomes().cases
            << " cases, in no file:\n";
  print_summary(others, maps.labels, options.metrics);
}

Json evaluated(const EvaluateArguments& options, const LabelMaps& maps, bool as_json) {
  try {
    return train::evaluate_folder(compared_folders(options, maps), summary_file(options),
                                  terminal_reporter());
  } catch (const train::SomeNotEvaluated& some) {
    if (writes_for_run()) print_others(options, maps, some, as_json);
    throw;
  } catch (const train::SomeFailed& none) {
    if (as_json && writes_for_run())
      print_json(
          {{"metric_per_case", Json::array()}, {"failed", failed_json(none.outcomes().failed)}});
    throw;
  }
}

void evaluate(EvaluateArguments options, const CLI::App& command) {
  if (is_dry_run(command)) return tell(options);
  RunRecord record = start_record(command);
  if (const data::Ranks* ranks = join_run(); ranks && command.count("--jobs") == 0)
    options.jobs = ranks->threads();
  const Reporter reporter = terminal_reporter();
  const LabelMaps maps = label_maps_of(options, reporter);
  const Json summary = evaluated(options, maps, wants_json(command));
  if (!options.csv.empty() && writes_for_run())
    train::write_table(written_files(options), train::summary_table(summary, maps.labels));
  finish_record(std::move(record), record_file(options));
  if (wants_json(command)) {
    print_json(summary);
  } else {
    print_summary(summary, maps.labels, options.metrics);
    std::cout << "summary: " << summary_file(options).string() << '\n';
  }
  check_floor(options, summary);
}

void tell_comparison(const EvaluateArguments& options) {
  const Reporter reporter = terminal_reporter();
  if (options.reference.empty())
    train::compare_summaries(read_summary(options.compared[0]), read_summary(options.compared[1]),
                             options.allow_missing, reporter);
  for (const fs::path& place : options.compared) {
    EvaluateArguments one = options;
    one.prediction = place;
    if (!options.reference.empty())
      train::check_folders(compared_folders(one, label_maps_of(one, reporter)), reporter);
  }
  print_intentions(writing({options.output, options.csv}), "");
}

/// Of the first prediction that a dataset.json tells of.
train::ClassNames class_names(const EvaluateArguments& options) {
  for (const fs::path& place : options.compared) {
    EvaluateArguments one = options;
    one.prediction = fs::is_directory(place) ? place : place.parent_path();
    const fs::path json = dataset_json_of(one);
    if (json.empty()) continue;
    const plan::Labels labels = as_dataset_says(json, one).labels;
    train::ClassNames names;
    for (std::size_t i = 0; i < labels.foreground_keys.size(); ++i)
      names[labels.foreground_keys[i]] = labels.foreground_names[i];
    return names;
  }
  return {};
}

/// With references both folders are measured as the options say, and nothing is written there.
void compare(const EvaluateArguments& options, const CLI::App& command) {
  if (data::is_one_of_several())
    throw CLI::ValidationError("--compare", "is for one process, without mpirun or srun");
  if (is_dry_run(command)) return tell_comparison(options);
  std::function<Json(const fs::path&)> evaluated;
  if (!options.reference.empty())
    evaluated = [&](const fs::path& prediction) {
      EvaluateArguments one = options;
      one.prediction = prediction;
      const Reporter reporter = terminal_reporter();
      const LabelMaps maps = label_maps_of(one, reporter);
      return train::evaluate_folder(compared_folders(one, maps), std::nullopt, reporter);
    };
  compare_predictions(
      {written_files(options), options.allow_missing, wants_json(command), class_names(options)},
      evaluated);
}

/// Summaries that are compared as they are know nothing of how label maps would be measured.
void require_no_measuring(const CLI::App& command) {
  for (const char* option : {"--metrics", "--nsd-tolerance", "--dataset-json", "--strict-geometry",
                             "--jobs", "--max-memory"})
    if (command.count(option) > 0)
      throw CLI::ValidationError(option, "is for --compare with --reference only");
}

void check_options(const EvaluateArguments& options, const CLI::App& command) {
  const bool comparing = !options.compared.empty();
  if (!comparing && options.prediction.empty())
    throw CLI::RequiredError("--prediction or --compare");
  if (!comparing && options.reference.empty()) throw CLI::RequiredError("--reference");
  if (options.reference.empty()) require_no_measuring(command);
  if (command.count("--nsd-tolerance") > 0 && !further_metrics(options).nsd)
    throw CLI::ValidationError("--nsd-tolerance", "is for --metrics nsd");
  check_outputs(options);
}

/// When the command fails, or does not. @returns --minimum-dice.
CLI::Option* add_conditions(CLI::App& command, EvaluateArguments& options) {
  command.add_flag("--allow-missing", options.allow_missing,
                   "go on when references have no prediction");
  command.add_flag("--strict-geometry", options.strict_geometry,
                   "fail when a prediction lies elsewhere than its reference");
  return command
      .add_option("--minimum-dice", options.minimum_dice, "fail when the mean Dice is lower")
      ->check(CLI::Range(0.0, 1.0));
}

}  // namespace

void add_evaluate_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg evaluate --prediction segmentations --reference "
      "Dataset001_Phantom/labelsTs --metrics dice,hd95,nsd --nsd-tolerance 1,2\n"
      "  seg evaluate --compare segmentations_2d segmentations_3d");
  auto options = std::make_shared<EvaluateArguments>();
  auto* prediction =
      command.add_option("-i,--prediction", options->prediction, "folder of segmentations");
  command.add_option("--reference", options->reference, "folder of labels");
  auto* compared =
      command
          .add_option("--compare", options->compared,
                      "two folders of segmentations, or two summaries, A and B: the paired "
                      "differences B - A of every label and metric, with the interval of their "
                      "mean and the p value of Wilcoxon's signed-rank test; measured anew where "
                      "--reference is given")
          ->expected(2)
          ->excludes(prediction);
  command.add_option("--dataset-json", options->dataset_json,
                     "names of the labels (beside the segmentations or the labels' folder; "
                     "where there is none every value is a label)");
  command.add_option("-o,--output", options->output,
                     "summary or comparison to write (PREDICTION/summary.json)");
  command
      .add_option(
          "--metrics", options->metrics,
          "Dice and IoU are always in the summary; hd, hd95, assd: distances of surfaces in "
          "mm; nsd: surface Dice; volume: in mm3; lesions: a label's connected parts (by faces, "
          "edges or corners) that were found (one voxel shared with the prediction is enough), "
          "missed, or false (a predicted part that shares none with the reference); of a label "
          "that is in neither map volumes and lesions are 0, and the others undefined")
      ->delimiter(',')
      ->check(CLI::IsMember(metric_names));
  command
      .add_option("--nsd-tolerance", options->nsd_tolerances,
                  "distances in mm that the surface Dice forgives")
      ->delimiter(',')
      ->check(not_negative());
  command
      .add_flag("--confidence", options->confidence,
                "95 % intervals of the means, by bootstrap over the cases, in summary, table and "
                "--csv (--compare has those of the differences)")
      ->excludes(compared);
  command.add_option("--csv", options->csv,
                     "table of all cases and labels to write, or of the comparison");
  command.add_flag("--overwrite", options->overwrite,
                   "replace an output that is there, whatever it holds (else only what an earlier "
                   "evaluation of the same wrote)");
  add_conditions(command, *options)->excludes(compared);
  add_dry_run(command);
  add_json(command);
  command.add_option("--jobs", options->jobs, "cases at the same time")->check(above_zero());
  add_max_memory(command, options->memory);
  command.callback([options, &command] {
    check_options(*options, command);
    options->compared.empty() ? evaluate(*options, command) : compare(*options, command);
  });
}

}  // namespace seg::app
