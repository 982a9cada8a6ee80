#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "interrupt.hpp"
#include "run_record.hpp"
#include "seg/data/cores.hpp"
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
  bool benchmark = false, print_settings = false;
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

void train(const TrainArguments& options, const CLI::App& command) {
  RunRecord record = start_record(command);
  const train::TrainOptions& training = options.training;
  const at::Device device = train::choose_device(training.device);
  record.json["device"] = device.str();
  record.json["precision"] = at::toString(train::choose_precision(training.precision, device));
  const train::TrainResult result =
      train::train(options.work, training, stop_on_signal(), terminal_reporter());
  if (result.interrupted)
    throw Error(ErrorKind::interrupted,
                {result.folder.string(), "training was stopped and its state saved",
                 "the same command with --resume continues it"});
  record.json["validation_dice"] = result.validation_dice;
  finish_record(std::move(record), result.folder / "seg_train.json");
  std::cout << "model: " << result.folder.parent_path().string() << '\n'
            << "mean Dice on the fold's cases: " << number_text(result.validation_dice, 4) << '\n';
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Adds a setting's option, by the type of its member; its name has - for _.
struct AddSetting {
  CLI::App& command;
  const train::Setting& setting;
  Json& settings;

  template <class T>
  CLI::Option* operator()(T train::Recipe::*) const {
    return add<T>();
  }
  CLI::Option* operator()(std::uint64_t train::Recipe::*) const {
    const auto no_sign = [](const std::string& text) {  // else -1 becomes 2^64 - 1
      return std::string(text.starts_with('-') ? "must not be negative" : "");
    };
    return add<std::uint64_t>()->check(no_sign);
  }
  CLI::Option* operator()(std::optional<std::int64_t> train::Recipe::*) const {
    return add<std::int64_t>();
  }
  CLI::Option* operator()(std::vector<std::string> train::Recipe::*) const {
    return add<std::vector<std::string>>()->delimiter(',');
  }
  CLI::Option* operator()(std::optional<std::vector<std::int64_t>> train::Recipe::*) const {
    return add<std::vector<std::int64_t>>()->delimiter(',');
  }
  CLI::Option* operator()(bool train::Recipe::*) const {
    const auto change = [&settings = settings, name = setting.name](std::int64_t times) {
      settings[name] = times > 0;
    };
    const std::string options = "--" + name() + ",!--no-" + name();
    return command.add_flag_function(options, change, help())->disable_flag_override();
  }

  std::string name() const {
    std::string name = setting.name;
    std::ranges::replace(name, '_', '-');
    return name;
  }
  std::string help() const {
    const auto& names = setting.allowed.names;
    return setting.help + (names.empty() ? "" : ": " + joined(names));
  }
  template <class T>
  CLI::Option* add() const {
    const std::string option = "--" + name();
    const auto change = [&settings = settings, &setting = setting, option](const T& value) {
      const std::string problem = train::problem_of(setting, value);
      if (!problem.empty()) throw CLI::ValidationError(option, problem);
      settings[setting.name] = value;
    };
    return command.add_option_function<T>(option, change, help());
  }
};

std::string default_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_primitive() && !value.is_null() ? value.dump() : "";
}

/// An option for each setting of a training.
void add_settings(CLI::App& command, Json& settings) {
  const Json defaults = train::to_json(train::Recipe{});
  for (const train::Setting& setting : train::training_settings()) {
    std::visit(AddSetting{command, setting, settings}, setting.member)
        ->default_str(default_text(defaults.at(setting.name)))
        ->group("Settings, also in --config-file");
  }
}

void add_start(CLI::App& command, train::TrainOptions& training) {
  command.add_flag("--resume", training.resume, "continue the run that was stopped, as it was");
  command.add_option("--config-file", training.config_file,
                     "JSON file with settings as in configs/training.json, and with those of "
                     "configs/augmentation.json under \"augmentation\"");
  auto* file = command.add_option("--pretrained", training.pretrained,
                                  "checkpoint to start from, a file or a URL");
  command
      .add_option("--pretrained-sha256", training.pretrained_sha256, "checksum that it must have")
      ->needs(file);
}

void add_machine(CLI::App& command, train::TrainOptions& training) {
  command.add_option("--device", training.device, "auto, cpu, cuda or cuda:N");
  command.add_option("--precision", training.precision, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
  command.add_option("--threads", training.threads, "threads on the CPU (0: all cores)")
      ->check(CLI::NonNegativeNumber);
}

void add_other_tasks(CLI::App& command, TrainArguments& options) {
  auto* benchmark = command.add_flag(
      "--benchmark", options.benchmark,
      "only measure the time of an epoch (5 of them unless --epochs says otherwise), with and "
      "without data loading");
  command
      .add_flag("--print-settings", options.print_settings,
                "only print the settings as they would be used, and where each comes from")
      ->excludes(benchmark);
}

void run(TrainArguments& options, const CLI::App& command) {
  options.training.configuration = data::full_configuration_name(options.configuration);
  options.training.settings_origin = "command line";
  options.training.preprocess_jobs = data::all_cores();
  if (options.print_settings) return print_settings(options);
  if (!options.benchmark) return train(options, command);
  options.training.settings.emplace("epochs", 5);
  benchmark(options);
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
  command->add_option("--trainer", training.trainer,
                      "settings by the name of a trainer of nnU-Net, as nnUNetTrainerDA5: one of "
                      "configs/trainers.json; the model's folder is named after it");
  add_start(*command, training);
  add_machine(*command, training);
  command->add_flag("--save-probabilities", training.save_probabilities,
                    "also write the validation cases' probabilities, for seg select's ensembles");
  add_other_tasks(*command, *options);
  add_settings(*command, training.settings);
  command->callback([options, command] { run(*options, *command); });
}

}  // namespace seg::app
