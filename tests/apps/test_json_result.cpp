#include "catch.hpp"
#include "seg/plan/files.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

// Results that other programs read: standard output is one JSON document.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

Json result_of(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = run_seg(arguments);
  INFO(arguments.front() << ": " << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return Json::parse(outcome.out);
}

/// Two label maps of one voxel's difference, and their references; the second has no ball.
void write_evaluated(const fs::path& folder) {
  write_json(folder / "dataset.json", tiny_dataset_json());
  for (const int number : {0, 1}) {
    const at::Tensor label = number == 0 ? ball(0).label : at::zeros({16, 18, 20}, at::kShort);
    data::write_label_map(folder / "labels" / (case_name(number) + ".nii.gz"), label, {});
    label[0][0][0] = 1;
    data::write_label_map(folder / "predictions" / (case_name(number) + ".nii.gz"), label, {});
  }
}

}  // namespace

TEST_CASE("plan, train's folder and inspect tell as JSON what lies where") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path work = folder / "work";
  const Json planned = result_of({"plan", (folder / "Dataset001_Ball").string(), "--work",
                                  work.string(), "--verify", "--explain"});
  CHECK(planned["work"] == work.string());
  CHECK(planned["plans"] == (work / "plans.json").string());
  const Json plans = read_json(work / "plans.json");
  const Json& configuration = plans["configurations"]["3d_fullres"];
  CHECK(planned["configurations"]["3d_fullres"]["patch"] == configuration["patch_size"]);
  CHECK(planned["configurations"]["3d_fullres"]["batch"] == configuration["batch_size"]);
  CHECK_FALSE(planned["explanation"].empty());
  CHECK(planned["splits"].is_null());
  const Json alone = result_of(
      {"plan", "--from-fingerprint", (work / "dataset_fingerprint.json").string(), "--dataset-json",
       (work / "dataset.json").string(), "--out", (folder / "plans.json").string()});
  CHECK(alone["configurations"] == planned["configurations"]);

  const Json dataset = result_of({"inspect", (folder / "Dataset001_Ball").string()});
  CHECK(dataset["kind"] == "dataset");
  CHECK(dataset["labels"]["ball"] == Json{1});
  CHECK(dataset["training_cases"] == 5);
  CHECK(result_of({"inspect", (work / "plans.json").string()})["configurations"] ==
        planned["configurations"]);
  const Json fingerprint = result_of({"inspect", (work / "dataset_fingerprint.json").string()});
  CHECK(fingerprint["cases"] == 5);
  CHECK(fingerprint["channels"][0]["mean"] > 50);
  const Json scan =
      result_of({"inspect", (folder / "Dataset001_Ball/imagesTr/ball_0_0000.nii.gz").string()});
  CHECK(scan["shape"] == Json{1, 16, 18, 20});
  CHECK(scan["spacing"] == Json{1.5, 1.0, 1.0});
  CHECK(scan["values"]["maximum"] > 100);
  CHECK(result_of({"status", work.string()})["cases"] == 5);
  CHECK(run_seg({"plan", (folder / "Dataset001_Ball").string(), "--json", "--dry-run"}).exit_code ==
        2);
}

TEST_CASE("predict and inspect tell as JSON what was written and what a model holds") {
  const TemporaryFolder folder;
  const fs::path model = folder / "model", out = folder / "out";
  write_small_model(model, {"0", "1"});
  for (const char* name : {"a", "b"})
    write_small_scan(folder / (std::string("scans/") + name + "_0000.nii.gz"));
  const std::vector<std::string> predict{"predict", "-m", model.string(), "--threads", "1", "-i"};
  const auto with = [&](const std::vector<std::string>& more) {
    auto arguments = predict;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return result_of(arguments);
  };
  const Json made =
      with({(folder / "scans").string(), "-o", out.string(), "--output-type", "nrrd"});
  REQUIRE(made["segmentations"].size() == 2);
  for (const Json& one : made["segmentations"]) {
    CHECK(one["file"] == (out / (one["case"].get<std::string>() + ".nrrd")).string());
    CHECK(fs::exists(one["file"].get<std::string>()));
  }
  CHECK(with({(folder / "scans").string(), "-o", out.string(), "--output-type",
              "nrrd"})["segmentations"]
            .empty());
  const std::string file = (folder / "one.mha").string();
  CHECK(with({(folder / "scans/a_0000.nii.gz").string(), "-o", file})["segmentations"] ==
        Json::array({{{"case", "a"}, {"file", file}}}));
  CHECK(read_json(out / "seg_predict.json")["precision"].is_string());

  const Json described = result_of({"inspect", model.string()});
  CHECK(described["kind"] == "model");
  CHECK(described["folds"] == Json{"fold_0", "fold_1"});
  const Json checkpoint = result_of({"inspect", (model / "fold_0/checkpoint_final.pth").string()});
  CHECK(checkpoint["origin"]["trainer"] == "nnUNetTrainer");
  CHECK(checkpoint["weights"].size() > 3);
  CHECK(checkpoint["numbers"] > 100);
}

