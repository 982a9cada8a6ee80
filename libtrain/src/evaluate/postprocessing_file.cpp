#include <algorithm>
#include <cmath>

#include "base/json_value.hpp"
#include "base/sorted_entries.hpp"
#include "predict/filled_folder.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/train/postprocess.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

constexpr const char* module_name = "nnunetv2.postprocessing.remove_connected_components.";
constexpr const char* function_name = "remove_all_but_largest_component_from_segmentation";

Json summary_means(const Json& summary) {
  return {{"foreground_mean", summary.at("foreground_mean")}, {"mean", summary.at("mean")}};
}

/// nnU-Net has a number for a label and a list for several or for a region.
Json labels_to_json(const KeepLargest& step, const plan::Labels& labels) {
  const auto classes = labels.foreground();
  const auto found = std::ranges::find(classes, step.labels);
  const auto number = static_cast<std::size_t>(found - classes.begin());
  const bool plain = classes.size() > 1 && found != classes.end() &&
                     !labels.foreground_keys.at(number).starts_with("(");
  return plain ? Json(step.labels.front()) : Json(step.labels);
}

net::Value to_value(const Json& decision) {
  const net::Value function{net::Value::Opaque{std::string(module_name) + function_name}};
  const net::Value functions{net::Value::List(decision.at("postprocessing_fns").size(), function)};
  return {net::Value::List{functions, value_of(decision.at("postprocessing_kwargs"))}};
}

KeepLargest step_from_json(const Json& arguments) {
  const Json& labels = arguments.at("labels_or_regions");
  if (!labels.is_array()) return {{labels.get<int>()}};
  KeepLargest step;
  for (const Json& entry : labels) {
    const auto values =
        entry.is_array() ? entry.get<std::vector<int>>() : std::vector<int>{entry.get<int>()};
    step.labels.insert(step.labels.end(), values.begin(), values.end());
  }
  return step;
}

std::vector<KeepLargest> steps_from_json(const Json& functions, const Json& arguments) {
  std::vector<KeepLargest> steps;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (!functions.at(i).get<std::string>().ends_with(function_name))
      throw std::invalid_argument("it has the step " + functions.at(i).dump() +
                                  ", which seg does not know");
    steps.push_back(step_from_json(arguments.at(i)));
  }
  return steps;
}

/// Functions of a pickle by their names.
Json function_names(const net::Value& functions) {
  Json names = Json::array();
  for (const auto& function : functions.as<net::Value::List>("functions")) {
    const auto* known = std::get_if<net::Value::Opaque>(&function.data);
    names.push_back(known ? known->what : "without a name");
  }
  return names;
}

std::vector<KeepLargest> steps_from_pickle(const fs::path& file) {
  const net::Value content = net::read_checkpoint(file);
  const auto& parts = content.as<net::Value::List>("steps");
  return steps_from_json(function_names(parts.at(0)), json_of(parts.at(1)));
}

std::vector<KeepLargest> read_steps(const fs::path& file) {
  if (has_ending(file, ".pkl")) return steps_from_pickle(file);
  const Json json = read_json(file);
  return steps_from_json(json.at("postprocessing_fns"), json.at("postprocessing_kwargs"));
}

Error no_decision(const fs::path& file, const std::string& reason) {
  return {file.string(), "is no decision on post-processing (" + reason + ")",
          "give the postprocessing.json that selecting or deciding by references wrote"};
}

/// Not anything else of that name.
bool is_decision(const fs::path& file) {
  try {
    read_postprocessing(file);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool is_undefined(const Json& value) {
  return value.is_null() || (value.is_number() && std::isnan(value.get<double>()));
}

/// Whether all numbers of a summary are in another one, too. Files may be named otherwise there.
bool has_all_of(const Json& summary, const Json& other) {
  if (other.is_object())
    return summary.is_object() && std::ranges::all_of(other.items(), [&](const auto& entry) {
             return summary.contains(entry.key()) &&
                    has_all_of(summary.at(entry.key()), entry.value());
           });
  if (other.is_array()) return summary.is_array() && std::ranges::equal(summary, other, has_all_of);
  if (other.is_string()) return summary.is_string();
  return summary == other || (is_undefined(summary) && is_undefined(other));
}

/// An evaluation that measured more is left as it is, but for its time: it is of these label maps.
void write_summary(const fs::path& file, const Json& summary) {
  const Json there = read_record(file);
  if (!has_all_of(there, summary) || has_all_of(summary, there)) return write_json(file, summary);
  std::error_code of_others;
  fs::last_write_time(file, fs::file_time_type::clock::now(), of_others);
}

}  // namespace

Json to_json(const PostprocessingDecision& decision, const plan::Labels& labels) {
  Json functions = Json::array(), arguments = Json::array();
  for (const KeepLargest& step : decision.steps) {
    functions.push_back(function_name);
    arguments.push_back({{"labels_or_regions", labels_to_json(step, labels)}});
  }
  return {{"input_folder", summary_means(decision.before)},
          {"postprocessed", summary_means(decision.after)},
          {"postprocessing_fns", functions},
          {"postprocessing_kwargs", arguments}};
}

std::vector<KeepLargest> read_postprocessing(const fs::path& file) {
  try {
    return read_steps(file);
  } catch (const Json::exception&) {
    throw no_decision(file, "entries are missing");
  } catch (const std::out_of_range&) {
    throw no_decision(file, "entries are missing");
  } catch (const std::invalid_argument& error) {
    throw no_decision(file, error.what());
  }
}

std::vector<std::string> decision_intentions(const ComparedFolders& folders,
                                             const Reporter& reporter) {
  ComparedFolders checked = folders;
  checked.options.allow_missing = true;  // nnU-Net decides with the cases that are there
  check_folders(checked, reporter);
  std::vector<std::string> lines;
  for (const char* name :
       {"postprocessed", "summary.json", "postprocessing.pkl", "postprocessing.json"})
    lines.push_back(to_write(folders.prediction / name));
  return lines;
}

void refuse_to_replace_decision(const fs::path& predictions, const fs::path& reference) {
  refuse_to_replace_others({predictions / "summary.json", {}, {predictions}, reference});
  for (const char* name : {"postprocessing.json", "postprocessing.pkl"})
    if (fs::exists(predictions / name) && !is_decision(predictions / name))
      throw would_be_replaced(predictions / name, "is there already, and no decision of seg's");
  const fs::path output = predictions / "postprocessed";
  if (!sorted_entries(output).empty() && !is_filled_by(kPostprocessing, output))
    throw would_be_replaced(output, "is there already, and not what seg post-processed");
}

PostprocessingDecision determine_postprocessing(const ComparedFolders& folders,
                                                const Reporter& reporter) {
  const PostprocessingDecision decision = decide_postprocessing(folders, reporter);
  const fs::path output = folders.prediction / "postprocessed";
  fs::remove_all(output);
  postprocess_folder(folders.prediction, output, decision.steps, folders.options, reporter);
  EvaluateOptions options = folders.options;
  options.allow_missing = true;  // nnU-Net decides with the cases that are there
  evaluate_folder({output, folders.reference, folders.labels, options}, output / "summary.json",
                  reporter);
  const Json json = to_json(decision, folders.labels);
  write_summary(folders.prediction / "summary.json", decision.before);
  net::write_pickle(folders.prediction / "postprocessing.pkl", to_value(json));
  write_json(folders.prediction / "postprocessing.json", json);
  return decision;
}

}  // namespace seg::train
