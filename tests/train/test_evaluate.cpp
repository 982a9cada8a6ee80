#include "seg/train/evaluate.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "catch.hpp"
#include "python_key.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "test_files.hpp"
#include "text.hpp"

using Catch::Matchers::Contains;

namespace {

seg::plan::Labels two_labels() {
  seg::plan::Labels labels;
  labels.all = {0, 1, 2};
  labels.foreground_keys = {"1", "2"};
  return labels;
}

seg::plan::Labels labels_of_oracle(const seg::Json& one) {
  seg::plan::Labels labels;
  labels.all = {0, 1, 2};
  const seg::Json& entries = one["labels_or_regions"];
  for (const auto& entry : entries) {
    labels.foreground_keys.push_back(seg::test::python_key(entry));
    if (entries[0].is_array())
      labels.regions.push_back(entry.is_array() ? entry.get<std::vector<int>>()
                                                : std::vector<int>{entry.get<int>()});
  }
  if (!one["ignore_label"].is_null()) labels.ignore = one["ignore_label"].get<int>();
  return labels;
}

bool same_number(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || a == Approx(b).epsilon(1e-12);
}

/// Same keys in the same order, numbers equal but for rounding; of file names only the last part.
bool same_summary(const seg::Json& a, const seg::Json& b) {
  if (a.is_number() && b.is_number())
    return a.type() == b.type() && same_number(a.get<double>(), b.get<double>());
  if (a.is_string() && b.is_string())
    return std::filesystem::path(a.get<std::string>()).filename() ==
           std::filesystem::path(b.get<std::string>()).filename();
  if (a.type() != b.type() || a.size() != b.size()) return false;
  for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j)
    if ((a.is_object() && i.key() != j.key()) || !same_summary(*i, *j)) return false;
  return true;
}

at::Tensor random_labels(std::int64_t labels) { return at::randint(labels, {6, 7, 8}, at::kShort); }

}  // namespace

TEST_CASE("a perfect prediction has Dice and IoU 1") {
  const at::Tensor truth = random_labels(3);
  for (const auto& metrics : seg::train::compare_segmentations(truth, truth, two_labels())) {
    CHECK(metrics.dice == 1);
    CHECK(metrics.iou == 1);
    CHECK(metrics.n_pred == metrics.n_ref);
  }
}

TEST_CASE("disjoint structures have Dice 0, a structure in neither has none") {
  at::Tensor prediction = at::zeros({4, 4, 4}, at::kShort), truth = prediction.clone();
  prediction[0].fill_(1);
  truth[1].fill_(1);
  const auto metrics = seg::train::compare_segmentations(prediction, truth, two_labels());
  CHECK(metrics[0].dice == 0);
  CHECK(metrics[0].iou == 0);
  CHECK(metrics[0].fp == 16);
  CHECK(metrics[0].fn == 16);
  CHECK(metrics[0].tn == 32);
  CHECK(std::isnan(metrics[1].dice));
  CHECK(std::isnan(metrics[1].iou));
}

TEST_CASE("counts agree with masks compared voxel by voxel") {
  const at::Tensor prediction = random_labels(4), truth = random_labels(5);
  seg::plan::Labels labels;
  labels.all = {0, 1, 2, 3};
  labels.regions = {{1, 2, 3}, {2}};
  labels.ignore = 4;
  const auto metrics = seg::train::compare_segmentations(prediction, truth, labels);
  const at::Tensor valid = truth != 4;
  const at::Tensor p = (prediction > 0) & valid, t = (truth > 0) & valid;
  CHECK(metrics[0].tp == (p & t).sum().item<double>());
  CHECK(metrics[0].fp == (p & ~t).sum().item<double>());
  CHECK(metrics[0].fn == (~p & t).sum().item<double>());
  CHECK(metrics[0].tn == (~p & ~t & valid).sum().item<double>());
  CHECK(metrics[1].n_ref == (truth == 2).sum().item<double>());
}

