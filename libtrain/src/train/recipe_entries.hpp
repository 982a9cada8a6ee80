#pragma once

#include <type_traits>

#include "seg/train/recipe.hpp"

namespace seg::train {

/// Calls visit(name, entry) for every entry of a recipe but its augmentation table, for which
/// libdata has the same function.
template <class R, class Visit>
requires std::is_same_v<std::remove_const_t<R>, Recipe>
void for_each_entry(R& recipe, const Visit& visit) {
  visit("epochs", recipe.epochs);
  visit("iterations", recipe.iterations);
  visit("val_iterations", recipe.val_iterations);
  visit("batch_size", recipe.batch_size);
  visit("seed", recipe.seed);
  visit("optimizer", recipe.optimizer);
  visit("learning_rate", recipe.learning_rate);
  visit("weight_decay", recipe.weight_decay);
  visit("momentum", recipe.momentum);
  visit("epsilon", recipe.epsilon);
  visit("amsgrad", recipe.amsgrad);
  visit("schedule", recipe.schedule);
  visit("warm_up_epochs", recipe.warm_up_epochs);
  visit("loss", recipe.loss);
  visit("dice_smoothing", recipe.dice_smoothing);
  visit("foreground_fraction", recipe.foreground_fraction);
  visit("mirroring", recipe.mirroring);
  visit("deep_supervision", recipe.deep_supervision);
  visit("head_lr_factor", recipe.head_lr_factor);
  visit("freeze", recipe.freeze);
  visit("save_every", recipe.save_every);
  visit("cuda_graphs", recipe.cuda_graphs);
  visit("cudnn_benchmark", recipe.cudnn_benchmark);
}

inline const char* expected_of(std::int64_t) { return "a whole number"; }
inline const char* expected_of(std::uint64_t) { return "a whole number that is not negative"; }
inline const char* expected_of(const std::optional<std::int64_t>&) { return "a number or null"; }
inline const char* expected_of(double) { return "a number"; }
inline const char* expected_of(bool) { return "true or false"; }
inline const char* expected_of(const std::string&) { return "a text"; }
inline const char* expected_of(const std::vector<std::string>&) { return "a list of texts"; }
inline const char* expected_of(const data::Range&) { return "[lowest, highest]"; }

// @returns false for a value of another type.
inline bool read_entry(const Json& json, std::int64_t& entry) {
  if (json.is_number_integer()) entry = json.get<std::int64_t>();
  return json.is_number_integer();
}
inline bool read_entry(const Json& json, std::uint64_t& entry) {
  const bool right = json.is_number_unsigned() || (json.is_number_integer() && json >= 0);
  if (right) entry = json.get<std::uint64_t>();
  return right;
}
inline bool read_entry(const Json& json, std::optional<std::int64_t>& entry) {
  entry.reset();
  return json.is_null() || read_entry(json, entry.emplace());
}
inline bool read_entry(const Json& json, double& entry) {
  if (json.is_number()) entry = json.get<double>();
  return json.is_number();
}
inline bool read_entry(const Json& json, bool& entry) {
  if (json.is_boolean()) entry = json.get<bool>();
  return json.is_boolean();
}
inline bool read_entry(const Json& json, std::string& entry) {
  if (json.is_string()) entry = json.get<std::string>();
  return json.is_string();
}
inline bool read_entry(const Json& json, std::vector<std::string>& entry) {
  if (!json.is_array()) return false;
  entry.clear();
  for (const auto& text : json)
    if (!read_entry(text, entry.emplace_back())) return false;
  return true;
}
inline bool read_entry(const Json& json, data::Range& entry) {
  return json.is_array() && json.size() == 2 && read_entry(json[0], entry.low) &&
         read_entry(json[1], entry.high) && entry.low <= entry.high;
}

inline Json json_of_entry(const data::Range& range) { return {range.low, range.high}; }
inline Json json_of_entry(const std::optional<std::int64_t>& number) {
  return number ? Json(*number) : Json();
}
template <class Entry>
Json json_of_entry(const Entry& entry) {
  return entry;
}

}  // namespace seg::train
