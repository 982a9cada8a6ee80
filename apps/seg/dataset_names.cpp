#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "dataset_names.hpp"
#include "seg/data/work_folder.hpp"
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
    if (entry.is_directory(unreadable)) found.push_back(entry.path().lexically_normal());
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

/// What one of nnU-Net's variables says; nothing without it.
fs::path place_of(const char* variable) {
  const char* const set = std::getenv(variable);
  return set ? set : "";
}

constexpr const char* kRaw = kPlaceVariables[0];
constexpr const char* kPreprocessed = kPlaceVariables[1];
constexpr const char* kResults = kPlaceVariables[2];

/// A variable that is to be followed and leads nowhere is mistyped.
void require_folder(const char* variable) {
  const fs::path place = place_of(variable);
  std::error_code unreadable;
  if (!place.empty() && !fs::is_directory(place, unreadable))
    throw CLI::ValidationError(variable, place.string() +
                                             " is no folder; make it, or set the variable to the "
                                             "right one, or to none");
}

fs::path works_here() { return "seg_work"; }

/// Work folders of nnU-Net's users lie on the disk that is meant for such; beside nnU-Net's own
/// folders, which have files of the same names.
fs::path works_of_variable() {
  const fs::path place = place_of(kPreprocessed);
  return place.empty() ? place : place / works_here();
}

/// Where the folder of a dataset may be: those of a place, or of what the first one lacks the next.
struct Places {
  std::vector<fs::path> folders;
  const char* variable;  ///< that names the first one
};

/// nnU-Net's users mean the folder of the variable, whatever lies here; without it the dataset lies
/// here.
Places raw_datasets() {
  const fs::path raw = place_of(kRaw);
  return {{raw.empty() ? fs::path(".") : raw}, kRaw};
}

Places works() { return {{works_of_variable(), works_here()}, kPreprocessed}; }

Places models() { return {{place_of(kResults), works_of_variable(), works_here()}, kResults}; }

/// An option whose value may be a dataset's number, and where that is looked for.
struct NamedOption {
  const char* name;
  Places (*places)();
};
constexpr NamedOption kOptions[] = {
    {"DATASET", raw_datasets}, {"WORK", works}, {"FOLDER", works}, {"--model", models}};

std::vector<fs::path> found_in(const Places& places, const std::string& value) {
  for (const fs::path& where : places.folders)
    if (auto found = folders_of(where, value); !where.empty() && !found.empty()) return found;
  return {};
}

bool is_model(const fs::path& folder) {
  return folder.filename().string().find("__") != std::string::npos;
}

/// Of a dataset's folder in nnUNet_results, or of its work folder.
std::vector<fs::path> models_in(const fs::path& folder) {
  std::error_code none;
  auto models =
      folders_in(fs::is_directory(folder / "results", none) ? folder / "results" : folder);
  std::erase_if(models, [](const fs::path& one) { return !is_model(one); });
  return models;
}

/// Makes a path of a dataset's number or name, unless something of that name is there.
/// @param models whether the dataset's folder holds models, of which one is meant.
CLI::Validator stands_for(const Places& places, bool models) {
  const auto find = [places, models](std::string& value) {
    std::error_code unreadable;
    if (value.empty() || fs::exists(value, unreadable)) return std::string();
    require_folder(places.variable);
    auto found = found_in(places, value);
    if (models && !found.empty()) found = models_in(only_one(found, value));
    if (!found.empty()) value = only_one(found, value);
    return std::string();
  };
  return CLI::Validator(find, "");
}

bool is_given_as(const CLI::Option* option, const std::string& value) {
  return option && option->count() > 0 && option->results().front() == value;
}

/// The folders, the variable that names the first one, and what to do.
std::string text_of(const Places& places) {
  std::vector<std::string> folders;
  for (const fs::path& where : places.folders)
    if (!where.empty()) folders.push_back(where == "." ? "this folder" : where.string());
  const std::string variable = places.variable;
  const bool is_set = !place_of(places.variable).empty();
  return joined(folders) + " (" + variable + (is_set ? " is set" : " is not set") +
         "); give the folder's path" + (is_set ? "" : ", or set " + variable);
}

}  // namespace

fs::path default_work(const fs::path& dataset) {
  const fs::path below_here = data::default_work_folder(dataset).root;
  const fs::path works = works_of_variable();
  if (works.empty()) return below_here;
  require_folder(kPreprocessed);
  return works / below_here.filename();
}

void add_dataset_names(CLI::App& command) {
  for (const NamedOption& one : kOptions)
    if (auto* option = command.get_option_no_throw(one.name))
      option->transform(stands_for(one.places(), one.places == models));
}

std::string where_number_was_looked_for(const CLI::App& command, const std::string& value) {
  const std::string start = start_of_names(value);
  if (start.empty()) return "";
  for (const NamedOption& one : kOptions)
    if (is_given_as(command.get_option_no_throw(one.name), value))
      return "a number is looked for as " + start + "... in " + text_of(one.places());
  return "";
}

}  // namespace seg::app
