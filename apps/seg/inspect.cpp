#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "configurations_json.hpp"
#include "inspect_checkpoint.hpp"
#include "json_result.hpp"
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

/// The smallest, the largest and the mean value, or nothing.
Json range_of(const at::Tensor& values) {
  if (values.numel() == 0) return {};
  const at::Tensor numbers = values.to(at::kDouble);
  return {{"minimum", numbers.min().item<double>()},
          {"maximum", numbers.max().item<double>()},
          {"mean", numbers.mean().item<double>()}};
}

std::string range_text(const Json& range) {
  if (range.is_null()) return "empty";
  const auto text = [&](const char* name) { return number_text(range.at(name).get<double>(), 3); };
  return text("minimum") + " to " + text("maximum") + ", mean " + text("mean");
}

Description describe_dataset(const plan::Dataset& dataset) {
  Table table{{"dataset", dataset.name}, {"channels", list_text(dataset.channel_names)}};
  Json labels = Json::object();
  for (const auto& label : dataset.labels) {
    table.push_back({"label " + label.name, list_text(label.values)});
    labels[label.name] = label.values;
  }
  table.push_back({"training cases", std::to_string(dataset.training_cases)});
  table.push_back({"file ending", dataset.file_ending});
  return {{{"kind", "dataset"},
           {"name", dataset.name},
           {"channels", dataset.channel_names},
           {"labels", labels},
           {"training_cases", dataset.training_cases},
           {"file_ending", dataset.file_ending}},
          table};
}

Description describe_plans(const plan::Plans& plans) {
  Table table{{"plans", "patch", "batch", "spacing in mm", "network"}};
  for (const std::string& name : plans.configuration_names()) {
    const plan::Configuration configuration = plans.configuration(name);
    table.push_back({name, list_text(configuration.patch_size),
                     std::to_string(configuration.batch_size), list_text(configuration.spacing),
                     configuration.architecture.class_name});
  }
  return {{{"kind", "plans"},
           {"plans_name", plans.plans_name},
           {"configurations", configurations_json(plans)}},
          table};
}

Description describe_fingerprint(const plan::Fingerprint& fingerprint) {
  Table table{{"channel", "mean", "std", "0.5 %", "99.5 %"}};
  Json channels = Json::array();
  for (const auto& channel : fingerprint.intensities) {
    table.push_back({std::to_string(channels.size()), number_text(channel.mean, 2),
                     number_text(channel.std, 2), number_text(channel.percentile_00_5, 2),
                     number_text(channel.percentile_99_5, 2)});
    channels.push_back({{"mean", channel.mean},
                        {"std", channel.std},
                        {"percentile_00_5", channel.percentile_00_5},
                        {"percentile_99_5", channel.percentile_99_5}});
  }
  const std::size_t cases = fingerprint.spacings.size();
  table.push_back({"cases", std::to_string(cases)});
  return {{{"kind", "fingerprint"}, {"channels", channels}, {"cases", cases}}, table};
}

Description describe_json(const fs::path& file) {
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
  return {{{"kind", "json"}, {"content", json}}, table};
}

Description describe_array(const fs::path& file) {
  const at::Tensor array = data::map_npy(file);
  const std::string type = at::toString(array.scalar_type());
  const Json values = range_of(array);
  return {{{"kind", "array"}, {"shape", array.sizes().vec()}, {"type", type}, {"values", values}},
          {{"shape", list_text(array.sizes())}, {"type", type}, {"values", range_text(values)}}};
}

Description describe_image(const fs::path& file) {
  const data::Image image = data::read_image({file}, {}, terminal_reporter());
  const data::Geometry& geometry = image.geometry;
  const Json values = range_of(image.data);
  return {{{"kind", "image"},
           {"shape", image.data.sizes().vec()},
           {"spacing", geometry.array_spacing()},
           {"origin", geometry.origin},
           {"direction", geometry.direction},
           {"values", values}},
          {{"shape C Z Y X", list_text(image.data.sizes())},
           {"spacing Z Y X", list_text(geometry.array_spacing()) + " mm"},
           {"origin x y z", list_text(geometry.origin)},
           {"direction", list_text(geometry.direction)},
           {"values", range_text(values)}}};
}

Description describe_probabilities(const fs::path& file) {
  const at::Tensor array = train::read_probabilities(file);
  const Json values = range_of(array);
  return {{{"kind", "probabilities"}, {"shape", array.sizes().vec()}, {"values", values}},
          {{"probabilities C Z Y X", list_text(array.sizes())}, {"values", range_text(values)}}};
}

bool is_checkpoint(const fs::path& file) {
  for (const char* ending : {".pth", ".pt", ".model", ".pkl"})
    if (has_ending(file, ending)) return true;
  return false;
}

Description describe_folder(const fs::path& folder) {
  if (fs::exists(folder / "imagesTr") || !fs::exists(folder / "plans.json"))
    return describe_dataset(plan::read_dataset(folder));
  Description model = describe_json(folder / "plans.json");
  std::vector<std::string> folds;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("fold_"))
      folds.push_back(entry.path().filename().string());
  std::ranges::sort(folds);
  for (const std::string& fold : folds) model.table.push_back({fold});
  model.json["kind"] = "model";
  model.json["folds"] = folds;
  return model;
}

Description describe(const fs::path& file) {
  std::error_code unreadable;
  if (fs::symlink_status(file, unreadable).type() == fs::file_type::not_found)
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
  add_json(command);
  command.callback([file, &command] {
    const Description description = describe(*file);
    wants_json(command) ? print_json(description.json) : print_table(std::cout, description.table);
  });
}

}  // namespace seg::app
