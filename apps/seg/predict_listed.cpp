#include "predict_listed.hpp"

#include <fstream>
#include <iostream>

#include "option_names.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/train/predict_listed.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

/// The next line that says something.
std::optional<train::ListedScan> next_scan(std::istream& lines) {
  std::string line;
  while (std::getline(lines, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) return train::ListedScan{line, {}};
    return train::ListedScan{line.substr(0, tab), line.substr(tab + 1)};
  }
  return std::nullopt;
}

Json answer(const train::ListedScan& scan, const train::ListedResult& result) {
  Json json = {{"case", result.name}, {"scan", scan.scan.string()}};
  if (result.failure) {
    json["error"] = with_option_names(result.problem);
    json["kind"] = name_of(*result.failure);
  } else {
    json["output"] = result.file.string();
    for (const fs::path& file : result.removed) json["removed"].push_back(file.string());
  }
  json["seconds"] = result.seconds;
  return json;
}

/// What seg evaluate and seg report ask a folder of segmentations for.
void describe_folder(const ListArguments& arguments) {
  const std::string& type = arguments.options.output_type;
  Json dataset = read_json(arguments.model / "dataset.json");
  if (!type.empty()) dataset["file_ending"] = data::output_ending(type);
  write_json(arguments.output / "dataset.json", dataset);
  write_json(arguments.output / "plans.json", read_json(arguments.model / "plans.json"));
}

/// What became of the scans of a list.
struct Answered {
  std::vector<std::string> cases;  ///< that were segmented
  std::size_t failed = 0;
  bool fills_folder = false;  ///< not all segmentations went to files that the list names
};

Answered answer_all(const ListArguments& arguments, std::istream& lines) {
  Answered answered;
  train::predict_listed(
      arguments.model, arguments.output, arguments.options, [&] { return next_scan(lines); },
      [&](const train::ListedScan& scan, const train::ListedResult& result) {
        answered.failed += result.failure.has_value();
        if (!result.failure) answered.cases.push_back(result.name);
        answered.fills_folder |= !result.failure && !scan.file;
        std::cout << answer(scan, result).dump(-1, ' ', false, Json::error_handler_t::replace)
                  << std::endl;  // whoever waits for this case gets it now
      },
      terminal_reporter());
  return answered;
}

}  // namespace

void predict_list(const ListArguments& arguments, const KeepCases& keep) {
  const std::string& list = arguments.list;
  std::ifstream file;
  std::error_code unreadable;
  if (list != "-") file.open(list);
  if (list != "-" && (!file || fs::is_directory(list, unreadable)))
    throw Error(ErrorKind::not_found, {list, "cannot be read", "give a file with a scan a line"});
  std::istream& lines = list == "-" ? std::cin : file;
  const Answered answered = answer_all(arguments, lines);
  if (answered.fills_folder) describe_folder(arguments);
  if (!answered.cases.empty()) keep(answered.cases);  // it tells whose folder it is
  if (lines.bad())
    throw Error(list, "cannot be read to its end", "check the file and give the rest again");
  if (answered.failed > 0)
    throw Error(list,
                std::to_string(answered.failed) + " of " +
                    std::to_string(answered.failed + answered.cases.size()) +
                    " scans could not be segmented",
                "their lines say why");
}

}  // namespace seg::app
