#include "seg/train/trainer_presets.hpp"

#include <algorithm>

#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::train {
namespace {

constexpr char kLike[] = "like";

/// An entry upon the one that it is like.
Json completed(const Json& presets, const std::string& trainer) {
  const Json& entry = presets.at(trainer);
  if (!entry.contains(kLike)) return entry;
  Json whole = completed(presets, entry.at(kLike).get<std::string>());
  whole.merge_patch(entry);
  whole.erase(kLike);
  return whole;
}

bool is_letter_or_digit(char sign) {
  return (sign >= '0' && sign <= '9') || (sign >= 'a' && sign <= 'z') ||
         (sign >= 'A' && sign <= 'Z');
}

bool can_name_a_run(const std::string& name) {
  const auto allowed = [](char sign) {
    return is_letter_or_digit(sign) || sign == '.' || sign == '-' || sign == '_';
  };
  return std::ranges::all_of(name, allowed) && is_letter_or_digit(name.front()) &&
         is_letter_or_digit(name.back()) && name.find("__") == std::string::npos;
}

}  // namespace

std::vector<std::string> trainer_names() {
  std::vector<std::string> names;
  const Json presets = built_in_config("trainers");
  for (const auto& [name, settings] : presets.items()) names.push_back(name);
  return names;
}

void check_trainer(const std::string& trainer) {
  if (!built_in_config("trainers").contains(trainer))
    throw Error(SettingValue{"trainer", trainer}, "is not known",
                "there are " + joined(trainer_names()));
}

std::string trainer_in_folder(const std::string& trainer, const std::string& name) {
  if (name.empty()) return trainer;
  if (!can_name_a_run(name))
    throw Error(SettingValue{"name", name}, "cannot name a run",
                "use letters, digits, '.', '-' and single '_', a letter or digit first and last");
  return trainer + "-" + name;
}

Json trainer_settings(const std::string& trainer, std::size_t axes) {
  check_trainer(trainer);
  const Json presets = built_in_config("trainers");
  Json settings = completed(presets, trainer);
  const Json only_2d = settings.value("2d", Json::object());
  settings.erase("2d");
  if (axes == 2) settings.merge_patch(only_2d);
  return settings;
}

}  // namespace seg::train
