#include "seg/train/report.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "catch.hpp"
#include "reported_work.hpp"
#include "seg/plan/error.hpp"

namespace fs = std::filesystem;
using seg::Json;
using namespace seg::test;

namespace {

Json content_of(const fs::path& folder, std::vector<std::string>* warnings = nullptr) {
  seg::Reporter reporter;
  reporter.warning = [&](const std::string& line) {
    if (warnings) warnings->push_back(line);
  };
  return seg::train::report_content(folder, {}, reporter);
}

std::string text_between(const std::string& text, const std::string& from, const std::string& to) {
  const auto start = text.find(from) + from.size();
  return text.substr(start, text.find(to, start) - start);
}

Json content_in(const std::string& page) {
  return Json::parse(text_between(page, "id=\"content\">", "</script>"));
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a report holds the means of each fold's summary to the last digit") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  const std::string page = seg::train::report_page(content_of(reported.work()));
  const Json content = content_in(page);
  REQUIRE(content["evaluations"].size() == 1);
  const Json& evaluation = content["evaluations"][0];
  CHECK(evaluation["name"] == kReportedModel);
  CHECK(evaluation["classes"] == Json{"front", "back"});
  REQUIRE(evaluation["groups"].size() == 2);
  for (const int number : {0, 1}) {
    const Json summary = seg::read_json(reported.validation(number) / "summary.json");
    const Json& group = evaluation["groups"][static_cast<std::size_t>(number)];
    CHECK(group["name"] == "fold " + std::to_string(number));
    CHECK(group["cases"] == 2);
    for (const char* metric : {"Dice", "IoU"}) {
      CHECK(group["mean"][metric][0] == summary["mean"]["1"][metric]);
      CHECK(group["mean"][metric][1] == summary["mean"]["2"][metric]);
      CHECK(group["foreground_mean"][metric] == summary["foreground_mean"][metric]);
    }
  }
}

TEST_CASE("means over all folds are those of one summary of all their cases") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  const Json all = content_of(reported.work())["evaluations"][0]["all_cases"];
  // Boxes of 6 voxels that are moved by 0, 1, 2 and 3 of them.
  const double dice = (1 + 5. / 6 + 4. / 6 + 3. / 6) / 4;
  CHECK(all["cases"] == 4);
  CHECK(all["mean"]["Dice"][0].get<double>() == Approx(dice));
  CHECK(all["foreground_mean"]["Dice"].get<double>() == Approx(dice));
}

TEST_CASE("a fold that validates cases of others is shown, and its cases count once") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  const Json before = content_of(reported.work())["evaluations"][0]["all_cases"];
  for (const char* name : {"fold_5", "fold_all"})  // random, and all cases
    fs::copy(reported.fold(1), reported.model() / name, fs::copy_options::recursive);
  const Json content = content_of(reported.work());
  const Json& evaluation = content["evaluations"][0];
  CHECK(evaluation["all_cases"] == before);
  REQUIRE(evaluation["groups"].size() == 4);
  std::vector<std::pair<Json, Json>> groups;
  for (const Json& group : evaluation["groups"])
    groups.emplace_back(group["name"], group["counts"]);
  CHECK(groups == std::vector<std::pair<Json, Json>>{
                      {"fold 0", true}, {"fold 1", true}, {"fold 5", false}, {"fold all", false}});
  CHECK(content["pictures"][0]["cases"].size() == 3);
  CHECK(content["trainings"][0]["folds"].size() == 4);
}

TEST_CASE("a report says how many cases the mean of a label leaves out") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  at::Tensor front = ReportedWork::boxes(0);
  front.masked_fill_(front == 2, 0);
  for (const fs::path& file : {reported.reference("c"), reported.validation(1) / "c.nii.gz"})
    seg::data::write_label_map(file, front, {});
  reported.summarize(1);
  const Json evaluation = content_of(reported.work())["evaluations"][0];
  CHECK(evaluation["groups"][0]["left_out"]["Dice"] == Json{0, 0});
  CHECK(evaluation["groups"][1]["left_out"]["Dice"] == Json{0, 1});
  CHECK(evaluation["all_cases"]["left_out"]["Dice"] == Json{0, 1});
}

TEST_CASE("the best, the median and the worst case are shown, prediction beside reference") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  const Json pictures = content_of(reported.work())["pictures"];
  REQUIRE(pictures.size() == 1);
  const Json& cases = pictures[0]["cases"];
  REQUIRE(cases.size() == 3);
  const std::vector<std::vector<std::string>> expected{
      {"best", "a", "fold 0"}, {"median", "c", "fold 1"}, {"worst", "d", "fold 1"}};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(cases[i]["rank"] == expected[i][0]);
    CHECK(cases[i]["name"] == expected[i][1]);
    CHECK(cases[i]["group"] == expected[i][2]);
    CHECK(cases[i]["has_scan"] == true);
    CHECK(cases[i]["has_reference"] == true);
    CHECK(cases[i]["slices"].size() == 5);  // those that hold the boxes
    for (const Json& slice : cases[i]["slices"])
      CHECK(slice["image"].get<std::string>().starts_with("data:image/png;base64,iVBORw0KGgo"));
  }
  CHECK(cases[0]["dice"] == 1.0);
}

