#pragma once

#include "report/evaluation.hpp"
#include "seg/train/report.hpp"

namespace seg::train {

/// A case to show, and why: "best", "median", "worst", or "" where nothing ranks it.
struct ShownCase {
  std::string rank;
  CaseResult result;
};

/// The best, the median and the worst by the mean Dice of their classes, each case once; cases
/// without any class are left out.
std::vector<ShownCase> ranked(const std::vector<CaseResult>& cases);

/// [{"name", "legend": [{"value", "name", "colour"}], "cases": [{"rank", "name", "group", "dice",
/// "class_dice", "plane", "of", "widest", "width", "height", "has_scan", "has_reference", "slices":
/// [{"index", "image"}], "volumes" where they are wanted}]}] of the up to three best evaluations,
/// or of the first label maps of predictions that were not evaluated.
Json pictures_content(const ReportSources& sources, const std::vector<Evaluation>& evaluations,
                      const ReportOptions& options, Notices& notices);

}  // namespace seg::train
