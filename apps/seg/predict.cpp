#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "dry_run.hpp"
#include "json_result.hpp"
#include "option_checks.hpp"
#include "predict_listed.hpp"
#include "ranks.hpp"
#include "run_record.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/device.hpp"
#include "seg/train/predictor.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct PredictArguments {
  fs::path model, input, output;
  train::PredictOptions prediction;
  bool no_mirroring = false;
  std::string list;  ///< file of scans, or - for standard input; empty: --input
};

/// Processes that share a folder have a record each.
std::string record_name(const train::PredictOptions& prediction) {
  if (prediction.num_parts == 1) return "seg_predict.json";
  return "seg_predict_part_" + std::to_string(prediction.part_id) + "_of_" +
         std::to_string(prediction.num_parts) + ".json";
}

/// With other processes, if mpirun or srun started some; parts are for processes that do not know
/// each other.
void join(PredictArguments& options) {
  train::PredictOptions& prediction = options.prediction;
  if (prediction.num_parts > 1) return;
  if (!options.list.empty() && data::is_one_of_several())
    throw CLI::ValidationError("--list", "is for one process, without mpirun or srun");
  prediction.ranks = join_run({prediction.threads, prediction.threads > 0, prediction.memory});
  prediction.device = device_of_rank(prediction.device, {});
}

void tell(const PredictArguments& options) {
  const auto [lines, unfit] = train::predict_intentions(
      options.model, options.input, options.output, options.prediction, terminal_reporter());
  const bool one_file =
      !fs::is_directory(options.output) && !data::segmentation_ending(options.output).empty();
  print_intentions(lines, one_file ? "" : options.output / record_name(options.prediction));
  if (!unfit.empty())
    throw Error(options.input.string(), "has cases that cannot be segmented: " + joined(unfit),
                "mend or remove these scans");
}

/// The segmentations that were written or left, whose ending a folder's dataset.json names, and
/// what failed.
Json to_json(const PredictArguments& options, const train::CaseOutcomes& outcomes) {
  const bool folder = fs::is_directory(options.output);
  const std::string ending =
      folder ? read_json(options.output / "dataset.json").at("file_ending").get<std::string>() : "";
  const auto listed = [&](const std::vector<std::string>& cases) {
    Json files = Json::array();
    for (const std::string& name : cases) {
      const fs::path file = folder ? options.output / (name + ending) : options.output;
      files.push_back({{"case", name}, {"file", file.string()}});
    }
    return files;
  };
  return {{"output", options.output.string()},
          {"segmentations", listed(outcomes.finished)},
          {"skipped", listed(outcomes.left)},
          {"failed", failed_json(outcomes.failed)}};
}

void predict(PredictArguments options, const CLI::App& command) {
  options.prediction.mirroring = !options.no_mirroring;
  join(options);
  if (is_dry_run(command)) return tell(options);
  RunRecord record = start_record(command);
  const at::Device device = train::choose_device(options.prediction.device);
  record.json["device"] = device.str();
  record.json["precision"] =
      train::precision_name(train::choose_precision(options.prediction.precision, device));
  record.json["engine"] = options.prediction.engine;
  const auto keep = [&](const std::vector<std::string>& cases) {
    record.json["cases"] = cases;
    if (fs::is_directory(options.output))
      finish_record(record, options.output / record_name(options.prediction));
  };
  if (!options.list.empty())
    return predict_list({options.list, options.model, options.output, options.prediction}, keep);
  try {
    const auto outcomes = train::predict(options.model, options.input, options.output,
                                         options.prediction, terminal_reporter());
    keep(outcomes.finished);
    if (wants_json(command)) return print_json(to_json(options, outcomes));
    std::cout << outcomes.finished.size() << " segmentations: " << options.output.string() << '\n';
  } catch (const train::SomeFailed& some) {
    const train::CaseOutcomes& outcomes = some.outcomes();
    record.json["failed"] = failed_json(outcomes.failed);
    keep(outcomes.finished);
    if (wants_json(command)) print_json(to_json(options, outcomes));
    throw;
  }
}

