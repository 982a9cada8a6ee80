#pragma once

#include <map>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace seg::data {

struct Range {
  double low = 0, high = 1;
  bool operator==(const Range&) const = default;
};

/// What a transform of training can be told: an entry of configs/augmentation.json.
struct AugmentationParameter {
  const char* name;
  double lowest, highest;  ///< that the entry, or either end of its range, may be
  const char* meaning;
};

/// The parameters of all transforms, in the order in which these run.
const std::vector<AugmentationParameter>& augmentation_parameters();

/// How often and how strongly augmentation changes an item: a number or a range to draw from, for
/// each of augmentation_parameters(). The defaults are those of configs/augmentation.json:
/// nnU-Net's training pipeline (nnUNetTrainer.get_training_transforms).
struct AugmentationTable {
  AugmentationTable();

  std::map<std::string, std::variant<double, Range>> entries;

  /// @throws std::logic_error for a name that no transform has, or an entry of the other kind.
  double& number(const std::string& name);
  double number(const std::string& name) const;
  Range& range(const std::string& name);
  Range range(const std::string& name) const;
};

/// @throws Error naming `source`, the entry and what it may be, for an entry out of its bounds.
void check_augmentation(const AugmentationTable& table, const std::string& source);

/// Calls visit(name, entry) for every entry, a double or a Range.
template <class Table, class Visit>
requires std::is_same_v<std::remove_const_t<Table>, AugmentationTable>
void for_each_entry(Table& table, const Visit& visit) {
  for (const auto& parameter : augmentation_parameters())
    std::visit([&](auto& entry) { visit(parameter.name, entry); },
               table.entries.at(parameter.name));
}

}  // namespace seg::data