TEST_CASE("curves are those of progress.json, thinned where they are long") {
  const ReportedWork reported;
  reported.train(2500);
  const Json folds = content_of(reported.work())["trainings"][0]["folds"];
  REQUIRE(folds.size() == 2);
  const auto log = ReportedWork::log(2500);
  CHECK(folds[0]["epochs"] == 2500);
  const Json& at = folds[0]["at"];
  CHECK(at.size() <= 1000);
  CHECK(at.back() == 2500);
  for (std::size_t i = 0; i < at.size(); i += 100) {
    const auto epoch = at[i].get<std::size_t>() - 1;
    CHECK(folds[0]["train_loss"][i].get<double>() == Approx(log.train_losses[epoch]).epsilon(1e-5));
    CHECK(folds[0]["class_dice"][1][i].get<double>() ==
          Approx(log.dice_per_class_or_region[epoch][1]).epsilon(1e-5));
    CHECK(folds[0]["seconds"][i] == 7.0);
  }
}

TEST_CASE("names that try to leave their place in the page stay text") {
  Json dataset = small_dataset();
  const std::string hostile = "</script><img src=x onerror=alert(1)><!-- & \" ' \\ \xE2\x80\xA8";
  dataset["labels"] = {{"background", 0}, {hostile, 1}, {"back", 2}};
  const ReportedWork reported(dataset);
  reported.train();
  reported.validate();
  Json content = content_of(reported.work());
  content["title"] = hostile;
  const std::string page = seg::train::report_page(content);
  CHECK(page.find("<img src=x") == std::string::npos);
  CHECK(occurrences(page, "</script") == 2);
  CHECK(occurrences(page, "<!--") == 0);
  CHECK(content_in(page)["evaluations"][0]["classes"][0] == hostile);
  CHECK(content_in(page)["title"] == hostile);
  CHECK(text_between(page, "<title>", "</title>").find('<') == std::string::npos);
}

TEST_CASE("a page may load nothing, and holds charts with their licence where they are built in") {
  const ReportedWork reported;
  const std::string page = seg::train::report_page(content_of(reported.work()));
  CHECK(page.find("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                  "img-src data:") != std::string::npos);
  for (const char* loads : {"<link", "<script src", "@import", "url(http"})
    CHECK(page.find(loads) == std::string::npos);
  CHECK((page.find("Permission is hereby granted") != std::string::npos) ==
        seg::train::report_has_charts());
}

TEST_CASE("a report of a folder that is only planned tells the plan") {
  const ReportedWork reported;
  seg::write_json(reported.work() / "records/plan.json",
                  {{"command", "plan"}, {"explanation", {"because of the spacing"}}});
  std::vector<std::string> warnings;
  const Json content = content_of(reported.work(), &warnings);
  CHECK(warnings.empty());
  CHECK(content["kind"] == "work");
  CHECK(content["title"] == "Dataset900_Boxes");
  CHECK(content["plans"][0]["why"] == Json{"because of the spacing"});
  const Json& rows = content["plans"][0]["configurations"][0]["rows"];
  CHECK(std::ranges::find(rows, Json{"Patch size (voxels)", "16 × 16 × 16"}) != rows.end());
  for (const char* part : {"trainings", "evaluations", "pictures"}) CHECK(content[part].empty());
}

TEST_CASE("a report of a model without validation has its curves, and no pictures") {
  const ReportedWork reported;
  reported.train();
  const Json content = content_of(reported.model());
  CHECK(content["kind"] == "model");
  CHECK(content["trainings"][0]["folds"][0]["at"].size() == 3);
  CHECK(content["evaluations"].empty());
  CHECK(content["pictures"].empty());
  CHECK(content["records"].size() == 2);
}

TEST_CASE("a damaged file costs a line and itself, the rest is reported") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  std::ofstream(reported.fold(0) / "progress.json") << "{\"train_losses\": [1, 2";
  seg::write_json(reported.validation(1) / "summary.json", {{"mean", 3}});
  std::vector<std::string> warnings;
  const Json content = content_of(reported.work(), &warnings);
  REQUIRE(warnings.size() == 2);
  CHECK(content["notices"] == Json(warnings));
  CHECK(warnings[0].find("summary.json") != std::string::npos);
  CHECK(warnings[1].find("progress.json") != std::string::npos);
}

TEST_CASE("a scan or a reference that lies elsewhere than its prediction is told, and shown") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  const fs::path scan = reported.dataset_folder() / "imagesTr/a_0000.nii.gz";
  seg::data::Geometry moved;
  moved.origin = {0, 0, 30};
  seg::data::write_image(scan, at::rand({12, 20, 24}), moved);
  seg::data::write_label_map(reported.reference("d"), ReportedWork::boxes(0),
                             {.spacing = {1, 1, 3}});
  std::vector<std::string> warnings;
  const Json content = content_of(reported.work(), &warnings);
  CHECK(content["notices"] == Json(warnings));
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], ContainsSubstring(scan.string() + ": has origin (0, 0, 30) instead"));
  CHECK_THAT(warnings[1], ContainsSubstring(reported.reference("d").string() +
                                            ": has spacing (1, 1, 3) instead of (1, 1, 1)"));
  CHECK(content["pictures"][0]["cases"].size() == 3);
}

