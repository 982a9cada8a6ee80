#pragma once

#include "report/class_names.hpp"

namespace seg::train {

/// A case that was compared with its reference.
struct CaseResult {
  std::string name, group;
  std::filesystem::path prediction, reference;
  std::vector<double> class_dice;  ///< NaN for a class that is in neither
  double dice = 0;                 ///< mean of the classes that it has; NaN without any
};

/// What one model's folds, or a folder of predictions, reached.
struct Evaluation {
  std::string name;              ///< of the folder
  std::filesystem::path folder;  ///< that holds plans.json
  SummaryClasses classes;
  std::vector<CaseResult> cases;  ///< of the groups that count
  double dice = 0;                ///< foreground mean of all cases
  /// {"name", "classes": [NAME], "metrics": [NAME], "groups": [{"name", "cases": N, "mean":
  /// {METRIC: [of each class]}, "foreground_mean": {METRIC: MEAN}, "left_out": {METRIC: [cases
  /// without a value, of each class]}, "counts": whether its cases are among all_cases}],
  /// "all_cases": the same, "cases": [{"name", "group", "counts", "values": {METRIC: [of each
  /// class]}}]}. Means of a group are those of its summary.json, to the last digit.
  Json content;
};

/// One of each model with a fold's final validation, or that of the predictions' summary.json.
std::vector<Evaluation> evaluations(const ReportSources& sources, Notices& notices);

}  // namespace seg::train