TEST_CASE("values that no label names count as background") {
  const at::Tensor prediction = at::full({2, 2, 2}, -1, at::kShort);
  const auto metrics =
      seg::train::compare_segmentations(prediction, at::full_like(prediction, 300), two_labels());
  CHECK(metrics[0].tn == 8);
}

TEST_CASE("segmentations of different shapes are not compared") {
  CHECK_THROWS_AS(
      seg::train::compare_segmentations(random_labels(2), at::zeros({2}, at::kShort), two_labels()),
      seg::Error);
}

TEST_CASE("a folder's summary.json is nnU-Net's") {
  const auto oracle = seg::test::shared_data() / "oracles/pipeline/evaluation";
  if (!std::filesystem::exists(oracle / "manifest.json")) {
    seg::test::skip("no recorded evaluations");
    return;
  }
  seg::test::TemporaryFolder folder;
  const seg::Json manifest = seg::read_json(oracle / "manifest.json");
  for (const auto& one : manifest["summary"]["cases"]) {
    INFO(one["name"]);
    seg::train::evaluate_folder(
        {oracle / one["pred_folder"].get<std::string>(),
         oracle / one["ref_folder"].get<std::string>(),
         labels_of_oracle(one),
         {.cases = std::vector<std::string>{}}},  // some were made of fewer predictions
        folder / "summary.json");
    CHECK(same_summary(seg::read_json(folder / "summary.json"),
                       seg::read_json(oracle / one["summary"].get<std::string>())));
  }
}

TEST_CASE("evaluation names the file that is missing or of another shape") {
  seg::test::TemporaryFolder folder;
  const auto predictions = folder / "predictions", references = folder / "references";
  const auto evaluate = [&] {
    return seg::train::evaluate_folder({predictions, references, two_labels()}, {});
  };
  CHECK_THROWS_WITH(evaluate(), Contains("no such folder"));
  seg::data::write_label_map(predictions / "case_1.nii.gz", at::ones({3, 3, 3}, at::kShort), {});
  CHECK_THROWS_WITH(evaluate(), Contains("references: there is no such folder"));
  std::filesystem::create_directories(references);
  CHECK_THROWS_WITH(evaluate(), Contains("case_1.nii.gz") && Contains("missing"));
  seg::data::write_label_map(references / "case_1.nii.gz", at::ones({3, 3, 4}, at::kShort), {});
  CHECK_THROWS_WITH(evaluate(), Contains("3 x 3 x 4"));
}

namespace {

/// Two cases with the same labels, of which the second has no prediction.
struct ComparedCases {
  seg::test::TemporaryFolder folder;
  seg::train::ComparedFolders folders{folder / "predictions", folder / "references", two_labels()};
  std::vector<std::string> warnings;

  ComparedCases() {
    const at::Tensor labels = random_labels(3);
    seg::data::write_label_map(folders.prediction / "case_1.nii.gz", labels, {});
    for (const char* name : {"case_1.nii.gz", "case_2.nii.gz"})
      seg::data::write_label_map(folders.reference / name, labels, {});
  }
  seg::Json evaluate() {
    seg::Reporter reporter;
    reporter.warning = [&](const std::string& line) { warnings.push_back(line); };
    return seg::train::evaluate_folder(folders, {}, reporter);
  }
};

}  // namespace

TEST_CASE("a missing prediction is an error, or a warning that the summary repeats") {
  ComparedCases cases;
  CHECK_THROWS_WITH(cases.evaluate(), Contains("1 prediction(s) are missing: case_2.nii.gz"));
  cases.folders.options.allow_missing = true;
  const seg::Json summary = cases.evaluate();
  CHECK(summary["missing_predictions"] == seg::Json{"case_2.nii.gz"});
  CHECK(summary["metric_per_case"].size() == 1);
  CHECK(cases.warnings.size() == 1);
  cases.folders.options = {.cases = std::vector<std::string>{"case_1"}};
  CHECK_FALSE(cases.evaluate().contains("missing_predictions"));
  cases.folders.options.cases = {"case_1", "case_3"};
  CHECK_THROWS_WITH(cases.evaluate(), Contains("case_3.nii.gz"));
}

