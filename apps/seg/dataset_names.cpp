#include <cstdlib>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "commands.hpp"
#include "seg/plan/joined.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

/// Folders in a folder, which may not be there: those of a dataset's number (12: Dataset012_...) or
/// name, or with "" all.
std::vector<fs::path> folders_of(const fs::path& where, const std::string& dataset) {
  const bool number = !dataset.empty() && dataset.size() <= 3 &&
                      dataset.find_first_not_of("0123456789") == std::string::npos;
  const std::string start =
      number ? "Dataset" + std::string(3 - dataset.size(), '0') + dataset + "_" : "";
  std::vector<fs::path> found;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(where, unreadable)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(unreadable) &&
        (dataset.empty() || name == dataset || (number && name.starts_with(start))))
      found.push_back(entry.path());
  }
  return found;
}

std::string only_one(const std::vector<fs::path>& found, const std::string& value) {
  if (found.size() == 1) return found.front().string();
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const fs::path& folder : found) names.push_back(folder.string());
  throw CLI::ValidationError(
      value, "stands for several folders (" + joined(names) + "); give the path of one");
}

/// Where datasets' folders lie: as nnU-Net's variable says, nowhere without it.
fs::path place_of(const char* variable) {
  const char* const set = std::getenv(variable);
  return set ? set : "";
}

/// Makes a path of a dataset's number or name, unless something of that name is there.
/// @param models whether the dataset's folder holds models, of which one is meant.
CLI::Validator stands_for(const fs::path& where, bool models) {
  const auto find = [where, models](std::string& value) {
    const bool named = std::regex_match(value, std::regex("[0-9]{1,3}|Dataset[0-9]{3}_[^/]+"));
    std::error_code unreadable;
    if (where.empty() || !named || fs::exists(value, unreadable)) return std::string();
    auto found = folders_of(where, value);
    if (models && !found.empty()) found = folders_of(only_one(found, value), "");
    if (!found.empty()) value = only_one(found, value);
    return std::string();
  };
  return CLI::Validator(find, "");
}

}  // namespace

void add_dataset_names(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    if (auto* dataset = command->get_option_no_throw("DATASET"))
      dataset->transform(stands_for(place_of("nnUNet_raw"), false));
    if (auto* work = command->get_option_no_throw("WORK"))
      work->transform(stands_for("seg_work", false));
    if (auto* model = command->get_option_no_throw("--model"))
      model->transform(stands_for(place_of("nnUNet_results"), true));
  }
}

}  // namespace seg::app
