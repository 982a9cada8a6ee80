#include "seg/plan/labels.hpp"

#include <algorithm>
#include <set>

#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::plan {
namespace {

bool is_background(const LabelEntry& entry) {
  return std::ranges::all_of(entry.values, [](int value) { return value == 0; });
}

bool has_regions(const Dataset& dataset) {
  return std::ranges::any_of(dataset.labels,
                             [](const auto& entry) { return entry.values.size() > 1; });
}

const LabelEntry* find(const Dataset& dataset, const std::string& name) {
  const auto entry = std::ranges::find(dataset.labels, name, &LabelEntry::name);
  return entry == dataset.labels.end() ? nullptr : &*entry;
}

std::vector<LabelEntry> without_ignore(const Dataset& dataset) {
  std::vector<LabelEntry> entries = dataset.labels;
  std::erase_if(entries, [](const auto& entry) { return entry.name == "ignore"; });
  return entries;
}

std::vector<LabelEntry> regions_of(const Dataset& dataset) {
  std::vector<LabelEntry> regions = without_ignore(dataset);
  std::erase_if(regions, is_background);
  return regions;
}

std::vector<int> all_values(const Dataset& dataset) {
  std::set<int> values;
  for (const auto& entry : without_ignore(dataset))
    values.insert(entry.values.begin(), entry.values.end());
  return {values.begin(), values.end()};
}

std::string name_of(const Dataset& dataset, int value) {
  const auto entry = std::ranges::find_if(
      dataset.labels, [&](const auto& label) { return label.values == std::vector{value}; });
  return entry->name;
}

// As Python writes a number or a tuple.
std::string key_of(const LabelEntry& entry) {
  if (!entry.is_list) return std::to_string(entry.values.front());
  std::vector<std::string> numbers;
  for (const int value : entry.values) numbers.push_back(std::to_string(value));
  return std::string("(").append(joined(numbers)).append(numbers.size() == 1 ? ",)" : ")");
}

void check_background(const Dataset& dataset, const std::string& source) {
  const LabelEntry* background = find(dataset, "background");
  if (!background)
    throw Error(source, "labels have no \"background\"", "add \"background\": 0 to labels");
  if (background->values != std::vector{0})
    throw Error(source, "the label \"background\" is not 0", "set \"background\": 0");
}

void check_regions(const Dataset& dataset, const std::string& source) {
  if (!has_regions(dataset)) return;
  const std::size_t regions = regions_of(dataset).size();
  if (dataset.regions_class_order.size() != regions)
    throw Error(source,
                "there are " + std::to_string(regions) + " regions but regions_class_order has " +
                    std::to_string(dataset.regions_class_order.size()) + " entries",
                "give the label to write for each region, in the order of labels");
}

void check_ignore(const Dataset& dataset, const std::string& source) {
  const LabelEntry* ignore = find(dataset, "ignore");
  if (!ignore) return;
  const std::vector<int> others = all_values(dataset);
  const int expected = others.back() + 1;
  if (!ignore->is_list && ignore->values == std::vector{expected}) return;
  const bool has_gap = static_cast<std::size_t>(expected) != others.size();
  throw Error(source, "the label \"ignore\" is not the number one above the highest label",
              has_gap ? "number the other labels 0, 1, 2, ..., in the label maps, too, and "
                        "\"ignore\" after them"
                      : "set \"ignore\": " + std::to_string(expected));
}

}  // namespace

void check_labels(const Dataset& dataset, const std::string& source) {
  for (const auto& entry : dataset.labels)
    if (entry.values.empty() || std::ranges::min(entry.values) < 0)
      throw Error(source, "the label \"" + entry.name + "\" has no value or a negative one",
                  "give it whole numbers from 0");
  check_background(dataset, source);
  check_regions(dataset, source);
  check_ignore(dataset, source);
}

std::vector<std::vector<int>> Labels::foreground() const {
  if (has_regions()) return regions;
  std::vector<std::vector<int>> classes;
  for (const int label : all)
    if (label != 0) classes.push_back({label});
  return classes;
}

int Labels::network_outputs() const {
  return static_cast<int>(has_regions() ? regions.size() : all.size());
}

Labels labels_of(const Dataset& dataset) {
  Labels labels;
  labels.all = all_values(dataset);
  if (const LabelEntry* ignore = find(dataset, "ignore")) labels.ignore = ignore->values.front();
  if (has_regions(dataset)) {
    labels.regions_class_order = dataset.regions_class_order;
    for (const auto& region : regions_of(dataset)) {
      labels.regions.push_back(region.values);
      labels.foreground_names.push_back(region.name);
      labels.foreground_keys.push_back(key_of(region));
    }
  } else {
    for (const auto& label : labels.foreground()) {
      labels.foreground_names.push_back(name_of(dataset, label.front()));
      labels.foreground_keys.push_back(std::to_string(label.front()));
    }
  }
  return labels;
}

}  // namespace seg::plan