TEST_CASE("a summary that is older than segmentations beside it is among a report's notices") {
  const ReportedWork reported;
  reported.train();
  reported.validate();
  const fs::path summary = reported.validation(1) / "summary.json";
  fs::last_write_time(reported.validation(1) / "c.nii.gz",
                      fs::last_write_time(summary) + std::chrono::hours(1));
  std::vector<std::string> warnings;
  const Json content = content_of(reported.work(), &warnings);
  CHECK(content["notices"] == Json(warnings));
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with(summary.string() + ": is older than label maps"));
  CHECK(content["evaluations"][0]["groups"].size() == 2);  // shown all the same
}

TEST_CASE("predictions that nothing ranks are shown as they come, without a reference") {
  const ReportedWork reported;
  const TemporaryFolder folder;
  seg::write_json(folder / "dataset.json", small_dataset());
  seg::write_json(folder / "plans.json", small_plans());
  for (const char* name : {"c", "a"})
    seg::data::write_label_map(folder / (std::string(name) + ".nii.gz"), ReportedWork::boxes(1),
                               {});
  seg::write_json(folder / "seg_predict.json",
                  {{"command", "predict"},
                   {"options", {{"input", (reported.dataset_folder() / "imagesTr").string()}}}});
  const Json content = content_of(folder.path());
  CHECK(content["kind"] == "predictions");
  REQUIRE(content["pictures"].size() == 1);
  const Json& cases = content["pictures"][0]["cases"];
  REQUIRE(cases.size() == 2);
  CHECK(cases[0]["name"] == "a");
  CHECK(cases[0]["has_scan"] == true);
  CHECK(cases[0]["has_reference"] == false);
}

TEST_CASE("what is no work folder, model or predictions is refused, and no page is left") {
  const TemporaryFolder folder;
  const seg::train::ReportOptions options{.output = folder / "report.html", .scans = {}};
  CHECK_THROWS_WITH(seg::train::write_report(folder.path(), options),
                    ContainsSubstring("is neither a work folder, a model nor"));
  CHECK_THROWS_WITH(seg::train::write_report(ReportedWork().dataset_folder(), options),
                    ContainsSubstring("is a dataset; give the work folder"));
  const ReportedWork reported;
  reported.train();
  for (const fs::path& part : {reported.fold(0), reported.work() / "results"})
    CHECK_THROWS_WITH(seg::train::write_report(part, options),
                      ContainsSubstring("give ") && ContainsSubstring(seg::test::kReportedModel));
  CHECK_THROWS_WITH(seg::train::write_report(folder / "nowhere", options),
                    ContainsSubstring("there is no such folder"));
  CHECK_FALSE(fs::exists(options.output));
}

TEST_CASE("a page takes no other file's place") {
  const ReportedWork reported;
  for (const char* name : {"plans.json", "dataset.json", "page"})
    CHECK_THROWS_WITH(
        seg::train::write_report(reported.work(), {.output = reported.work() / name, .scans = {}}),
        ContainsSubstring("does not end in .html"));
  const fs::path page = seg::train::write_report(reported.work(), {});
  CHECK(page == reported.work() / "report.html");
  CHECK(fs::file_size(page) > 1000);
}

TEST_CASE("links lead from where the page lies to the files") {
  const ReportedWork reported;
  reported.train();
  const seg::train::ReportOptions options{.output = reported.work().parent_path() / "x/page.html",
                                          .scans = {}};
  const Json files = seg::train::report_content(reported.work(), options)["files"];
  REQUIRE_FALSE(files.empty());
  for (const Json& file : files)
    CHECK(fs::is_regular_file(
        (options.output.parent_path() / file["link"].get<std::string>()).lexically_normal()));
}
