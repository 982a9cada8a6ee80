#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Wilcoxon's signed-rank test of paired differences against a median of zero, two-sided.
struct SignedRankTest {
  double statistic = 0;  ///< the smaller of the sums of positive and negative ranks
  double p_value = 1;    ///< 1 when all differences are zero, NaN without any
};

/// As scipy.stats.wilcoxon (1.17) by default: zeros are left out ("wilcox"); exact up to 50
/// differences without ties and zeros, and up to 13 with them; else by the normal approximation
/// with its variance corrected for ties, without a correction for continuity.
/// @param differences finite numbers.
SignedRankTest signed_rank_test(const std::vector<double>& differences);

/// How two predictions of the same cases differ: of every label and metric the "cases" that have it
/// in both, "mean_a" and "mean_b", the mean and median of B - A per case with the 95 % interval of
/// the mean (percentile bootstrap as EvaluateOptions::confidence), "statistic" and "p_value" of
/// signed_rank_test(). {"cases": N, "labels": {<label>: {<metric>: {...}}}}, and, where there are
/// such, with a warning, "only_in_a" and "only_in_b": {<label>: [<metric>]}, which are not
/// compared.
/// @param a, b nnU-Net's summary.json; cases are paired by the names of their prediction files.
/// @param allow_missing leave out cases that only one has, or none ("missing_predictions"), with a
/// warning.
/// @throws Error when there are such cases, or none that both have.
Json compare_summaries(const Json& a, const Json& b, bool allow_missing = false,
                       const Reporter& reporter = {});

/// What classes are called by their keys in summary.json: {"2": "tumour", "(1, 2)": "organ"}.
using ClassNames = std::map<std::string, std::string>;

/// The key itself where the names lack it.
std::string name_of_class(const ClassNames& names, const std::string& key);

/// The same as a table of comma-separated values, a line for each label and metric. NaN is an empty
/// cell. @param names of labels; those without one are told by their key.
std::string comparison_table(const Json& comparison, const ClassNames& names = {});

}  // namespace seg::train