void add_machine(CLI::App& command, train::PredictOptions& prediction) {
  command.add_option("--device", prediction.device, "auto, cpu, cuda or cuda:N");
  command.add_option("--precision", prediction.precision, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
  command
      .add_option(
          "--engine", prediction.engine,
          "what computes the networks: seg, or openvino (on CPUs, if seg was built with it; "
          "faster with bf16)")
      ->check(CLI::IsMember({"seg", "openvino"}));
  command.add_option("--threads", prediction.threads, "threads on the CPU (0: all cores)")
      ->check(not_negative());
  add_max_memory(command, prediction.memory);
}

void add_labels(CLI::App& command, train::PredictOptions& prediction) {
  command.add_option("--output-type", prediction.output_type,
                     "format of the segmentations: nii.gz, nii, nrrd, mha, ..., or dicom-seg for "
                     "scans that are DICOM (default: the one of the model's training files)");
  command.add_option("--terminology", prediction.terminology,
                     "dicom-seg: JSON with what labels are, {\"liver\": {\"category\": TERM, "
                     "\"type\": TERM, \"color\": [221, 130, 101]}}, a TERM being {\"value\": "
                     "\"10200004\", \"scheme\": \"SCT\", \"meaning\": \"Liver\"} (default: the "
                     "entry \"terminology\" of the model's dataset.json, else Tissue)");
  command
      .add_option("--largest", prediction.largest,
                  "of these labels only the largest part stays: names or numbers, or all (first "
                  "of the steps from segmentation to file)")
      ->delimiter(',');
  command.add_option("--remove-small", prediction.remove_small,
                     "parts of a label below this volume in mm³ go (second step; parts are "
                     "connected when they touch, also at a corner)");
  command
      .add_option("--labels", prediction.labels,
                  "only these are written: names or numbers (third step)")
      ->delimiter(',');
  command.add_flag("--split-labels", prediction.split_labels,
                   "also a mask of every label that is written, <case>/<label> (last step)");
}

void add_further_files(CLI::App& command, train::PredictOptions& prediction) {
  command
      .add_option_function<std::vector<std::string>>(
          "--probabilities",
          [&prediction](const std::vector<std::string>& types) {
            const auto wants = [&](const char* type) {
              return std::ranges::count(types, type) > 0;
            };
            prediction.save_probabilities |= wants("npz");
            prediction.probability_images = wants("nii.gz");
          },
          "also write the probability of every class: npz (<case>.npz and .pkl, as nnU-Net), or "
          "nii.gz (probabilities/<case>, on the scan's grid, the classes on a fourth axis)")
      ->delimiter(',')
      ->check(CLI::IsMember({"npz", "nii.gz"}));
  command.add_flag("--save-probabilities", prediction.save_probabilities,
                   "the same as --probabilities npz");
  command.add_flag("--uncertainty", prediction.uncertainty,
                   "also write uncertainty/<case>: at each voxel the entropy of the mean "
                   "probabilities, from 0 (sure) to 1");
  command.add_flag("--statistics", prediction.statistics,
                   "also write statistics.json and .csv: volume in mm³ and intensities of each "
                   "label and case");
}

void add_parts(CLI::App& command, train::PredictOptions& prediction) {
  command.add_option("--num-parts", prediction.num_parts, "processes that share the scans")
      ->check(above_zero());
  command.add_option("--part-id", prediction.part_id, "which of them this is, from 0")
      ->check(not_negative());
}

}  // namespace

void add_predict_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg predict --model seg_work/Dataset004_Hippocampus/results/"
      "nnUNetTrainer__nnUNetPlans__3d_fullres \\\n      --input scans --output segmentations");
  auto options = std::make_shared<PredictArguments>();
  train::PredictOptions& prediction = options->prediction;
  command.add_option("-m,--model", options->model, "trained model folder, seg's or nnU-Net's")
      ->required();
  auto* input = command.add_option("-i,--input", options->input,
                                   "folder of scans (files, or folders of a DICOM series each), or "
                                   "one scan: a file, or the folder of a DICOM series");
  auto* list = command.add_option(
      "--list", options->list,
      "file (-: standard input) with a scan a line, and after a tab its output if not in the "
      "folder: segmented as they come; a line of JSON says when each is done");
  command
      .add_option("-o,--output", options->output,
                  "folder for the segmentations; or, for one scan, a file")
      ->required();
  command.add_option("-f,--folds", prediction.folds, "folds to average, such as 0,1,2, or all")
      ->delimiter(',');
  command.add_option("--checkpoint", prediction.checkpoint,
                     "final, best, latest, or the name of a file in the folds");
  command.add_flag("--no-mirroring", options->no_mirroring, "no test-time mirroring: faster");
  command.add_option("--step-size", prediction.step_size, "step between tiles, part of a patch")
      ->check(CLI::Range(0.01, 1.0));
  command
      .add_option("--orientation", prediction.orientation,
                  "how scans are turned: as the model's plan says (model), not (stored), or RAS")
      ->check(CLI::IsMember({"model", "stored", "RAS"}));
  command.add_flag("--overwrite", prediction.overwrite,
                   "redo scans that are already segmented, and replace a file that is there");
  command.add_option("--previous-stage", prediction.previous_stage,
                     "cascade: folder of the segmentations of the configuration before");
  add_labels(command, prediction);
  add_further_files(command, prediction);
  add_parts(command, prediction);
  add_machine(command, prediction);
  list->excludes(input)->excludes(add_dry_run(command));
  add_json(command);
  for (const char* option : {"--num-parts", "--part-id", "--save-probabilities", "--probabilities",
                             "--uncertainty", "--statistics", "--previous-stage", "--json"})
    list->excludes(command.get_option(option));
  command.callback([options, &command] {
    if (options->input.empty() && options->list.empty())
      throw CLI::RequiredError("--input or --list");
    predict(*options, command);
  });
}

}  // namespace seg::app
