#include "report/plan_content.hpp"

#include <sstream>

#include "seg/data/plan_dataset.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/plans.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

std::string text_of(double number) {
  std::ostringstream text;
  text << number;  // six significant digits, no zeros behind
  return text.str();
}

template <typename Numbers>
std::string product(const Numbers& numbers) {
  std::vector<std::string> texts;
  for (const auto number : numbers) texts.push_back(text_of(static_cast<double>(number)));
  return joined(texts, " × ");
}

/// Of a list of numbers or of lists of numbers, such as strides.
std::string list_text(const Json& list) {
  if (!list.is_array()) return list.is_string() ? list.get<std::string>() : list.dump();
  std::vector<std::string> texts;
  for (const Json& one : list) {
    std::vector<std::string> inner;
    if (one.is_array())
      for (const Json& number : one) inner.push_back(number.dump());
    texts.push_back(one.is_array() ? joined(inner, "×") : one.dump());
  }
  return joined(texts, "  ");
}

std::string short_class(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

Json rows_of(const plan::Configuration& one) {
  Json rows = Json::array();
  const auto row = [&](const std::string& what, const std::string& text) {
    if (!text.empty()) rows.push_back({what, text});
  };
  row("Patch size (voxels)", product(one.patch_size));
  row("Batch size", std::to_string(one.batch_size));
  row("Spacing (mm)", product(one.spacing));
  row("Median image (voxels)", product(one.median_image_size_in_voxels));
  row("Normalisation", joined(one.normalization_schemes));
  row("Network", short_class(one.architecture.class_name));
  for (const auto& [key, what] :
       {std::pair("n_stages", "Stages"), std::pair("features_per_stage", "Features of the stages"),
        std::pair("strides", "Strides"), std::pair("kernel_sizes", "Kernels")})
    if (one.architecture.arguments.contains(key))
      row(what, list_text(one.architecture.arguments.at(key)));
  row("Dice loss over", one.batch_dice ? "the batch" : "each sample");
  row("Resampling", one.resampling_data.function);
  if (one.previous_stage) row("Follows", *one.previous_stage);
  return rows;
}

Json configurations_of(const plan::Plans& plans, const fs::path& file, Notices& notices) {
  Json list = Json::array();
  for (const std::string& name : plans.configuration_names())
    notices.guard(file, [&] {
      list.push_back({{"name", name}, {"rows", rows_of(plans.configuration(name))}});
    });
  return list;
}

/// Lines that planning left in its record, if these are the plans that it is about.
Json reasons_for(const fs::path& file, const ReportSources& sources, Notices& notices) {
  if (!sources.work) return Json::array();
  const Json record = read_if_there(data::plan_record(*sources.work, file), notices);
  if (!record.is_object() || !record.contains("explanation")) return Json::array();
  return record.at("explanation");
}

Json plans_entry(const fs::path& file, const ReportSources& sources, Notices& notices) {
  const plan::Plans plans = plan::read_plans(file);
  return {{"name", plans.plans_name},
          {"file", file.filename().string()},
          {"planner", plans.json.value("experiment_planner_used", Json())},
          {"reader", plans.image_reader_writer},
          {"configurations", configurations_of(plans, file, notices)},
          {"why", reasons_for(file, sources, notices)}};
}

}  // namespace

Json dataset_content(const ReportSources& sources) {
  if (!sources.dataset) return {};
  const plan::Dataset& dataset = *sources.dataset;
  Json labels = Json::array();
  for (const plan::LabelEntry& label : dataset.labels)
    labels.push_back({{"name", label.name}, {"values", label.values}});
  return {{"name", dataset.name},
          {"channels", dataset.channel_names},
          {"labels", labels},
          {"cases", dataset.training_cases},
          {"file_ending", dataset.file_ending}};
}

Json plans_content(const ReportSources& sources, Notices& notices) {
  Json list = Json::array();
  for (const fs::path& file : sources.plans)
    notices.guard(file, [&] { list.push_back(plans_entry(file, sources, notices)); });
  return list;
}

}  // namespace seg::train
