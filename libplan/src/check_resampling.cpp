#include "check_resampling.hpp"

#include <cmath>
#include <map>

#include "json_field.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/known_methods.hpp"

namespace seg::plan {
namespace {

/// What is wrong with the value of an argument; nothing if it can be used.
using CheckValue = std::string (*)(const Json& value);

std::string wrong_flag(const Json& value) {
  return value.is_boolean() ? "" : "it must be true or false";
}

std::string wrong_choice(const Json& value) {
  return value.is_boolean() || value.is_null() ? "" : "it must be true, false or null";
}

std::string wrong_order(const Json& value) {
  return value == 0 || value == 1 || value == 3 ? "" : "use 0, 1 or 3";
}

std::string wrong_threshold(const Json& value) {
  return value.is_number() && std::isfinite(value.get<double>()) ? "" : "it must be a number";
}

/// Neither decides what comes out: seg has its own threads and resamples on the CPU.
std::string wrong_thread_count(const Json& value) {
  return value.is_number_integer() && value > 0 ? "" : "it must be a whole number above 0";
}

std::string wrong_device(const Json& value) {
  return value.is_string() ? "" : "it must be a device such as \"cpu\"";
}

template <const auto& modes>
std::string wrong_mode(const Json& value) {
  return value.is_string() && is_one_of(value.get<std::string>(), modes) ? ""
                                                                         : "use " + joined(modes);
}

using Arguments = std::map<std::string, CheckValue>;

Arguments arguments_of(const std::string& function) {
  if (function == kNoResampling) return {};
  Arguments known{{"is_seg", wrong_flag}};
  if (function != "resample_torch_simple") {
    known["force_separate_z"] = wrong_choice;
    known["separate_z_anisotropy_threshold"] = wrong_threshold;
  }
  if (function == "resample_data_or_seg_to_shape") {
    known["order"] = known["order_z"] = wrong_order;
    return known;
  }
  known["num_threads"] = wrong_thread_count;
  known["device"] = wrong_device;
  known["memefficient_seg_resampling"] = wrong_flag;
  known["mode"] = wrong_mode<kVolumeModes>;
  if (function == "resample_torch_fornnunet") {
    known["mode"] = wrong_mode<kPlaneModes>;
    known["aniso_axis_mode"] = wrong_mode<kVolumeModes>;
  }
  return known;
}

void check_arguments(const Resampling& method, const std::string& source) {
  const Arguments known = arguments_of(method.function);
  for (const auto& [name, value] : method.arguments.items()) {
    if (!known.contains(name))
      throw Error(source, "\"" + name + "\" is no argument of " + method.function, "remove it");
    const std::string problem = known.at(name)(value);
    if (!problem.empty()) throw Error(source, "\"" + name + "\" is " + value.dump(), problem);
  }
}

void check_method(const Resampling& method, const std::string& key, const std::string& source) {
  if (!is_one_of(method.function, kResamplingFunctions))
    throw Error(source, "\"" + key + "\" is \"" + method.function + "\", which is not known",
                "use " + joined(kResamplingFunctions));
  check_arguments(method, source + ", " + key + "_kwargs");
}

/// Splines take labels to be whole numbers, which images and logits are not.
void check_no_labels(const Resampling& method, const std::string& key, const std::string& source) {
  if (method.function == "resample_data_or_seg_to_shape" && method.arguments.value("is_seg", false))
    throw Error(source, "\"is_seg\" is true in \"" + key + "_kwargs\"",
                "set it to false: only resampling_fn_seg is for labels");
}

}  // namespace

void check_resampling(const Configuration& configuration, const std::string& source) {
  const Resampling& data = configuration.resampling_data;
  check_method(data, "resampling_fn_data", source);
  check_no_labels(data, "resampling_fn_data", source);
  for (const auto& [key, method] : std::map<std::string, const Resampling&>{
           {"resampling_fn_seg", configuration.resampling_seg},
           {"resampling_fn_probabilities", configuration.resampling_probabilities}}) {
    check_method(method, key, source);
    if ((method.function == kNoResampling) != (data.function == kNoResampling))
      throw Error(source,
                  "\"" + key + "\" is \"" + method.function +
                      "\", but \"resampling_fn_data\" is \"" + data.function + "\"",
                  "either all three keep the size of the arrays or none");
  }
  check_no_labels(configuration.resampling_probabilities, "resampling_fn_probabilities", source);
}

}  // namespace seg::plan
