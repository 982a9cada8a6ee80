#include "seg/train/report.hpp"

#include <filesystem>
#include <iostream>
#include <memory>

#include "commands.hpp"
#include "dry_run.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct ReportArguments {
  fs::path folder;
  train::ReportOptions report;
};

}  // namespace

void add_report_options(CLI::App& command) {
  command.footer("Example:\n  seg report seg_work/Dataset004_Hippocampus -o report.html");
  auto options = std::make_shared<ReportArguments>();
  command
      .add_option("FOLDER", options->folder, "work folder, trained model, or folder of predictions")
      ->required();
  command.add_option("-o,--output", options->report.output,
                     "the page, an .html that needs no other file (FOLDER/report.html)");
  command.add_option("--scans", options->report.scans,
                     "folder of the scans, where they no longer lie where the records say");
  command
      .add_option("--slices", options->report.slices,
                  "slices of the best, the median and the worst case in the page, shared by its "
                  "models; 0: no pictures")
      ->check(CLI::Range(0, 200));
  command.add_flag("--volumes", options->report.volumes,
                   "show these cases in three dimensions, too (some MB more; needs WebGL2)");
  command.add_flag("--overwrite", options->report.overwrite,
                   "replace an output that is there, whatever it holds (else only a report)");
  add_dry_run(command);
  command.callback([options, &command] {
    if (options->report.slices == 0 && !options->report.scans.empty())
      throw CLI::ValidationError("--scans", "are read for pictures, and --slices 0 asks for none");
    if (is_dry_run(command))
      return print_intentions(train::report_intentions(options->folder, options->report), "");
    const fs::path page =
        train::write_report(options->folder, options->report, terminal_reporter());
    std::cout << "report: " << page.string() << '\n';
  });
}

}  // namespace seg::app
