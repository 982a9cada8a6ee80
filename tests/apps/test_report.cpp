#include <cstdlib>

#include "catch.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

std::string report_of(const fs::path& folder) {
  const Outcome outcome = run_seg({"report", folder.string()});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out == "report: " + (folder / "report.html").string() + "\n");
  return file_content(folder / "report.html");
}

seg::Json content_in(const std::string& page) {
  const std::string start = "id=\"content\">";
  const auto at = page.find(start) + start.size();
  return seg::Json::parse(page.substr(at, page.find("</script>", at) - at));
}

}  // namespace

TEST_CASE("report tells what plan, train, predict and evaluate left behind") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  const seg::Json planned = content_in(report_of(work));
  CHECK_FALSE(planned["plans"][0]["why"].empty());
  CHECK(planned["trainings"].empty());

  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const seg::Json trained = content_in(report_of(work));
  CHECK(trained["trainings"][0]["folds"][0]["epochs"] == 1);
  CHECK(trained["trainings"][0]["folds"][0]["state"] == "validated");
  CHECK(trained["evaluations"][0]["groups"][0]["foreground_mean"]["Dice"] ==
        seg::read_json(model_in(work) / "fold_0/seg_train.json")["validation_dice"]);
  for (const auto& one : trained["records"]) CHECK(one["record"]["peak_memory_bytes"] > 1'000'000);
  CHECK(content_in(report_of(model_in(work)))["plans"][0]["why"] == planned["plans"][0]["why"]);

  const fs::path out = folder / "out", dataset = folder / "Dataset001_Ball";
  REQUIRE(run_seg({"predict", "-m", model_in(work).string(), "-i", (dataset / "imagesTr").string(),
                   "-o", out.string(), "--no-mirroring"})
              .exit_code == 0);
  CHECK(content_in(report_of(out))["pictures"][0]["cases"].size() == 3);
  REQUIRE(run_seg({"evaluate", "--prediction", out.string(), "--reference",
                   (dataset / "labelsTr").string()})
              .exit_code == 0);
  const seg::Json evaluated = content_in(report_of(out));
  CHECK(evaluated["kind"] == "predictions");
  CHECK(evaluated["evaluations"][0]["groups"][0]["mean"]["Dice"][0] ==
        seg::read_json(out / "summary.json")["mean"]["1"]["Dice"]);
  CHECK(evaluated["pictures"][0]["cases"][0]["rank"] == "best");
}

TEST_CASE("a browser draws every section of a report, and asks nothing of the network") {
  if (std::system("chromium --version >/dev/null 2>&1 && python3 --version >/dev/null 2>&1") != 0)
    return skip("no chromium or python3 here");
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", out = folder / "out", data = folder / "Dataset001_Ball";
  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const std::string model = model_in(work).string(), scans = (data / "imagesTr").string();
  REQUIRE(run_seg({"predict", "-m", model, "-i", scans, "-o", out.string()}).exit_code == 0);
  REQUIRE(run_seg({"evaluate", "-i", out.string(), "--reference", (data / "labelsTr").string()})
              .exit_code == 0);
  std::string command = "python3 '" SEG_SOURCE "/scripts/check_report.py'";
  for (const fs::path& reported : {work, fs::path(model), out}) {
    report_of(reported);
    command += " '" + (reported / "report.html").string() + "'";
  }
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("plans that have a name leave the record of plans.json alone") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path records = folder / "work/records";
  const std::string first = file_content(records / "plan.json");
  REQUIRE(run_seg({"plan", (folder / "Dataset001_Ball").string(), "--work",
                   (folder / "work").string(), "--plans-name", "Mine", "--planner", "resenc-m"})
              .exit_code == 0);
  CHECK(file_content(records / "plan.json") == first);
  CHECK(seg::read_json(records / "plan_Mine.json")["explanation"][0] !=
        seg::read_json(records / "plan.json")["explanation"][0]);
}

TEST_CASE("report takes what predict --list wrote, also when a scan failed") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scans/a_0000.nii.gz");
  write_text(folder / "list", (folder / "scans/a_0000.nii.gz").string() + "\n" +
                                  (folder / "scans/none_0000.nii.gz").string() + "\n");
  const fs::path out = folder / "out";
  CHECK(run_seg({"predict", "-m", (folder / "model").string(), "--list", (folder / "list").string(),
                 "-o", out.string(), "--output-type", "nrrd", "--threads", "1"})
            .exit_code == 1);
  const Outcome outcome = run_seg({"report", out.string(), "--scans", (folder / "scans").string()});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const seg::Json content = content_in(file_content(out / "report.html"));
  CHECK(content["kind"] == "predictions");
  CHECK(content["records"][0]["record"]["cases"] == seg::Json{"a"});
  CHECK(content["records"][0]["record"]["precision"].is_string());
  CHECK(content["pictures"][0]["cases"][0]["has_scan"] == true);
  CHECK(content["pictures"][0]["legend"][0]["name"] == "front");
  CHECK(run_seg({"evaluate", "-i", out.string(), "--reference", out.string()}).exit_code == 0);
}

TEST_CASE("report refuses what it cannot report, in a line") {
  const TemporaryFolder folder;
  const Outcome nothing = run_seg({"report", folder.path().string()});
  CHECK(nothing.exit_code == 1);
  CHECK(nothing.err.find("is neither a work folder") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "report.html"));
  CHECK(run_seg({"report"}).exit_code == 2);
  CHECK(run_seg({"report", folder.path().string(), "--slices", "-1"}).exit_code == 2);
}
