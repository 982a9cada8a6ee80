#include "seg/train/paired.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/reporter.hpp"

using namespace seg;
using train::signed_rank_test;

namespace {

const double no_value = std::numeric_limits<double>::quiet_NaN();

/// Distinct sizes, some negative: every `period`th.
std::vector<double> without_ties(int count, int prime, int period) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back((i * 37 % prime + 0.5) * (i * 7 % period ? 1 : -1));
  return values;
}

Json entry(const std::string& file, double dice, double volume) {
  return {{"prediction_file", file},
          {"reference_file", "reference"},
          {"metrics", {{"1", {{"Dice", dice}, {"volume_pred", volume}}}}}};
}

Json summary_with(const std::vector<Json>& entries) {
  return {{"metric_per_case", entries},
          {"mean", {{"1", {{"Dice", 0.5}, {"volume_pred", 1.0}}}}},
          {"foreground_mean", {{"Dice", 0.5}}}};
}

}  // namespace

TEST_CASE("the signed-rank test gives what scipy.stats.wilcoxon 1.17.1 gives") {
  struct Recorded {
    std::vector<double> differences;
    double statistic, p_value;
  };
  const std::vector<Recorded> recorded{
      {{0.03, -0.01, 0.08, 0.02, -0.05, 0.11, 0.07}, 5, 0.15625},
      {{1, 2, 3, 4, 5}, 0, 0.0625},
      {{1, -1, 2, 2, -3, 4, 4, 4, -2}, 11.5, 0.20703125},
      {{0, 0, 1, -2, 3, 5}, 2, 0.375},
      {{1, -1, 2, 2, -3, 4, 4, 4, -2, 5, 6, -6, 7, 0}, 23, 0.11473819999055078},
      {without_ties(20, 41, 5), 26, 0.0019855499267578125},
      {without_ties(60, 61, 3), 602, 0.02121244381192546}};
  for (const auto& [differences, statistic, p_value] : recorded) {
    INFO(differences.size());
    const auto found = signed_rank_test(differences);
    CHECK(found.statistic == statistic);
    CHECK(std::abs(found.p_value - p_value) <= 1e-12 * p_value);
  }
  CHECK(signed_rank_test({0, 0, 0}).p_value == 1);
  CHECK(std::isnan(signed_rank_test({}).p_value));
}

TEST_CASE("the test does not care which of the two is the first") {
  auto values = without_ties(17, 41, 3);
  const double p_value = signed_rank_test(values).p_value;
  for (double& value : values) value = -value;
  CHECK(signed_rank_test(values).p_value == p_value);
}

TEST_CASE("summaries are compared case by case, whatever their order") {
  const Json a = summary_with({entry("a/one.nii.gz", 0.5, 10), entry("a/two.nii.gz", 0.7, 20),
                               entry("a/three.nii.gz", no_value, 30)});
  const Json b = summary_with({entry("b/three.nii.gz", 0.9, 30), entry("b/two.nii.gz", 0.8, 24),
                               entry("b/one.nii.gz", 0.75, 12)});
  const Json comparison = train::compare_summaries(a, b);
  CHECK(comparison["cases"] == 3);
  const Json& dice = comparison["labels"]["1"]["Dice"];
  CHECK(dice["cases"] == 2);  // NaN in one is no pair
  CHECK(dice["mean_a"].get<double>() == Approx(0.6));
  CHECK(dice["mean_b"].get<double>() == Approx(0.775));
  CHECK(dice["mean_difference"].get<double>() == Approx(0.175));
  CHECK(dice["median_difference"].get<double>() == Approx(0.175));
  CHECK(dice["confidence_95"]["low"].get<double>() == Approx(0.1));
  CHECK(dice["confidence_95"]["high"].get<double>() == Approx(0.25));
  CHECK(dice["p_value"] == 0.5);  // both of two are positive: 2 / 2^2
  const Json& volume = comparison["labels"]["1"]["volume_pred"];
  CHECK(volume["cases"] == 3);
  CHECK(volume["mean_difference"] == 2.0);
  CHECK(volume["median_difference"] == 2.0);
  CHECK(volume["p_value"] == 0.5);
  const std::string table = train::comparison_table(comparison);
  CHECK(table.find("\r\n1,volume_pred,3,20,22,2,2,") != std::string::npos);
}

TEST_CASE("cases that only one has are refused, or left out") {
  const Json a = summary_with({entry("a/one.nii.gz", 0.5, 10), entry("a/two.nii.gz", 0.7, 20)});
  const Json b = summary_with({entry("b/two.nii.gz", 0.8, 24)});
  CHECK_THROWS_WITH(train::compare_summaries(a, b),
                    ContainsSubstring("1 case(s) are only in A, not in B: one.nii.gz"));
  CHECK(train::compare_summaries(a, b, true)["cases"] == 1);
  CHECK_THROWS_WITH(train::compare_summaries(a, summary_with({}), true),
                    ContainsSubstring("no case is in both"));
}

TEST_CASE("cases that neither has are refused, or told, as their summaries know them") {
  Json a = summary_with({entry("a/one.nii.gz", 0.5, 10)}), b = a;
  a["missing_predictions"] = {"two.nii.gz", "three.nii.gz"};
  CHECK_THROWS_WITH(
      train::compare_summaries(a, b),
      ContainsSubstring("2 case(s) are in neither A nor B: three.nii.gz, two.nii.gz"));
  b["missing_predictions"] = {"two.nii.gz", "four.nii.gz"};
  std::string warning;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warning = line; };
  CHECK(train::compare_summaries(a, b, true, reporter)["cases"] == 1);
  CHECK_THAT(warning, ContainsSubstring("3 case(s)"));
}

TEST_CASE("metrics that only one summary has are told, and the others compared") {
  Json a = summary_with({entry("a/one.nii.gz", 0.5, 10), entry("a/two.nii.gz", 0.7, 20)}), b = a;
  a["mean"]["1"]["HD95"] = 3.0;
  b["mean"]["1"].erase("volume_pred");
  b["mean"]["2"] = {{"Dice", 0.25}, {"IoU", 0.125}};
  b["mean"]["3"] = b["mean"]["2"];
  std::vector<std::string> warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warnings.push_back(line); };
  const Json comparison = train::compare_summaries(a, b, false, reporter);
  CHECK(comparison["labels"].size() == 1);
  CHECK(comparison["labels"]["1"].size() == 1);
  CHECK(comparison["only_in_a"] == Json{{"1", {"volume_pred", "HD95"}}});
  CHECK(comparison["only_in_b"] == Json{{"2", {"Dice", "IoU"}}, {"3", {"Dice", "IoU"}}});
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], ContainsSubstring("in A, not in B are not compared: volume_pred, HD95 "
                                            "of label 1;"));
  CHECK_THAT(warnings[1], ContainsSubstring("in B, not in A are not compared: Dice, IoU of label "
                                            "2 and 3;"));
  warnings.clear();
  CHECK_FALSE(train::compare_summaries(a, a, false, reporter).contains("only_in_a"));
  CHECK(warnings.empty());
}
