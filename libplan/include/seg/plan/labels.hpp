#pragma once

#include <optional>
#include <string>
#include <vector>

#include "seg/plan/dataset.hpp"

namespace seg::plan {

/// What a network segments: exclusive labels (softmax) or overlapping regions (sigmoid), as
/// nnU-Net's LabelManager.
struct Labels {
  std::vector<int> all;  ///< sorted label values, background first, without ignore
  std::vector<std::vector<int>>
      regions;  ///< label values of each foreground region; empty without regions
  std::vector<int> regions_class_order;  ///< value written for each region
  std::optional<int> ignore;             ///< value of the ignore label
  std::vector<std::string>
      foreground_names;  ///< names of the foreground classes (labels or regions)
  std::vector<std::string>
      foreground_keys;  ///< the same as summary.json has them: "2", "(1, 2)", "(2,)"

  bool has_regions() const { return !regions.empty(); }
  /// Foreground classes as sets of values: {1}, {2}, ... or the regions. One metric is reported for
  /// each.
  std::vector<std::vector<int>> foreground() const;
  /// Output channels of the network: labels with background, or regions.
  int network_outputs() const;
};

Labels labels_of(const Dataset& dataset);

/// @throws Error, naming `source`, for labels without background 0, regions without a matching
/// regions_class_order, or an ignore label that is not one above the highest label.
void check_labels(const Dataset& dataset, const std::string& source);

}  // namespace seg::plan