TEST_CASE("where some scans fail, predict tells those that are done and those that are not") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  for (const char* name : {"a", "b"})
    write_small_scan(folder / (std::string("scans/") + name + "_0000.nii.gz"));
  write_text(folder / "scans/c_0000.nii.gz", "no image");
  const auto predict = [&](const std::string& scans, const std::string& output) {
    return run_seg({"predict", "-m", (folder / "model").string(), "-i", (folder / scans).string(),
                    "-o", (folder / output).string(), "--threads", "1", "--json"});
  };
  const Outcome outcome = predict("scans", "out");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  const Json told = Json::parse(outcome.out);
  REQUIRE(told["segmentations"].size() == 2);
  CHECK(told["segmentations"][1]["file"] == (folder / "out/b.nii.gz").string());
  REQUIRE(told["failed"].size() == 1);
  CHECK(told["failed"][0]["case"] == "c");
  CHECK(contains(told["failed"][0]["error"].get<std::string>(), "c_0000.nii.gz: "));
  CHECK(told["failed"][0]["kind"] == "bad_input");
  CHECK(read_json(folder / "out/seg_predict.json")["failed"] == told["failed"]);
  CHECK(times(outcome.err, "case c: ") == 1);
  CHECK(lines_with(outcome.err, "error: ") ==
        std::vector<std::string>{"error: 1 of 3 cases was not segmented; the lines above say why"});

  write_text(folder / "scans/b_0000.nii.gz", "no image any more");
  const Outcome again = predict("scans", "out");
  const Json skipped = Json::parse(again.out);
  CHECK(skipped["segmentations"].empty());
  CHECK(skipped["skipped"] ==
        Json::array({{{"case", "a"}, {"file", (folder / "out/a.nii.gz").string()}}}));
  CHECK(skipped["failed"].size() == 2);
  CHECK(contains(again.err, "earlier segmentations stay there of cases that failed now: b"));

  const Outcome alone = predict("scans/c_0000.nii.gz", "alone");
  CHECK(alone.exit_code == 1);
  CHECK(times(alone.err, "c_0000.nii.gz") == 1);
  REQUIRE(lines_with(alone.err, "error: ").size() == 1);
  CHECK(contains(lines_with(alone.err, "error: ")[0], "c_0000.nii.gz: "));
}

TEST_CASE("where some cases fail, evaluate tells those that are compared and those that are not") {
  const TemporaryFolder folder;
  write_evaluated(folder.path());
  write_text(folder / "predictions/ball_1.nii.gz", "no image");
  const std::string predictions = (folder / "predictions").string(),
                    labels = (folder / "labels").string();
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"evaluate", "-i", predictions, "--reference", labels, "--json"},
           {"evaluate", "--compare", predictions, labels, "--reference", labels, "--json"}}) {
    const Outcome outcome = run_seg(command);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 1);
    const Json told = Json::parse(outcome.out);
    REQUIRE(told["failed"].size() == 1);
    CHECK(told["failed"][0]["case"] == "ball_1");
    CHECK(times(outcome.err, "case ball_1: ") == 1);
    CHECK(contains(outcome.err, "error: 1 of 2 cases was not evaluated; the lines above say why"));
  }
  CHECK_FALSE(fs::exists(folder / "predictions/summary.json"));
}

