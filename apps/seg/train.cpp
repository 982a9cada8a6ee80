#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "interrupt.hpp"
#include "jobs.hpp"
#include "run_record.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/benchmark.hpp"
#include "seg/train/device.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/trainer.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct TrainArguments {
  fs::path work;
  std::string configuration;
  train::TrainOptions training;
  bool benchmark = false;
};

void preprocess(const TrainArguments& options, const Reporter& reporter) {
  const train::TrainOptions& training = options.training;
  data::preprocess_work({options.work}, {training.configuration, training.plans_name, all_cores()},
                        reporter);
}

void benchmark(const TrainArguments& options, const Reporter& reporter) {
  for (const auto& result :
       train::benchmark(options.work, options.training, stop_on_signal(), reporter))
    std::cout << result.file.string() << ": fastest epoch " << number_text(result.fastest_epoch, 3)
              << " s, " << number_text(result.seconds_per_batch, 4) << " s a batch\n";
}

void train(const TrainArguments& options, const CLI::App& command) {
  RunRecord record = start_record(command);
  const Reporter reporter = terminal_reporter();
  const train::TrainOptions& training = options.training;
  const at::Device device = train::choose_device(training.device);
  record.json["device"] = device.str();
  record.json["precision"] = at::toString(train::choose_precision(training.precision, device));
  preprocess(options, reporter);
  if (options.benchmark) return benchmark(options, reporter);
  const train::TrainResult result =
      train::train(options.work, training, stop_on_signal(), reporter);
  if (result.interrupted)
    throw Error(ErrorKind::interrupted,
                {result.folder.string(), "training was stopped and its state saved",
                 "the same command with --resume continues it"});
  record.json["validation_dice"] = result.validation_dice;
  finish_record(std::move(record), result.folder / "seg_train.json");
  std::cout << "model: " << result.folder.parent_path().string() << '\n'
            << "mean Dice on the fold's cases: " << number_text(result.validation_dice, 4) << '\n';
}

/// An entry of configs/training.json.
struct Setting {
  std::string name, description;
};

/// An option that changes a setting; its name has - for _.
template <class T>
CLI::Option* add_setting(CLI::App& command, Json& settings, const Setting& setting) {
  const std::string& name = setting.name;
  std::string option = "--" + name;
  std::ranges::replace(option, '_', '-');
  const auto change = [&settings, name](const T& value) { settings[name] = value; };
  const Json usual = train::to_json(train::default_recipe()).at(name);
  return command.add_option_function<T>(option, change, setting.description)
      ->default_str(usual.is_primitive() && !usual.is_null() ? usual.dump() : "");
}

void add_schedule(CLI::App& command, Json& settings) {
  using Number = std::int64_t;
  const auto add = [&](const char* name, const char* description) {
    add_setting<Number>(command, settings, {name, description})->check(CLI::PositiveNumber);
  };
  add("epochs", "epochs");
  add("iterations", "training batches in an epoch");
  add("val_iterations", "validation batches in an epoch");
  add("batch_size", "patches in a batch (the plan's)");
  add("save_every", "epochs between checkpoints");
  add_setting<std::uint64_t>(command, settings, {"seed", "start of all random numbers"});
  add_setting<std::string>(command, settings, {"schedule", "learning rate: poly or cosine"})
      ->check(CLI::IsMember({"poly", "cosine"}));
  add_setting<Number>(command, settings, {"warm_up_epochs", "epochs in which the rate rises"})
      ->check(CLI::NonNegativeNumber);
}

void add_recipe(CLI::App& command, Json& settings) {
  add_setting<std::string>(command, settings, {"optimizer", "sgd, adam or adamw"})
      ->check(CLI::IsMember({"sgd", "adam", "adamw"}));
  add_setting<double>(command, settings, {"learning_rate", "initial learning rate"})
      ->check(CLI::PositiveNumber);
  add_setting<double>(command, settings, {"weight_decay", "weight decay"})
      ->check(CLI::NonNegativeNumber);
  add_setting<double>(command, settings, {"momentum", "momentum of sgd"})
      ->check(CLI::Range(0., 1.));
  add_setting<std::string>(command, settings, {"loss", "dice_ce, dice, ce, topk or ege_unet"})
      ->check(CLI::IsMember({"dice_ce", "dice", "ce", "topk", "ege_unet"}));
  const auto add_flag = [&](const char* option, const char* name, const char* description) {
    command.add_flag_callback(
        option, [&settings, name] { settings[name] = false; }, description);
  };
  add_flag("--no-mirroring", "mirroring", "neither train nor predict with mirrored patches");
  add_flag("--no-deep-supervision", "deep_supervision", "train the highest resolution only");
}

void add_fine_tuning(CLI::App& command, train::TrainOptions& training) {
  auto* file = command.add_option("--pretrained", training.pretrained,
                                  "checkpoint to start from, a file or a URL");
  command
      .add_option("--pretrained-sha256", training.pretrained_sha256, "checksum that it must have")
      ->needs(file);
  add_setting<double>(
      command, training.settings,
      {"head_lr_factor", "all but the heads learn at this part of the rate (fine-tuning: 0.1)"})
      ->check(CLI::Range(0., 1.));
  add_setting<std::vector<std::string>>(
      command, training.settings, {"freeze", "parameters that begin like this stay as they are"})
      ->delimiter(',');
}

void add_machine(CLI::App& command, train::TrainOptions& training) {
  command.add_option("--device", training.device, "auto, cpu, cuda or cuda:N");
  command.add_option("--precision", training.precision, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
  command.add_option("--threads", training.threads, "threads on the CPU (0: all cores)")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Train one fold of a configuration");
  command->footer("Example:\n  seg train seg_work/Dataset004_Hippocampus --config 3d --fold 0");
  auto options = std::make_shared<TrainArguments>();
  train::TrainOptions& training = options->training;
  command->add_option("WORK", options->work, "folder made by seg plan")->required();
  command->add_option("--config", options->configuration, "2d, 3d, 3d_lowres or 3d_cascade")
      ->required();
  command->add_option("-f,--fold", training.fold, "0 to 4, or all");
  command->add_option("--plans-name", training.plans_name, "plans to use, if they have a name");
  add_schedule(*command, training.settings);
  add_recipe(*command, training.settings);
  add_fine_tuning(*command, training);
  add_machine(*command, training);
  command->add_flag("--save-probabilities", training.save_probabilities,
                    "also write the validation cases' probabilities, for seg select's ensembles");
  command->add_flag("--resume", training.resume, "continue the run that was stopped, as it was");
  command->add_option("--config-file", training.config_file,
                      "JSON file with settings as in configs/training.json");
  command->add_flag("--benchmark", options->benchmark,
                    "only measure the time of an epoch (5 of them unless --epochs says otherwise), "
                    "with and without data loading");
  command->callback([options, command] {
    if (options->benchmark) options->training.settings.emplace("epochs", 5);
    options->training.configuration = data::full_configuration_name(options->configuration);
    train(*options, *command);
  });
}

}  // namespace seg::app
