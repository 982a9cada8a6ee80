#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "seg/plan/joined.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

/// With what the names of a dataset's folders begin: 12 stands for Dataset012_...
/// Nothing for what is no number.
std::string start_of_names(const std::string& dataset) {
  if (dataset.size() > 3 || dataset.find_first_not_of("0123456789") != std::string::npos) return "";
  return "Dataset" + std::string(3 - dataset.size(), '0') + dataset + "_";
}

std::vector<fs::path> folders_in(const fs::path& where) {
  std::vector<fs::path> found;
  std::error_code unreadable;  // or not there
  for (const auto& entry : fs::directory_iterator(where, unreadable))
    if (entry.is_directory(unreadable)) found.push_back(entry.path());
  return found;
}

std::vector<fs::path> folders_of(const fs::path& where, const std::string& dataset) {
  const std::string start = start_of_names(dataset);
  std::vector<fs::path> found = folders_in(where);
  std::erase_if(found, [&](const fs::path& folder) {
    const std::string name = folder.filename().string();
    return name != dataset && (start.empty() || !name.starts_with(start));
  });
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
    std::error_code unreadable;
    if (where.empty() || value.empty() || fs::exists(value, unreadable)) return std::string();
    auto found = folders_of(where, value);
    if (models && !found.empty()) found = folders_in(only_one(found, value));
    if (!found.empty()) value = only_one(found, value);
    return std::string();
  };
  return CLI::Validator(find, "");
}

}  // namespace

void add_dataset_names(CLI::App& command) {
  if (auto* dataset = command.get_option_no_throw("DATASET"))
    dataset->transform(stands_for(place_of("nnUNet_raw"), false));
  for (const char* name : {"WORK", "FOLDER"})
    if (auto* work = command.get_option_no_throw(name))
      work->transform(stands_for("seg_work", false));
  if (auto* model = command.get_option_no_throw("--model"))
    model->transform(stands_for(place_of("nnUNet_results"), true));
}

}  // namespace seg::app
