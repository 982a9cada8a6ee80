#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "commands.hpp"
#include "convert_table.hpp"
#include "dry_run.hpp"
#include "option_checks.hpp"
#include "run_record.hpp"
#include "seg/data/convert_table.hpp"
#include "seg/data/cores.hpp"
#include "seg/plan/error.hpp"
#include "shell_word.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct TableArguments {
  fs::path source, target;
  std::vector<std::string> labels, map, channels;
  std::string label;
  data::BidsFiles bids;
  bool link = false;
  int jobs = data::all_cores();
};

/// A text before and after "=".
struct Pair {
  std::string left, right;
};

Pair pair_of(const std::string& option, const std::string& text) {
  const auto sign = text.rfind('=');
  if (sign == std::string::npos || sign == 0 || sign + 1 == text.size())
    throw CLI::ValidationError("--" + option, text + " is no NAME=VALUE");
  return {text.substr(0, sign), text.substr(sign + 1)};
}

int label_value(const std::string& option, const std::string& text) {
  constexpr int largest = 32767;  // label maps are int16
  const bool is_number =
      text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos;
  if (text.empty() || !is_number || std::stoi(text) > largest)
    throw CLI::ValidationError("--" + option, text + " is no value of a label (0 to 32767)");
  return std::stoi(text);
}

std::map<int, std::string> names_of(const std::vector<std::string>& labels) {
  std::map<int, std::string> names;
  for (const std::string& label : labels) {
    const Pair pair = pair_of("labels", label);
    const int value = label_value("labels", pair.right);
    if (value == 0) throw CLI::ValidationError("--labels", "0 is the background: leave it out");
    if (!names.emplace(value, pair.left).second)
      throw CLI::ValidationError("--labels", "names " + pair.right + " twice");
  }
  return names;
}

std::map<int, int> values_of(const std::vector<std::string>& map) {
  std::map<int, int> values;
  for (const std::string& one : map) {
    const Pair pair = pair_of("map", one);
    if (!values.emplace(label_value("map", pair.left), label_value("map", pair.right)).second)
      throw CLI::ValidationError("--map", "tells twice what " + pair.left + " becomes");
  }
  return values;
}

using ReadTable = data::CaseTable (*)(const TableArguments&);

data::CaseTable from_table(const TableArguments& arguments) {
  return data::read_case_table(arguments.source);
}

data::CaseTable from_bids(const TableArguments& arguments) {
  data::BidsFiles files = arguments.bids;
  files.channels = arguments.channels;
  return data::bids_cases(arguments.source, files);
}

data::CaseTable from_patterns(const TableArguments& arguments) {
  data::CasePatterns patterns{{}, arguments.label};
  for (const std::string& channel : arguments.channels) {
    const auto sign = channel.find('=');
    if (sign == std::string::npos || sign == 0)
      throw CLI::ValidationError("--channel", channel + " is no NAME=PATTERN");
    patterns.channels.push_back({channel.substr(0, sign), channel.substr(sign + 1)});
  }
  return data::cases_by_pattern(arguments.source, patterns);
}

void convert(const TableArguments& arguments, ReadTable read, const CLI::App& command) {
  RunRecord record = start_record(command);
  const data::CaseTable table = read(arguments);
  const data::TableConversion conversion{names_of(arguments.labels), values_of(arguments.map),
                                         arguments.link, arguments.jobs};
  if (is_dry_run(command))
    return print_intentions(data::table_intentions(table, arguments.target, conversion),
                            arguments.target / "seg_convert.json");
  data::convert_table(table, arguments.target, conversion, terminal_reporter());
  finish_record(std::move(record), arguments.target / "seg_convert.json");
  const std::string target = shell_word(arguments.target.string());
  std::cout << "dataset: " << arguments.target.string() << " (" << table.cases.size()
            << " cases)\nnext: seg plan " << target << " --verify";
  if (!table.groups.empty())
    std::cout << " --group-by " << shell_word((arguments.target / "groups.csv").string());
  std::cout << '\n';
}

/// What all of them share.
CLI::App* add_format(CLI::App& app, const std::string& name, const std::string& text,
                     const std::shared_ptr<TableArguments>& arguments, ReadTable read) {
  CLI::App* command = app.add_subcommand(name, text);
  command->add_option("SRC", arguments->source, name == "table" ? "the table" : "the folder")
      ->required();
  command->add_option("DST", arguments->target, "dataset folder to make")->required();
  command
      ->add_option("--labels", arguments->labels,
                   "names of the labels' values, such as liver=1,tumour=2 (else label_1, ...)")
      ->delimiter(',');
  command
      ->add_option("--map", arguments->map,
                   "values that label maps are to have instead of theirs, such as 7=1,9=0")
      ->delimiter(',');
  command->add_flag("--link", arguments->link, "symbolic links instead of copies");
  command->add_option("--jobs", arguments->jobs, "cases at the same time")->check(above_zero());
  add_dry_run(*command);
  command->callback([arguments, read, command] { convert(*arguments, read, *command); });
  return command;
}

}  // namespace

void add_table_formats(CLI::App& convert) {
  auto arguments = std::make_shared<TableArguments>();
  add_format(convert, "table",
             "From a CSV with the columns case, label, perhaps group, and one for each channel",
             arguments, from_table)
      ->footer("Example:\n  seg convert table scans.csv Dataset010_Liver --labels liver=1");

  arguments = std::make_shared<TableArguments>();
  CLI::App* bids =
      add_format(convert, "bids", "From a BIDS dataset with segmentations among its derivatives",
                 arguments, from_bids);
  bids->add_option("-c,--channel", arguments->channels,
                   "end of the names of a channel's images, such as T1w; give it for each")
      ->required();
  bids->add_option("--segmentation", arguments->bids.segmentation,
                   "end of the names of the segmentations");
  bids->add_option("--derivative", arguments->bids.derivative,
                   "folder in derivatives that holds them, if several do");
  bids->footer("Example:\n  seg convert bids study Dataset011_Brain --channel T1w --channel FLAIR");

  arguments = std::make_shared<TableArguments>();
  CLI::App* patterns = add_format(convert, "files", "From a folder whose files follow patterns",
                                  arguments, from_patterns);
  patterns
      ->add_option(
          "-c,--channel", arguments->channels,
          "NAME=PATTERN of a channel's images below SRC: {case} and {group} stand for "
          "names, * for any letters; give it for each (files that --label fits are left out)")
      ->required();
  patterns->add_option("-l,--label", arguments->label, "pattern of the label maps")->required();
  patterns->footer(
      "Example:\n  seg convert files scans Dataset012_Knee --channel 'MR={group}/{case}.nii.gz' "
      "\\\n      --label 'masks/{case}_seg.nii.gz'");
}

}  // namespace seg::app
