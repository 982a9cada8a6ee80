#include "predict_listed.hpp"

#include <fstream>
#include <iostream>

#include "option_names.hpp"
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
  }
  json["seconds"] = result.seconds;
  return json;
}

}  // namespace

std::vector<std::string> predict_list(const std::string& list, const fs::path& model,
                                      const fs::path& output,
                                      const train::PredictOptions& options) {
  std::ifstream file;
  std::error_code unreadable;
  if (list != "-") file.open(list);
  if (list != "-" && (!file || fs::is_directory(list, unreadable)))
    throw Error(ErrorKind::not_found, {list, "cannot be read", "give a file with a scan a line"});
  std::istream& lines = list == "-" ? std::cin : file;
  std::vector<std::string> cases;
  std::size_t failed = 0;
  train::predict_listed(
      model, output, options, [&] { return next_scan(lines); },
      [&](const train::ListedScan& scan, const train::ListedResult& result) {
        cases.push_back(result.name);
        failed += result.failure.has_value();
        std::cout << answer(scan, result).dump(-1, ' ', false, Json::error_handler_t::replace)
                  << std::endl;  // whoever waits for this case gets it now
      },
      terminal_reporter());
  if (lines.bad())
    throw Error(list, "cannot be read to its end", "check the file and give the rest again");
  if (failed > 0)
    throw Error(list,
                std::to_string(failed) + " of " + std::to_string(cases.size()) +
                    " scans could not be segmented",
                "their lines say why");
  return cases;
}

}  // namespace seg::app
