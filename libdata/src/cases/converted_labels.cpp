#include "cases/converted_labels.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "cases/case_content.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace {

/// 0, 1, 2, ... for what there is.
std::map<int, int> without_gaps(const std::set<int>& values) {
  std::map<int, int> numbers{{0, 0}};
  for (const int value : values)
    if (value != 0) numbers.emplace(value, static_cast<int>(numbers.size()));
  return numbers;
}

int mapped(int value, const TableConversion& conversion) {
  const auto found = conversion.map.find(value);
  return found == conversion.map.end() ? value : found->second;
}

/// The whole map to give, of the values that label maps have: what is given already, then `change`.
/// Empty where they may stay as they are.
std::string map_to_give(const TableConversion& conversion, const LabelValues& found,
                        const std::function<int(int)>& change) {
  std::vector<std::string> pairs;
  for (const int own : found.own)
    if (const int value = change(mapped(own, conversion)); value != own)
      pairs.push_back(std::to_string(own) + "=" + std::to_string(value));
  return pairs.empty() ? "" : "`map=" + joined(pairs, ",") + "`";
}

std::string labels_to_give(const TableConversion& conversion, const std::map<int, int>& numbers) {
  std::vector<std::string> pairs;
  for (const auto& [value, name] : conversion.labels)
    pairs.push_back(name + "=" + std::to_string(numbers.at(value)));
  return "`labels=" + joined(pairs, ",") + "`";
}

/// The named values and those that are written.
std::set<int> all_values(const TableConversion& conversion, const LabelValues& found) {
  std::set<int> values = found.written;
  for (const auto& [value, name] : conversion.labels) values.insert(value);
  values.insert(0);
  return values;
}

void require_no_gap(const std::string& source, const TableConversion& conversion,
                    const LabelValues& found) {
  const std::set<int> values = all_values(conversion, found);
  if (*values.begin() == 0 && *values.rbegin() == static_cast<int>(values.size()) - 1) return;
  constexpr std::size_t kMostToList = 256;
  if (values.size() > kMostToList)
    throw Error(source,
                "has label maps with " + std::to_string(values.size()) + " values from " +
                    std::to_string(*values.begin()) + " to " + std::to_string(*values.rbegin()) +
                    ", and nnU-Net wants 0, 1, 2, ...",
                "a scan may be in the place of a label map");
  const auto numbers = without_gaps(values);
  std::vector<std::string> options;
  if (const std::string map =
          map_to_give(conversion, found, [&](int value) { return numbers.at(value); });
      !map.empty())
    options.push_back(map);
  else if (!conversion.map.empty())
    options.emplace_back("no `map`");
  if (!conversion.labels.empty()) options.push_back(labels_to_give(conversion, numbers));
  throw Error(source, "has the labels " + listed(values) + ", but nnU-Net wants 0, 1, 2, ...",
              "give " + joined(options, " and "));
}

void require_names(const std::string& source, const TableConversion& conversion,
                   const LabelValues& found) {
  std::set<int> unnamed;
  for (const int value : found.written)
    if (value != 0 && !conversion.labels.contains(value)) unnamed.insert(value);
  if (conversion.labels.empty() || unnamed.empty()) return;
  const std::string map = map_to_give(
      conversion, found, [&](int value) { return unnamed.contains(value) ? 0 : value; });
  throw Error(
      source, "has label maps with the value(s) " + listed(unnamed) + ", which have no name",
      "name them in `labels`, too, or map them to others (to the background by " + map + ")");
}

}  // namespace

void tell_unused(const TableConversion& conversion, const LabelValues& found,
                 const Reporter& reporter) {
  for (const auto& [from, to] : conversion.map)
    if (!found.own.contains(from))
      reporter.warn("no label map holds the value " + std::to_string(from) +
                    ", which was to become " + std::to_string(to));
  for (const auto& [value, name] : conversion.labels)
    if (!found.written.contains(value))
      reporter.warn("no label map holds the value " + std::to_string(value) + ", named " + name);
}

Json labels_json(const std::string& source, const TableConversion& conversion,
                 const LabelValues& found) {
  Json labels = {{"background", 0}};
  for (const auto& [value, name] : conversion.labels) {
    if (labels.contains(name))
      throw Error(SettingValue{"labels", name}, "stands for two values", "give each its own name");
    labels[name] = value;
  }
  require_names(source, conversion, found);
  if (conversion.labels.empty())
    for (const int value : found.written)
      if (value != 0) labels["label_" + std::to_string(value)] = value;
  require_no_gap(source, conversion, found);
  return labels;
}

}  // namespace seg::data
