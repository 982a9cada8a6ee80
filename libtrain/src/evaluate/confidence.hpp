#pragma once

#include <vector>

#include "seg/train/evaluate.hpp"

namespace seg::train {

/// {"low": ..., "high": ...}: where 95 % of the means lie when as many values are drawn with
/// replacement, 10 000 times (percentile bootstrap; the draws are the same in every run). NaN is
/// left out, and is what both are without values.
Json bootstrap_interval(std::vector<double> values);

/// By class and metric, the bootstrap_interval() of the mean over cases. Cases in which a metric is
/// NaN are left out, as in the means. Dice, IoU and the further metrics; NaN where no case has the
/// class.
Json confidence_intervals(const std::vector<EvaluatedCase>& cases, const plan::Labels& labels);

}  // namespace seg::train
