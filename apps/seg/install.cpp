#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "dry_run.hpp"
#include "run_record.hpp"
#include "seg/train/install_model.hpp"
#include "shell_word.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

void install(const train::InstallRequest& arguments, const CLI::App& command) {
  const fs::path record_file = arguments.output / "seg_install.json";
  if (is_dry_run(command))
    return print_intentions(train::install_intentions(arguments), record_file);
  RunRecord record = start_record(command);
  const auto models = train::install(arguments, terminal_reporter());
  Json folders = Json::array();
  for (const fs::path& model : models) {
    folders.push_back(model.string());
    std::cout << "model: " << model.string() << '\n';
  }
  record.json["models"] = folders;
  finish_record(std::move(record), record_file);
  std::cout << "next: seg predict --model " << shell_word(models.front().string())
            << " --input SCANS --output OUT\n";
}

}  // namespace

void add_install_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg install Dataset004_Hippocampus.zip --output seg_models\n"
      "  seg install https://example.org/Dataset004_Hippocampus.zip \\\n"
      "      --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  auto arguments = std::make_shared<train::InstallRequest>();
  arguments->output = "seg_models";
  command
      .add_option("FILE", arguments->source,
                  "a zip made by nnUNetv2_export_model_to_zip or its address (https://...), or a "
                  "STU-Net of nnU-Net v1 (.model, with its .model.pkl beside it)")
      ->required();
  command.add_option("-o,--output", arguments->output, "folder of models");
  command.add_option("--sha256", arguments->sha256, "checksum that the file must have");
  add_dry_run(command);
  command.callback([arguments, &command] { install(*arguments, command); });
}

}  // namespace seg::app
