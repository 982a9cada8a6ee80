#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "interrupt.hpp"
#include "jobs.hpp"
#include "run_record.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"
#include "seg/train/trainer.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct Options {
  fs::path work;
  std::string configuration;
  train::TrainOptions training;
};

void train(Options options, const CLI::App& command) {
  RunRecord record = start_record(command);
  const Reporter reporter = terminal_reporter();
  train::TrainOptions& training = options.training;
  training.configuration = data::full_configuration_name(options.configuration);
  const at::Device device = train::choose_device(training.device);
  record.json["device"] = device.str();
  record.json["precision"] = at::toString(train::choose_precision(training.precision, device));
  data::preprocess_work({options.work}, {training.configuration, training.plans_name, all_cores()},
                        reporter);
  const train::TrainResult result =
      train::train(options.work, training, stop_on_signal(), reporter);
  if (result.interrupted)
    throw Error(result.folder.string(), "training was stopped and its state saved",
                "the same command with --resume continues it");
  record.json["validation_dice"] = result.validation_dice;
  finish_record(std::move(record), result.folder / "seg_train.json");
  std::cout << "model: " << result.folder.parent_path().string() << '\n'
            << "mean Dice on the fold's cases: " << number_text(result.validation_dice, 4) << '\n';
}

void add_schedule(CLI::App& command, train::TrainOptions& training) {
  command.add_option("--epochs", training.epochs, "epochs")->check(CLI::PositiveNumber);
  command.add_option("--iterations", training.iterations, "training batches in an epoch")
      ->check(CLI::PositiveNumber);
  command.add_option("--val-iterations", training.val_iterations, "validation batches in an epoch")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--batch-size", training.batch_size, "patches in a batch (the plan's)")
      ->check(CLI::PositiveNumber);
  command.add_option("--learning-rate", training.learning_rate, "initial learning rate")
      ->check(CLI::PositiveNumber);
  command.add_option("--seed", training.seed, "start of all random numbers");
  command.add_option("--save-every", training.save_every, "epochs between checkpoints")
      ->check(CLI::PositiveNumber);
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
  auto options = std::make_shared<Options>();
  train::TrainOptions& training = options->training;
  command->add_option("WORK", options->work, "folder made by seg plan")->required();
  command->add_option("--config", options->configuration, "2d, 3d, 3d_lowres or 3d_cascade")
      ->required();
  command->add_option("-f,--fold", training.fold, "0 to 4, or all");
  command->add_option("--plans-name", training.plans_name, "plans to use, if they have a name");
  add_schedule(*command, training);
  add_machine(*command, training);
  command->add_flag("--resume", training.resume, "continue from checkpoint_latest.pth");
  command->add_option("--pretrained", training.pretrained, "checkpoint to start from");
  command->callback([options, command] { train(*options, *command); });
}

}  // namespace seg::app
