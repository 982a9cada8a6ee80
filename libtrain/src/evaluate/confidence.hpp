#pragma once

#include <vector>

#include "seg/train/evaluate.hpp"

namespace seg::train {

/// By class and metric, {"low": ..., "high": ...}: where 95 % of the means over cases lie when as
/// many cases are drawn with replacement, 10 000 times (percentile bootstrap; the draws are the
/// same in every run). Cases in which a metric is NaN are left out, as in the means. Dice, IoU and
/// the further metrics; NaN where no case has the class.
Json confidence_intervals(const std::vector<EvaluatedCase>& cases, const plan::Labels& labels);

}  // namespace seg::train
