#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "convert_table.hpp"
#include "dry_run.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/data/convert_dataset.hpp"
#include "seg/data/cores.hpp"
#include "shell_word.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct Format {
  void (*convert)(const fs::path&, const fs::path&, int, const Reporter&);
  std::vector<std::string> (*intentions)(const fs::path&, const fs::path&);
};

struct ConvertArguments {
  fs::path source, target;
  int jobs = data::all_cores();
};

void convert(const ConvertArguments& arguments, const Format& format, const CLI::App& command) {
  if (is_dry_run(command))
    return print_intentions(format.intentions(arguments.source, arguments.target),
                            arguments.target / "seg_convert.json");
  RunRecord record = start_record(command);
  format.convert(arguments.source, arguments.target, arguments.jobs, terminal_reporter());
  finish_record(std::move(record), arguments.target / "seg_convert.json");
  std::cout << "dataset: " << arguments.target.string() << '\n'
            << "next: seg plan " << shell_word(arguments.target.string()) << " --verify\n";
}

void add_format(CLI::App& app, const std::string& name, const std::string& text,
                const Format& format) {
  CLI::App* command = app.add_subcommand(name, text);
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("SRC", arguments->source, "folder with dataset.json, imagesTr and labelsTr")
      ->required();
  command->add_option("DST", arguments->target, "dataset folder to make")->required();
  command->add_option("--jobs", arguments->jobs, "images at the same time")->check(above_zero());
  command->footer("Example:\n  seg convert " + name + " Task04_Hippocampus Dataset004_Hippocampus");
  add_dry_run(*command);
  command->callback([arguments, format, command] { convert(*arguments, format, *command); });
}

}  // namespace

void add_convert_options(CLI::App& command) {
  command.footer("Example:\n  seg convert msd Task04_Hippocampus Dataset004_Hippocampus");
  command.require_subcommand(1);
  add_format(command, "msd", "From the Medical Segmentation Decathlon",
             {data::convert_decathlon, data::decathlon_intentions});
  add_format(command, "v1", "From a raw task folder of nnU-Net v1",
             {data::convert_version_1, data::version_1_intentions});
  add_table_formats(command);
}

}  // namespace seg::app
