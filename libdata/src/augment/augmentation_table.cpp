#include "seg/data/augmentation_table.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "augment/transforms.hpp"
#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

std::vector<AugmentationParameter> parameters_of_all_transforms() {
  std::vector<AugmentationParameter> all;
  for (const auto& transform : all_transforms())
    for (const auto& parameter : transform.parameters)
      if (std::ranges::none_of(
              all, [&](const auto& known) { return std::string(known.name) == parameter.name; }))
        all.push_back(parameter);
  return all;
}

using Entries = std::map<std::string, std::variant<double, Range>>;

Entries entries_of_configs() {
  const Json defaults = built_in_config("augmentation").at("default");
  Entries entries;
  for (const auto& parameter : augmentation_parameters()) {
    const Json& entry = defaults.at(parameter.name);
    if (entry.is_array())
      entries[parameter.name] = Range{entry.at(0), entry.at(1)};
    else
      entries[parameter.name] = entry.get<double>();
  }
  return entries;
}

template <class Kind, class Table>
auto& entry_of(Table& table, const std::string& name) {
  const auto entry = table.entries.find(name);
  if (entry == table.entries.end() || !std::holds_alternative<Kind>(entry->second))
    throw std::logic_error("augmentation: no such entry as " + name);
  return std::get<Kind>(entry->second);
}

std::string text_of(double value) { return Json(value).dump(); }
std::string text_of(const Range& range) {
  return "[" + text_of(range.low) + ", " + text_of(range.high) + "]";
}

bool lies_within(const Range& range, const AugmentationParameter& bounds) {
  return range.low >= bounds.lowest && range.low <= range.high && range.high <= bounds.highest;
}
bool lies_within(double value, const AugmentationParameter& bounds) {
  return lies_within(Range{value, value}, bounds);
}

}  // namespace

const std::vector<AugmentationParameter>& augmentation_parameters() {
  static const auto all = parameters_of_all_transforms();
  return all;
}

AugmentationTable::AugmentationTable() {
  static const Entries defaults = entries_of_configs();
  entries = defaults;
}

double& AugmentationTable::number(const std::string& name) { return entry_of<double>(*this, name); }
double AugmentationTable::number(const std::string& name) const {
  return entry_of<double>(*this, name);
}
Range& AugmentationTable::range(const std::string& name) { return entry_of<Range>(*this, name); }
Range AugmentationTable::range(const std::string& name) const {
  return entry_of<Range>(*this, name);
}

void check_augmentation(const AugmentationTable& table, const std::string& source) {
  for (const auto& bounds : augmentation_parameters())
    std::visit(
        [&](const auto& entry) {
          if (!lies_within(entry, bounds))
            throw Error(source,
                        std::string("the setting \"") + bounds.name + "\" is " + text_of(entry),
                        "it must be from " + text_of(bounds.lowest) + " to " +
                            text_of(bounds.highest) + " (" + bounds.meaning + ")");
        },
        table.entries.at(bounds.name));
}

}  // namespace seg::data
