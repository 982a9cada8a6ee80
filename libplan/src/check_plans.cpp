#include "check_plans.hpp"

#include <algorithm>
#include <cmath>

#include "check_resampling.hpp"
#include "json_field.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/known_methods.hpp"

namespace seg::plan {
namespace {

bool is_order_of_axes(std::array<int, 3> axes) {
  std::ranges::sort(axes);
  return axes == std::array{0, 1, 2};
}

void check_order(const Plans& plans, const char* key, const std::array<int, 3>& axes) {
  if (!is_order_of_axes(axes))
    throw Error(plans.source, std::string(key) + " is " + Json(axes).dump(),
                "it must name each of the axes 0, 1 and 2 once");
}

/// "KEY" is VALUE, shortened.
std::string entry_text(const std::string& key, const Json& object) {
  constexpr std::size_t kLongest = 100;
  const std::string value = object.value(key, Json()).dump();
  return "\"" + key + "\" is " +
         (value.size() > kLongest ? value.substr(0, kLongest) + "..." : value);
}

/// A configuration under check, with the name that errors give it.
struct Checked {
  const Configuration& configuration;
  std::string source;

  std::size_t axes() const { return configuration.patch_size.size(); }

  void require(bool holds, const std::string& key, const std::string& expected) const {
    if (!holds) throw Error(source, entry_text(key, configuration.json), expected);
  }
};

void check_numbers(const Checked& checked) {
  const Configuration& configuration = checked.configuration;
  const auto above_zero = [](auto value) {
    return std::isfinite(static_cast<double>(value)) && value > 0;
  };
  checked.require(configuration.batch_size >= 1, "batch_size", "it must be 1 or more");
  checked.require(checked.axes() == 2 || checked.axes() == 3, "patch_size",
                  "it must have two or three axes");
  checked.require(std::ranges::all_of(configuration.patch_size, above_zero), "patch_size",
                  "every axis must be above 0");
  checked.require(configuration.spacing.size() == checked.axes(), "spacing",
                  "it must have as many axes as patch_size, " + std::to_string(checked.axes()));
  checked.require(std::ranges::all_of(configuration.spacing, above_zero), "spacing",
                  "every axis must be a number of millimetres above 0");
}

/// Names that become those of folders.
void check_name(const std::string& name, const std::string& key, const std::string& source) {
  if (!is_plain_name(name))
    throw Error(source, "\"" + key + "\" is " + Json(name).dump(),
                "it must be the name of a folder, without / and \\ and a dot in front");
}

void check_normalization(const Checked& checked, const Plans& plans) {
  const auto& schemes = checked.configuration.normalization_schemes;
  const auto& use_mask = checked.configuration.use_mask_for_norm;
  checked.require(use_mask.size() == schemes.size(), "use_mask_for_norm",
                  "it must have an entry for each of the " + std::to_string(schemes.size()) +
                      " normalization_schemes");
  for (const std::string& scheme : schemes)
    checked.require(is_one_of(scheme, kNormalizationSchemes), "normalization_schemes",
                    "\"" + scheme + "\" is not known; use " + joined(kNormalizationSchemes));
  if (plans.intensities.size() < schemes.size())
    throw Error(plans.source,
                "\"foreground_intensity_properties_per_channel\" has no entry \"" +
                    std::to_string(plans.intensities.size()) + "\"",
                "it must have one for each channel of normalization_schemes");
}

/// Classes that nnU-Net looks up by their names; seg has its own alone.
void check_class(const Json& json, const std::string& key, const std::string& only,
                 const std::string& source) {
  if (json.contains(key) && json[key] != only)
    throw Error(source, entry_text(key, json),
                "seg has " + only + " alone; predict with the program that has the other one");
}

/// A name, or several as nnU-Net's next_stage may have them.
void check_stages(const Checked& checked, const Plans& plans) {
  const std::vector<std::string> known = plans.configuration_names();
  for (const std::string key : {"previous_stage", "next_stage"}) {
    const Json value = checked.configuration.json.value(key, Json());
    for (const Json& name : value.is_array() ? value : Json::array({value}))
      checked.require(name.is_null() || is_one_of(name.get<std::string>(), known), key,
                      "the configurations are " + joined(known));
  }
}

/// The arguments of nnU-Net's U-Nets; a single number stands for a list of equal ones.
class UNetArguments {
 public:
  UNetArguments(const Checked& checked)
      : json_(checked.configuration.architecture.arguments),
        source_(checked.source + ", architecture, arch_kwargs"),
        patch_(checked.configuration.patch_size) {}