TEST_CASE("an evaluation that lacks cases prints what it measured, and leaves the earlier file") {
  const TemporaryFolder folder;
  write_evaluated(folder.path());
  const std::vector<std::string> evaluate{"evaluate", "-i", (folder / "predictions").string(),
                                          "--reference", (folder / "labels").string()};
  const Json whole = result_of(evaluate);
  const std::string summary = seg::test::bytes_of(folder / "predictions/summary.json");
  write_text(folder / "predictions/ball_1.nii.gz", "no image");
  const Outcome text = run_seg(evaluate);
  CHECK(text.exit_code == 1);
  CHECK(contains(text.out, "only of 1 of 2 cases, in no file:"));
  CHECK(contains(text.out, "ball_0.nii.gz"));
  CHECK(contains(text.err, "summary.json: is of an earlier evaluation and stays as it is"));

  auto as_json = evaluate;
  as_json.emplace_back("--json");
  const Json part = Json::parse(run_seg(as_json).out);
  REQUIRE(part["metric_per_case"].size() == 1);
  CHECK(part["metric_per_case"][0] == whole["metric_per_case"][0]);
  CHECK(part["mean"]["1"]["Dice"] == part["metric_per_case"][0]["metrics"]["1"]["Dice"]);
  CHECK(part["failed"][0]["case"] == "ball_1");
  CHECK(seg::test::bytes_of(folder / "predictions/summary.json") == summary);

  write_text(folder / "predictions/ball_0.nii.gz", "nor one");
  const Json none = Json::parse(run_seg(as_json).out);
  CHECK(none["metric_per_case"].empty());
  CHECK(none["failed"].size() == 2);
}

TEST_CASE("evaluate and its comparison tell as JSON what they measured, undefined ones as null") {
  const TemporaryFolder folder;
  write_evaluated(folder.path());
  const std::string predictions = (folder / "predictions").string();
  const std::vector<std::string> evaluate{
      "evaluate",  "-i",       predictions, "--reference", (folder / "labels").string(),
      "--metrics", "dice,hd95"};
  const Json summary = result_of(evaluate);
  CHECK(summary["metric_per_case"].size() == 2);
  CHECK(summary["metric_per_case"][1]["metrics"]["1"]["HD95"].is_null());
  CHECK(summary["cases_left_out_of_mean"] == Json{{"1", {{"HD95", 1}}}});
  CHECK(summary["mean"]["1"]["HD95"] ==
        read_json(fs::path(predictions) / "summary.json")["mean"]["1"]["HD95"]);
  auto demanding = evaluate;
  demanding.insert(demanding.end(), {"--minimum-dice", "0.99", "--json"});
  const Outcome failed = run_seg(demanding);
  CHECK(failed.exit_code == 1);
  CHECK(Json::parse(failed.out)["mean"] == summary["mean"]);

  const Json same = result_of({"evaluate", "--compare", predictions, predictions});
  CHECK(same["cases"] == 2);
  CHECK(same["labels"]["1"]["Dice"]["mean_difference"] == 0.0);
  CHECK(same["a"] == predictions);
}

TEST_CASE(
    "a label that one of two predictions alone holds is compared without a dataset.json, too") {
  const TemporaryFolder folder;
  at::Tensor map = at::zeros({3, 9, 9}, at::kShort);
  map.slice(1, 2, 5).fill_(1);
  for (const char* name : {"labels/a.nii.gz", "one/a.nii.gz"})
    data::write_label_map(folder / name, map, {});
  map.slice(1, 7).slice(2, 0, 2).fill_(2);
  data::write_label_map(folder / "other/a.nii.gz", map, {});
  const auto path = [&](const char* name) { return (folder / name).string(); };
  const Json compared = result_of(
      {"evaluate", "--compare", path("one"), path("other"), "--reference", path("labels")});
  CHECK(compared["labels"]["2"]["FP"]["mean_a"] == 0.0);
  CHECK(compared["labels"]["2"]["FP"]["mean_b"] == 12.0);
}

TEST_CASE("select and doctor tell as JSON what they found") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const Json selected = result_of({"select", work.string(), "--folds", "0"});
  CHECK(selected["best"] == model_in(work).filename().string());
  REQUIRE(selected["candidates"].size() == 1);
  CHECK(selected["candidates"][0]["models"][0]["configuration"] == "3d_fullres");
  CHECK(selected["predict_with"] == Json::array({Json::array({model_in(work).string()})}));
  for (const char* file : {"postprocessing", "information", "instructions"})
    CHECK(fs::exists(selected[file].get<std::string>()));

  const Json machine = result_of({"doctor"});
  CHECK(machine["cores"] > 0);
  CHECK(machine["what_to_do"].is_array());
  CHECK(machine["versions"].contains("LibTorch"));
  CHECK(machine["device"].is_string());
}
