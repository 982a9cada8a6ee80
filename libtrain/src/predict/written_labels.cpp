#include "predict/written_labels.hpp"

#include <algorithm>
#include <cmath>

#include "predict/label_parts.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/letters_to_change.hpp"

namespace seg::train {
namespace {

namespace fs = std::filesystem;

bool is_background(const plan::LabelEntry& entry) {
  return std::ranges::all_of(entry.values, [](int value) { return value == 0; });
}

std::vector<NamedLabel> foreground_of(const plan::Dataset& dataset) {
  std::vector<NamedLabel> labels;
  for (const plan::LabelEntry& entry : dataset.labels)
    if (entry.name != "ignore" && !is_background(entry))
      labels.push_back({entry.name, entry.values});
  return labels;
}

std::string remedy_for(const std::vector<NamedLabel>& labels, const std::string& word) {
  std::vector<std::string> names;
  for (const NamedLabel& label : labels) names.push_back(label.name);
  const std::string nearest = nearest_word(word, names);
  return (nearest.empty() ? "" : "did you mean " + nearest + "? ") + "there are " + joined(names);
}

bool is_called(const NamedLabel& label, const std::string& word) {
  return label.name == word ||
         (label.values.size() == 1 && std::to_string(label.values.front()) == word);
}

/// Those that are named, in the order of `all`. A name is stronger than a number.
std::vector<NamedLabel> named(const std::vector<NamedLabel>& all, const std::string& setting,
                              const std::vector<std::string>& words) {
  std::vector<bool> taken(all.size());
  for (const std::string& word : words) {
    auto found = std::ranges::find(all, word, &NamedLabel::name);
    if (found == all.end())
      found = std::ranges::find_if(all,
                                   [&](const NamedLabel& label) { return is_called(label, word); });
    if (found == all.end())
      throw Error(SettingValue{setting, word}, "is no label of the model", remedy_for(all, word));
    taken[static_cast<std::size_t>(found - all.begin())] = true;
  }
  std::vector<NamedLabel> labels;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (taken[i]) labels.push_back(all[i]);
  return labels;
}

std::vector<int> values_of(const std::vector<NamedLabel>& labels) {
  std::vector<int> values;
  for (const NamedLabel& label : labels)
    values.insert(values.end(), label.values.begin(), label.values.end());
  return values;
}

/// What is done to a label that is not written would show nowhere.
void require_written(const std::vector<NamedLabel>& largest,
                     const std::vector<NamedLabel>& written) {
  const std::vector<int> kept = values_of(written);
  const auto is_kept = [&](int value) { return std::ranges::find(kept, value) != kept.end(); };
  for (const NamedLabel& label : largest)
    if (std::ranges::none_of(label.values, is_kept))
      throw Error(SettingValue{"largest", label.name}, "is not among the labels that are written",
                  "leave it out, or write that label, too");
}

void require_mask_names(const std::vector<NamedLabel>& labels) {
  for (const NamedLabel& label : labels)
    if (!is_plain_name(label.name))
      throw Error("the model's dataset.json",
                  "has a label \"" + label.name + "\", whose mask could not be a file of that name",
                  "choose other `labels`, or leave out `split_labels`");
}

Json names_of(const std::vector<NamedLabel>& labels) {
  Json names = Json::array();
  for (const NamedLabel& label : labels) names.push_back(label.name);
  return names;
}

double voxel_volume(const data::Geometry& geometry) {
  const auto& step = geometry.step();
  return step[0] * step[1] * step[2];
}

at::Tensor only(const at::Tensor& labels, const std::vector<NamedLabel>& kept) {
  return labels.masked_fill(~voxels_with(labels, values_of(kept)), 0);
}

}  // namespace

WrittenLabels written_labels(const PredictOptions& options, const plan::Dataset& dataset) {
  const std::vector<NamedLabel> all = foreground_of(dataset);
  WrittenLabels written{.labels = all,
                        .all = options.labels.empty(),
                        .split = options.split_labels,
                        .largest = {},
                        .remove_small = options.remove_small};
  if (!written.all) written.labels = named(all, "labels", options.labels);
  const bool each = std::ranges::find(options.largest, "all") != options.largest.end() &&
                    std::ranges::find(all, "all", &NamedLabel::name) == all.end();
  if (each && options.largest.size() > 1)
    throw Error(SettingValue{"largest", "all"}, "already means every label",
                "give all alone, or names");
  written.largest = each ? all : named(all, "largest", options.largest);
  if (!each) require_written(written.largest, written.labels);
  if (!(std::isfinite(options.remove_small) && options.remove_small >= 0))
    throw Error(SettingValue{"remove_small", std::to_string(options.remove_small)}, "is no volume",
                "give mm³");
  if (written.split) require_mask_names(written.labels);
  return written;
}

Json to_json(const WrittenLabels& written) {
  Json json = Json::object();
  if (!written.largest.empty()) json["largest"] = names_of(written.largest);
  if (written.remove_small > 0) json["remove_small"] = written.remove_small;
  if (!written.all) json["labels"] = names_of(written.labels);
  if (written.split) json["split_labels"] = true;
  return json;
}

at::Tensor chosen_labels(const at::Tensor& labels, const data::Geometry& geometry,
                         const WrittenLabels& written) {
  if (written.remove_small > 0 && geometry.dimensions != 3)
    throw Error("the scan", "is a slice, whose parts have no volume", "leave out `remove_small`");
  at::Tensor chosen = labels;
  for (const NamedLabel& label : written.largest) chosen = with_largest_part(chosen, label.values);
  const double voxels = written.remove_small / voxel_volume(geometry);
  if (written.remove_small > 0)
    for (const NamedLabel& label : written.labels)
      chosen = without_small_parts(chosen, label.values, voxels);
  return written.all ? chosen : only(chosen, written.labels);
}

std::vector<std::string> mask_names(const WrittenLabels& written, const std::string& ending) {
  std::vector<std::string> names;
  if (written.split)
    for (const NamedLabel& label : written.labels) names.push_back(label.name + ending);
  return names;
}

std::vector<fs::path> write_masks(const fs::path& folder, const std::string& ending,
                                  const data::Image& chosen, const WrittenLabels& written) {
  std::vector<fs::path> files;
  for (const NamedLabel& label : written.labels) {
    files.push_back(folder / (label.name + ending));
    data::write_label_map(files.back(), voxels_with(chosen.data, label.values).to(at::kShort),
                          chosen.geometry);
  }
  return files;
}

}  // namespace seg::train
