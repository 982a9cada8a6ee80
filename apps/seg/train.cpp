#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "dry_run.hpp"
#include "interrupt.hpp"
#include "option_checks.hpp"
#include "ranks.hpp"
#include "run_record.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/memory.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/benchmark.hpp"
#include "seg/train/device.hpp"
#include "seg/train/trainer.hpp"
#include "side_by_side.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "train_settings.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct TrainArguments {
  fs::path work;
  std::string configuration;
  train::TrainOptions training;
  bool all_folds = false, validate = false, no_checkpoints = false;
  bool benchmark = false, print_settings = false;
  std::vector<std::string> devices;
};

void print_settings(const TrainArguments& options) {
  const Reporter reporter = terminal_reporter();
  std::cout << train::settings_in_use(options.work, options.training, reporter).dump(4) << '\n';
}

void benchmark(const TrainArguments& options) {
  for (const auto& result :
       train::benchmark(options.work, options.training, stop_on_signal(), terminal_reporter()))
    std::cout << result.file.string() << ": fastest epoch " << number_text(result.fastest_epoch, 3)
              << " s, " << number_text(result.seconds_per_batch, 4) << " s a batch\n";
}

/// What the command does with a fold.
train::TrainResult result_of(const TrainArguments& options, const train::TrainOptions& training) {
  const auto work = options.validate    ? train::validate
                    : options.all_folds ? train::go_on
                                        : train::train;
  return work(options.work, training, stop_on_signal(), terminal_reporter());
}

Error interrupted(const TrainArguments& options, const train::TrainResult& result) {
  const bool kept = options.training.keep_checkpoints && !options.validate;
  std::vector<std::string> changes;
  if (options.training.overwrite) changes.emplace_back(" without --overwrite");
  if (!options.all_folds) changes.emplace_back(" with --resume");
  return {ErrorKind::interrupted,
          {result.folder.string(),
           std::string(options.validate ? "the validation" : "training") + " was stopped" +
               (kept ? " and its state saved" : ""),
           "the same command" +
               (kept ? joined(changes, " and") + " continues it" : " starts it anew")}};
}

/// Leaves a record beside what it did.
train::TrainResult work_on(const TrainArguments& options, const train::TrainOptions& training,
                           const CLI::App& command) {
  RunRecord record = start_record(command);
  const at::Device device = train::choose_device(training.device);
  record.json["device"] = device.str();
  record.json["precision"] =
      train::precision_name(train::choose_precision(training.precision, device));
  const train::TrainResult result = result_of(options, training);
  if (result.interrupted) throw interrupted(options, result);
  if (result.was_finished) return result;
  record.json["validation_dice"] = result.validation_dice;
  finish_record(std::move(record),
                result.folder / (options.validate ? "seg_validate.json" : "seg_train.json"));
  return result;
}

std::vector<std::string> fold_intentions(const TrainArguments& options,
                                         const train::TrainOptions& training) {
  const auto tell = options.validate ? train::validate_intentions : train::train_intentions;
  return tell(options.work, training, terminal_reporter());
}

void train_fold(const TrainArguments& options, const CLI::App& command) {
  if (is_dry_run(command)) return print_intentions(fold_intentions(options, options.training), "");
  const auto result = work_on(options, options.training, command);
  std::cout << "model: " << result.folder.parent_path().string() << '\n'
            << "mean Dice on the fold's cases: " << number_text(result.validation_dice, 4) << '\n';
}