TEST_CASE("a reference of another format is named, not asked to be added") {
  ComparedCases cases;
  const auto labels = seg::data::read_label_map(cases.folders.prediction / "case_1.nii.gz");
  std::filesystem::remove_all(cases.folders.prediction);
  seg::data::write_label_map(cases.folders.prediction / "case_1.nrrd", labels.data[0],
                             labels.geometry);
  cases.folders.options.file_ending = ".nrrd";
  CHECK_THROWS_WITH(cases.evaluate(),
                    Contains("case_1.nii.gz is there: label maps and references"));
}

TEST_CASE("what is missing is told beside a case that cannot be compared, too") {
  ComparedCases cases;
  cases.folders.options.allow_missing = true;
  std::ofstream(cases.folders.prediction / "case_0.nii.gz") << "no image";
  std::ofstream(cases.folders.reference / "case_0.nii.gz") << "no image";
  try {
    cases.evaluate();
    FAIL("case_0 was compared");
  } catch (const seg::train::SomeNotEvaluated& some) {
    CHECK(some.summary_of_others()["missing_predictions"] == seg::Json{"case_2.nii.gz"});
    CHECK(some.summary_of_others()["metric_per_case"].size() == 1);
  }
}

TEST_CASE("a prediction that lies elsewhere than its reference is said or refused") {
  ComparedCases cases;
  cases.folders.options.allow_missing = true;
  seg::data::Geometry elsewhere;
  elsewhere.spacing = {3, 1, 1};
  const std::filesystem::path file = cases.folders.prediction / "case_1.nii.gz";
  seg::data::write_label_map(file, seg::data::read_label_map(file).data[0], elsewhere);
  cases.evaluate();
  REQUIRE(cases.warnings.size() == 2);
  CHECK_THAT(cases.warnings[1], Contains("case_1.nii.gz") && Contains("spacing (3, 1, 1)"));
  cases.folders.options.strict_geometry = true;
  CHECK_THROWS_WITH(cases.evaluate(), Contains("spacing (3, 1, 1) instead of (1, 1, 1)"));
}

TEST_CASE("values that no label names are told, with the file that holds them") {
  ComparedCases cases;
  cases.folders.options.allow_missing = true;
  const auto set_voxel = [](const std::filesystem::path& file, int value) {
    auto map = seg::data::read_label_map(file);
    map.data[0][0][0][0] = value;
    seg::data::write_label_map(file, map.data[0], map.geometry);
  };
  cases.evaluate();
  REQUIRE(cases.warnings.size() == 1);  // of what is missing
  set_voxel(cases.folders.prediction / "case_1.nii.gz", 7);
  set_voxel(cases.folders.reference / "case_1.nii.gz", 5);
  cases.evaluate();
  REQUIRE(cases.warnings.size() == 4);
  CHECK_THAT(cases.warnings[2], Contains("case_1.nii.gz: holds 7, which no label names"));
  CHECK_THAT(cases.warnings[3], Contains("case_1.nii.gz: holds 5, which no label names"));
  cases.folders.labels.ignore = 5;
  cases.warnings.clear();
  cases.evaluate();
  CHECK(cases.warnings.size() == 2);
}

