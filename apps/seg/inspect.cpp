#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>

#include "commands.hpp"
#include "inspect_checkpoint.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/fingerprint.hpp"
#include "seg/plan/nearest_entry.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/plans.hpp"
#include "seg/train/probabilities.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

template <typename Values>
std::string list_text(const Values& values) {
  std::ostringstream text;
  for (const auto& value : values) text << (text.tellp() > 0 ? " " : "") << value;
  return text.str();
}

std::string range_text(const at::Tensor& values) {
  if (values.numel() == 0) return "empty";
  const at::Tensor numbers = values.to(at::kDouble);
  return number_text(numbers.min().item<double>(), 3) + " to " +
         number_text(numbers.max().item<double>(), 3) + ", mean " +
         number_text(numbers.mean().item<double>(), 3);
}

Table describe_dataset(const plan::Dataset& dataset) {
  Table table{{"dataset", dataset.name}, {"channels", list_text(dataset.channel_names)}};
  for (const auto& label : dataset.labels)
    table.push_back({"label " + label.name, list_text(label.values)});
  table.push_back({"training cases", std::to_string(dataset.training_cases)});
  table.push_back({"file ending", dataset.file_ending});
  return table;
}

Table describe_plans(const plan::Plans& plans) {
  Table table{{"plans", "patch", "batch", "spacing in mm", "network"}};
  for (const std::string& name : plans.configuration_names()) {
    const plan::Configuration configuration = plans.configuration(name);
    table.push_back({name, list_text(configuration.patch_size),
                     std::to_string(configuration.batch_size), list_text(configuration.spacing),
                     configuration.architecture.class_name});
  }
  return table;
}

Table describe_fingerprint(const plan::Fingerprint& fingerprint) {
  Table table{{"channel", "mean", "std", "0.5 %", "99.5 %"}};
  for (const auto& channel : fingerprint.intensities)
    table.push_back({std::to_string(table.size() - 1), number_text(channel.mean, 2),
                     number_text(channel.std, 2), number_text(channel.percentile_00_5, 2),
                     number_text(channel.percentile_99_5, 2)});
  table.push_back({"cases", std::to_string(fingerprint.spacings.size())});
  return table;
}

Table describe_json(const fs::path& file) {
  const Json json = read_json(file);
  if (json.contains("configurations"))
    return describe_plans(plan::plans_from_json(json, file.string()));
  if (json.contains("spacings"))
    return describe_fingerprint(plan::fingerprint_from_json(json, file.string()));
  if (json.contains("labels"))
    return describe_dataset(plan::dataset_from_json(
        json, fs::absolute(file).parent_path().filename().string(), file.string()));
  Table table{{"key", "value"}};
  for (const auto& [key, value] : json.items())
    table.push_back(
        {key, value.is_structured() ? std::to_string(value.size()) + " entries" : value.dump()});
  return table;
}

Table describe_array(const fs::path& file) {
  const at::Tensor array = data::map_npy(file);
  return {{"shape", list_text(array.sizes())},
          {"type", at::toString(array.scalar_type())},
          {"values", range_text(array)}};
}

Table describe_image(const fs::path& file) {
  const data::Image image = data::read_image({file}, {}, terminal_reporter());
  return {{"shape C Z Y X", list_text(image.data.sizes())},
          {"spacing Z Y X", list_text(image.geometry.array_spacing()) + " mm"},
          {"origin x y z", list_text(image.geometry.origin)},
          {"direction", list_text(image.geometry.direction)},
          {"values", range_text(image.data)}};
}

Table describe_probabilities(const fs::path& file) {
  const at::Tensor array = train::read_probabilities(file);
  return {{"probabilities C Z Y X", list_text(array.sizes())}, {"values", range_text(array)}};
}

bool is_checkpoint(const fs::path& file) {
  for (const char* ending : {".pth", ".pt", ".model", ".pkl"})
    if (has_ending(file, ending)) return true;
  return false;
}

Table describe_folder(const fs::path& folder) {
  if (fs::exists(folder / "imagesTr") || !fs::exists(folder / "plans.json"))
    return describe_dataset(plan::read_dataset(folder));
  Table table = describe_json(folder / "plans.json");
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("fold_"))
      table.push_back({entry.path().filename().string()});
  std::sort(table.begin() + 1, table.end());
  return table;
}

Table describe(const fs::path& file) {
  std::error_code unreadable;
  if (!fs::exists(fs::symlink_status(file, unreadable)))
    throw Error(ErrorKind::not_found,
                {file.string(), "there is no such file or folder", nearest_entry(file)});
  if (fs::is_directory(file) && !data::holds_dicom(file)) return describe_folder(file);
  if (has_ending(file, ".json")) return describe_json(file);
  if (has_ending(file, ".npy")) return describe_array(file);
  if (has_ending(file, ".npz")) return describe_probabilities(file);
  if (is_checkpoint(file)) return describe_checkpoint(file);
  return describe_image(file);
}

}  // namespace

void add_inspect_options(CLI::App& command) {
  command.footer("Example:\n  seg inspect seg_work/Dataset004_Hippocampus/plans.json");
  auto file = std::make_shared<fs::path>();
  command
      .add_option("FILE", *file,
                  "scan, label map, checkpoint, .npy, .npz, .json, or a folder with\n"
                  "a dataset, a model or a DICOM series")
      ->required();
  command.callback([file] { print_table(std::cout, describe(*file)); });
}

}  // namespace seg::app