  void check() const {
    require(json_.contains("n_stages") && is_count(json_["n_stages"]), "n_stages",
            "it must be a whole number above 0");
    const auto stages = json_["n_stages"].get<std::size_t>();
    for (const char* key : {"features_per_stage", "n_conv_per_stage", "n_blocks_per_stage"})
      check_list(key, stages, std::to_string(stages) + " entries, one for each stage");
    check_list("n_conv_per_stage_decoder", stages - 1,
               std::to_string(stages - 1) + " entries, one for each stage but the last");
    for (const char* key : {"kernel_sizes", "strides"}) check_sizes(key, stages);
    check_conv_op();
    check_strides(stages);
  }

 private:
  static bool is_count(const Json& value) {
    return value.is_number_integer() && value.get<std::int64_t>() > 0;
  }

  void require(bool holds, const std::string& key, const std::string& expected) const {
    if (!holds) throw Error(source_, entry_text(key, json_), expected);
  }

  void check_list(const std::string& key, std::size_t count, const std::string& expected) const {
    if (!json_.contains(key)) return;
    const Json& value = json_[key];
    require(!value.is_array() || value.size() == count, key, "it must have " + expected);
    for (const Json& entry : value.is_array() ? value : Json::array({value}))
      require(is_count(entry), key, "it must hold whole numbers above 0");
  }

  void check_sizes(const std::string& key, std::size_t stages) const {
    const Json& value = json_.value(key, Json());
    require(!value.is_array() || value.size() == stages, key,
            "it must have " + std::to_string(stages) + " entries, one for each stage");
    for (const Json& stage : value.is_array() ? value : Json::array({value})) {
      require(!stage.is_array() || stage.size() == patch_.size(), key,
              "an entry must have as many axes as patch_size, " + std::to_string(patch_.size()));
      for (const Json& size : stage.is_array() ? stage : Json::array({stage}))
        require(is_count(size), key, "it must hold whole numbers above 0");
    }
  }

  void check_conv_op() const {
    const auto name = json_.value("conv_op", Json());
    require(name.is_string() &&
                name.get<std::string>().ends_with("Conv" + std::to_string(patch_.size()) + "d"),
            "conv_op", "patch_size has " + std::to_string(patch_.size()) + " axes");
  }

  std::int64_t stride(std::size_t stage, std::size_t axis) const {
    const Json& value = json_["strides"];
    const Json& of_stage = value.is_array() ? value[stage] : value;
    return (of_stage.is_array() ? of_stage[axis] : of_stage).get<std::int64_t>();
  }

  /// The decoder undoes every stride but the first.
  void check_strides(std::size_t stages) const {
    for (std::size_t axis = 0; axis < patch_.size(); ++axis) {
      require(stride(0, axis) == 1, "strides",
              "the first stage must not make the patch smaller, because nothing enlarges it again");
      std::int64_t total = 1;
      for (std::size_t stage = 0; stage < stages; ++stage) total *= stride(stage, axis);
      require(patch_[axis] % total == 0, "strides",
              "they make axis " + std::to_string(axis) + " of patch_size " + Json(patch_).dump() +
                  " smaller by " + std::to_string(total) + ", which must divide it");
    }
  }

  const Json& json_;
  std::string source_;
  const std::vector<std::int64_t>& patch_;
};

bool is_nnunet_unet(const std::string& class_name) {
  const std::string name = class_name.substr(class_name.rfind('.') + 1);
  return name == "PlainConvUNet" || name == "ResidualEncoderUNet";
}

}  // namespace

void check_plans(const Plans& plans) {
  check_name(plans.plans_name, "plans_name", plans.source);
  check_class(plans.json, "label_manager", "LabelManager", plans.source);
  const auto &forward = plans.transpose_forward, &backward = plans.transpose_backward;
  check_order(plans, "transpose_forward", forward);
  check_order(plans, "transpose_backward", backward);
  for (int axis = 0; axis < 3; ++axis)
    if (backward[forward[axis]] != axis)
      throw Error(plans.source,
                  "transpose_backward " + Json(backward).dump() +
                      " does not undo transpose_forward " + Json(forward).dump(),
                  "correct the one that was edited");
}

void check_configuration(const Configuration& configuration, const Plans& plans) {
  const Checked checked{configuration, plans.source + ", configuration " + configuration.name};
  check_name(configuration.name, "name", checked.source);
  check_name(configuration.data_identifier, "data_identifier", checked.source);
  check_class(configuration.json, "preprocessor_name", "DefaultPreprocessor", checked.source);
  check_numbers(checked);
  check_normalization(checked, plans);
  check_resampling(configuration, checked.source);
  check_stages(checked, plans);
  if (is_nnunet_unet(configuration.architecture.class_name)) UNetArguments(checked).check();
}

}  // namespace seg::plan
