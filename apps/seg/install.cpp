#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "run_record.hpp"
#include "seg/train/install_model.hpp"
#include "seg/train/sha256.hpp"
#include "shell_word.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct InstallArguments {
  fs::path file, output = "seg_models";
  std::string sha256;
};

std::vector<fs::path> installed(const InstallArguments& arguments) {
  if (!arguments.sha256.empty()) train::check_sha256(arguments.file, arguments.sha256);
  if (arguments.file.extension() == ".model")
    return {train::install_version_1_model(arguments.file, arguments.output)};
  return train::install_model(arguments.file, arguments.output);
}

void install(const InstallArguments& arguments, const CLI::App& command) {
  RunRecord record = start_record(command);
  const auto models = installed(arguments);
  Json folders = Json::array();
  for (const fs::path& model : models) {
    folders.push_back(model.string());
    std::cout << "model: " << model.string() << '\n';
  }
  record.json["models"] = folders;
  finish_record(std::move(record), arguments.output / "seg_install.json");
  std::cout << "next: seg predict --model " << shell_word(models.front().string())
            << " --input SCANS --output OUT\n";
}

}  // namespace

void add_install(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("install", "Make a model folder of what others publish as files");
  command->footer("Example:\n  seg install Dataset004_Hippocampus.zip --output seg_models");
  auto arguments = std::make_shared<InstallArguments>();
  command
      ->add_option("FILE", arguments->file,
                   "a zip made by nnUNetv2_export_model_to_zip, or a STU-Net of nnU-Net v1 "
                   "(.model, with its .model.pkl beside it)")
      ->required();
  command->add_option("-o,--output", arguments->output, "folder of models");
  command->add_option("--sha256", arguments->sha256, "checksum that the file must have");
  command->callback([arguments, command] { install(*arguments, *command); });
}

}  // namespace seg::app
