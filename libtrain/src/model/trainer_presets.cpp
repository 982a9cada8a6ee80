#include "seg/train/trainer_presets.hpp"

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

}  // namespace

std::vector<std::string> trainer_names() {
  std::vector<std::string> names;
  const Json presets = built_in_config("trainers");
  for (const auto& [name, settings] : presets.items()) names.push_back(name);
  return names;
}

void check_trainer(const std::string& trainer) {
  if (!built_in_config("trainers").contains(trainer))
    throw Error("trainer \"" + trainer + "\"", "is not known",
                "there are " + joined(trainer_names()));
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