TEST_CASE("a summary that is older than a label map which it is about is told") {
  using namespace std::chrono_literals;
  namespace fs = std::filesystem;
  ComparedCases cases;
  cases.folders.options.allow_missing = true;
  const fs::path summary = cases.folders.prediction / "summary.json";
  seg::train::evaluate_folder(cases.folders, summary);
  const auto told = [&] { return seg::train::stale_summary(summary, seg::read_json(summary)); };
  CHECK(told().empty());

  const auto written = fs::last_write_time(summary);
  const fs::path prediction = cases.folders.prediction / "case_1.nii.gz";
  fs::last_write_time(prediction, written + 1s);  // as an archive may have rounded it
  CHECK(told().empty());
  fs::last_write_time(prediction, written + 1h);
  CHECK_THAT(told(),
             Contains(summary.string()) && Contains("(case_1.nii.gz)") && Contains("seg evaluate"));
  CHECK(std::ranges::count(told(), '\n') == 0);

  fs::last_write_time(prediction, written - 1h);
  CHECK(told().empty());
  fs::last_write_time(cases.folders.reference / "case_1.nii.gz", written + 1h);
  CHECK_THAT(told(), Contains("(case_1.nii.gz)"));
  fs::last_write_time(cases.folders.reference / "case_2.nii.gz", written + 1h);  // not predicted
  CHECK_THAT(told(), Contains("(case_1.nii.gz)"));

  // Moved as a whole: what lies beside the summary counts, not what lies where it was.
  fs::last_write_time(cases.folders.reference / "case_1.nii.gz", written - 1h);
  fs::last_write_time(prediction, written + 1h);
  const fs::path moved = cases.folder / "moved";
  fs::create_directory(moved);
  for (const char* name : {"summary.json", "case_1.nii.gz"}) {
    fs::copy_file(cases.folders.prediction / name, moved / name);
    fs::last_write_time(moved / name, written);
  }
  const seg::Json content = seg::read_json(moved / "summary.json");
  CHECK(seg::train::stale_summary(moved / "summary.json", content).empty());
  CHECK_FALSE(told().empty());
  fs::remove(moved / "case_1.nii.gz");  // the summary alone is a copy
  fs::last_write_time(prediction, written - 1h);
  CHECK(seg::train::stale_summary(moved / "summary.json", content).empty());
}

TEST_CASE("a summary of a label map that is gone from beside others is told") {
  namespace fs = std::filesystem;
  ComparedCases cases;
  fs::copy_file(cases.folders.prediction / "case_1.nii.gz",
                cases.folders.prediction / "case_2.nii.gz");
  const fs::path summary = cases.folders.prediction / "summary.json";
  const seg::Json content = seg::train::evaluate_folder(cases.folders, summary);
  CHECK(seg::train::stale_summary(summary, content).empty());
  fs::remove(cases.folders.prediction / "case_1.nii.gz");
  CHECK_THAT(seg::train::stale_summary(summary, content), Contains("gone (case_1.nii.gz)"));
}

TEST_CASE("what is no summary, or about nothing that is there, is not stale") {
  const seg::test::TemporaryFolder folder;
  const auto file = folder / "summary.json";
  for (const char* text :
       {"[]", "null", "{}", R"({"metric_per_case": 3})", R"({"metric_per_case": [3, {}]})",
        R"({"metric_per_case": [{"prediction_file": 1, "reference_file": null}]})",
        R"({"metric_per_case": [{"prediction_file": "gone.nii.gz"}]})"}) {
    INFO(text);
    seg::test::write_text(file, text);
    CHECK(seg::train::stale_summary(file, seg::read_json(file)).empty());
  }
  CHECK(seg::train::stale_summary(folder / "none.json", seg::Json()).empty());
}

TEST_CASE("cases that do not fit into the memory which was said are refused") {
  ComparedCases cases;
  cases.folders.options.allow_missing = true;
  cases.folders.options.further = {.hd95 = true, .lesions = true};
  cases.folders.options.threads = 4;
  for (const char* name : {"case_3.nii.gz", "case_4.nii.gz", "case_5.nii.gz", "case_6.nii.gz"})
    for (const auto& folder : {cases.folders.prediction, cases.folders.reference})
      std::filesystem::copy_file(cases.folders.reference / "case_1.nii.gz", folder / name);
  const seg::Json by_default = cases.evaluate();
  CHECK(by_default["metric_per_case"].size() == 5);
  cases.folders.options.memory = std::int64_t{1} << 40;
  CHECK(cases.evaluate().dump() == by_default.dump());
  cases.folders.options.memory = 1;
  CHECK_THROWS_WITH(cases.evaluate(), Contains("needs about") && Contains("may still be taken"));
}
