#include "commands.hpp"

#include <algorithm>
#include <array>

#include "option_checks.hpp"
#include "ranks.hpp"

namespace seg::app {
namespace {

struct Command {
  const char* name;
  const char* description;
  void (*add_options)(CLI::App& command);
};

constexpr std::array kCommands{
    Command{"plan", "Look at a dataset and decide how to segment it", add_plan_options},
    Command{"preprocess", "Crop, normalise and resample a planned dataset", add_preprocess_options},
    Command{"train", "Train one fold of a configuration", add_train_options},
    Command{"predict", "Segment scans with a trained model", add_predict_options},
    Command{"evaluate", "Compare segmentations with reference labels", add_evaluate_options},
    Command{"select", "Find the best configuration or ensemble by cross-validation",
            add_select_options},
    Command{"ensemble", "Average what several models predicted with --save-probabilities",
            add_ensemble_options},
    Command{"postprocess", "Keep only the largest part of structures, or decide of which",
            add_postprocess_options},
    Command{"overlay", "Draw a segmentation over its scan", add_overlay_options},
    Command{"example-data", "Write a small labelled dataset of phantoms to try seg on",
            add_example_data_options},
    Command{"convert", "Turn files of another layout into a dataset in nnU-Net v2's",
            add_convert_options},
    Command{"install", "Make a model folder of what others publish as files", add_install_options},
    Command{"export", "Pack a trained model into a zip that seg and nnU-Net install",
            add_export_options},
    Command{"inspect", "Say what is in a file that seg reads or writes", add_inspect_options},
    Command{"status", "Tell what is planned, preprocessed, trained and validated",
            add_status_options},
    Command{"report", "Make one page of plans, curves, results and pictures", add_report_options},
    Command{"doctor", "Say what seg finds on this machine", add_doctor_options},
    Command{"completion", "Write what makes a shell complete seg's commands",
            add_completion_options},
    Command{"man", "Write seg's manual page", add_man_options}};

void add_options(CLI::App& command) {
  std::ranges::find(kCommands, command.get_name(), &Command::name)->add_options(command);
  add_common_options(command);
  add_option_checks(command);
  add_dataset_names(command);
}

}  // namespace

void add_commands(CLI::App& app) {
  for (const Command& entry : kCommands) {
    CLI::App* command = app.add_subcommand(entry.name, entry.description);
    command->preparse_callback([command](std::size_t) {
      refuse_ranks_elsewhere(*command);
      add_options(*command);
    });
  }
}

void add_all_options(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({}))
    if (!command->parsed()) add_options(*command);  // a parsed one has them
}

}  // namespace seg::app