/// What the folds that are not finished would write.
void tell_all_folds(const TrainArguments& options) {
  std::vector<std::string> lines;
  for (const std::string& fold : train::fold_names(options.work, terminal_reporter())) {
    train::TrainOptions training = options.training;
    training.fold = fold;
    if (!options.validate && !training.overwrite && train::is_finished(options.work, training))
      continue;
    training.overwrite = true;  // one that lacks its validation alone is told, too
    for (const std::string& line : fold_intentions(options, training))
      if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  print_intentions(lines, "");
}

void train_all_folds(const TrainArguments& options, const CLI::App& command) {
  Table table{{"fold", "mean Dice on its cases"}};
  fs::path model;
  for (const std::string& fold : train::fold_names(options.work, terminal_reporter())) {
    train::TrainOptions training = options.training;
    training.fold = fold;
    const auto result = work_on(options, training, command);
    table.push_back({fold, number_text(result.validation_dice, 4)});
    model = result.folder.parent_path();
  }
  std::cout << "model: " << model.string() << '\n';
  print_table(std::cout, table);
}

/// Each device trains every n-th fold, with its part of the machine.
void train_on_devices(const TrainArguments& options, const CLI::App& command) {
  const int count = static_cast<int>(options.devices.size());
  TrainArguments part = options;
  train::TrainOptions& training = part.training;
  if (training.threads == 0) training.threads = std::max(1, data::all_cores() / count);
  training.preprocess_jobs = training.threads;
  training.memory = data::memory_to_use(training.memory) / count;
  terminal_reporter().say("folds are trained side by side on " + joined(options.devices) +
                          "; seg status " + options.work.string() + " tells how far they are");
  std::vector<std::function<void()>> pieces;
  for (std::size_t place = 0; place < options.devices.size(); ++place)
    pieces.push_back([part, place, &command]() mutable {
      say_warnings_only();
      part.training.device = part.devices[place];
      const auto folds = train::fold_names(part.work, terminal_reporter());
      for (std::size_t i = place; i < folds.size(); i += part.devices.size()) {
        part.training.fold = folds[i];
        work_on(part, part.training, command);
      }
    });
  run_side_by_side(pieces);
}

void add_start(CLI::App& command, TrainArguments& options) {
  train::TrainOptions& training = options.training;
  auto* resume =
      command.add_flag("--resume", training.resume, "continue the run that was stopped, as it was");
  command.add_flag("--overwrite", training.overwrite, "replace a finished run")->excludes(resume);
  command
      .add_flag("--no-checkpoints", options.no_checkpoints,
                "write none: for trials, which cannot be resumed or predicted with")
      ->excludes(resume);
  command.add_option("--config-file", training.config_file,
                     "JSON file with settings as in configs/training.json, and with those of "
                     "configs/augmentation.json under \"augmentation\"");
  auto* file = command.add_option("--pretrained", training.pretrained,
                                  "checkpoint to start from, a file or a URL");
  command
      .add_option("--pretrained-sha256", training.pretrained_sha256, "checksum that it must have")
      ->needs(file);
}

void add_machine(CLI::App& command, TrainArguments& options) {
  train::TrainOptions& training = options.training;
  auto* device = command.add_option("--device", training.device, "auto, cpu, cuda or cuda:N");
  command
      .add_option(
          "--devices", options.devices,
          "as cuda:0,cuda:1: --fold all-folds trains a fold on each at a time; processes of "
          "mpirun and srun share them out")
      ->delimiter(',')
      ->excludes(device);
  command.add_option("--precision", training.precision, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
  command.add_option("--threads", training.threads, "threads on the CPU (0: all cores)")
      ->check(not_negative());
  add_max_memory(command, training.memory);
}

void add_other_tasks(CLI::App& command, TrainArguments& options) {
  auto* benchmark = command.add_flag(
      "--benchmark", options.benchmark,
      "only measure the time of an epoch (5 of them unless --epochs says otherwise), with and "
      "without data loading");
  auto* print = command
                    .add_flag("--print-settings", options.print_settings,
                              "only print the settings as they would be used, and where each "
                              "comes from")
                    ->excludes(benchmark);
  auto* validate =
      command
          .add_flag("--validate", options.validate, "only repeat the validation of a trained fold")
          ->excludes(benchmark)
          ->excludes(print);
  for (const char* other : {"--resume", "--overwrite", "--no-checkpoints", "--pretrained"})
    validate->excludes(command.get_option(other));
  add_dry_run(command)->excludes(benchmark)->excludes(print);
  command
      .add_option("--checkpoint", options.training.checkpoint,
                  "for --validate: final, best, latest, or a file of this fold")
      ->needs(validate);
}

/// With other processes, if mpirun or srun started some.
void join(TrainArguments& options) {
  train::TrainOptions& training = options.training;
  if (!options.devices.empty() && !data::is_one_of_several() && !options.all_folds)
    throw CLI::ValidationError(
        "--devices", "is for --fold all-folds, and for several processes that mpirun starts");
  training.ranks = join_run({training.threads, training.threads > 0, training.memory});
  if (!training.ranks) return;
  if (options.print_settings || options.benchmark)
    throw CLI::ValidationError(options.benchmark ? "--benchmark" : "--print-settings",
                               "is for one process, without mpirun or srun");
  training.device = device_of_rank(training.device, options.devices);
  training.preprocess_jobs = training.ranks->threads();
}

void run(TrainArguments& options, const CLI::App& command) {
  options.training.configuration = data::full_configuration_name(options.configuration);
  options.training.settings_origin = "command line";
  options.training.preprocess_jobs = data::all_cores();
  options.training.keep_checkpoints = !options.no_checkpoints;
  options.all_folds = options.training.fold == "all-folds";
  if (options.all_folds) say_warnings_once();  // many are about what the folds share
  join(options);
  if (options.all_folds && (options.print_settings || options.benchmark))
    throw CLI::ValidationError("--fold", "is one fold for --print-settings and --benchmark");
  if (options.all_folds && options.training.resume)
    throw CLI::ValidationError("--resume", "is what --fold all-folds does by itself");
  if (options.print_settings) return print_settings(options);
  if (options.all_folds && is_dry_run(command)) return tell_all_folds(options);
  if (options.all_folds && !options.devices.empty() && !options.training.ranks) {
    train_on_devices(options, command);
    options.training.overwrite = options.validate = false;  // what is done is only told below
    say_nothing();
  }
  if (options.all_folds) return train_all_folds(options, command);
  if (!options.benchmark) return train_fold(options, command);
  options.training.settings.emplace("epochs", 5);
  benchmark(options);
}

}  // namespace

void add_train_options(CLI::App& command) {
  command.footer("Example:\n  seg train seg_work/Dataset004_Hippocampus --config 3d --fold 0");
  auto options = std::make_shared<TrainArguments>();
  train::TrainOptions& training = options->training;
  command.add_option("WORK", options->work, "folder made by seg plan")->required();
  command.add_option("--config", options->configuration, "2d, 3d, 3d_lowres or 3d_cascade")
      ->required();
  command.add_option("-f,--fold", training.fold,
                     "0 to 4; all: one model of all cases; "
                     "all-folds: one after the other, without those that are finished");
  command.add_option("--name", training.name,
                     "of this run: its model gets a folder beside those of others");
  command.add_option("--plans-name", training.plans_name, "plans to use, if they have a name");
  command.add_option("--trainer", training.trainer,
                     "settings by the name of a trainer of nnU-Net, as nnUNetTrainerDA5: one of "
                     "configs/trainers.json; the model's folder is named after it");
  add_start(command, *options);
  add_machine(command, *options);
  command.add_flag("--save-probabilities", training.save_probabilities,
                   "also write the validation cases' probabilities, for seg select's ensembles");
  add_other_tasks(command, *options);
  add_settings(command, training.settings);
  command.callback([options, &command] { run(*options, command); });
}

}  // namespace seg::app
