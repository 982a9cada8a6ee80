#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "run_record.hpp"
#include "seg/train/install_model.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct InstallArguments {
  fs::path zip, output = "seg_models";
};

void install(const InstallArguments& arguments, const CLI::App& command) {
  RunRecord record = start_record(command);
  const auto models = train::install_model(arguments.zip, arguments.output);
  Json folders = Json::array();
  for (const fs::path& model : models) {
    folders.push_back(model.string());
    std::cout << "model: " << model.string() << '\n';
  }
  record.json["models"] = folders;
  finish_record(std::move(record), arguments.output / "seg_install.json");
  std::cout << "next: seg predict --model " << models.front().string()
            << " --input SCANS --output OUT\n";
}

}  // namespace

void add_install(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("install", "Unpack a model that nnU-Net exported as a zip");
  command->footer("Example:\n  seg install Dataset004_Hippocampus.zip --output seg_models");
  auto arguments = std::make_shared<InstallArguments>();
  command->add_option("ZIP", arguments->zip, "made by nnUNetv2_export_model_to_zip")->required();
  command->add_option("-o,--output", arguments->output, "folder of models");
  command->callback([arguments, command] { install(*arguments, *command); });
}

}  // namespace seg::app
