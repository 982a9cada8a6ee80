#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

// Options whose effect the other tests of commands do not show.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Predicts with a small model, without mirroring, which would hide how a scan was turned.
at::Tensor predicted(const fs::path& model, const fs::path& scan,
                     const std::vector<std::string>& options) {
  const TemporaryFolder folder;
  const fs::path out = folder / "out.nii.gz";
  std::vector<std::string> arguments{"predict",     "-m", model.string(), "-i",
                                     scan.string(), "-o", out.string(),   "--no-mirroring",
                                     "--threads",   "1"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Outcome outcome = run_seg(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return data::read_label_map(out).data;
}

std::string sha256_of(const fs::path& file) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen(("sha256sum '" + file.string() + "'").c_str(), "r"), &pclose);
  std::array<char, 65> text{};
  REQUIRE(std::fread(text.data(), 1, 64, pipe.get()) == 64);
  return text.data();
}

/// One case that is off by a voxel, in folders of its own without a dataset.json.
struct TwoMaps {
  TemporaryFolder folder;
  fs::path prediction = folder / "prediction", reference = folder / "reference";

  explicit TwoMaps(const data::Geometry& of_prediction = {}) {
    at::Tensor map = at::zeros({5, 8, 8}, at::kShort);
    map.slice(0, 1, 4).slice(1, 2, 5).slice(2, 2, 5).fill_(1);
    data::write_label_map(reference / "one.nii.gz", map, {});
    data::write_label_map(prediction / "one.nii.gz", map.roll(1, 2), of_prediction);
  }
  Outcome evaluated(const std::vector<std::string>& options) const {
    std::vector<std::string> arguments{"evaluate", "--prediction", prediction.string(),
                                       "--reference", reference.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_seg(arguments);
  }
};

}  // namespace

TEST_CASE("evaluate measures and writes what its options ask for, and nothing more") {
  const TwoMaps maps;
  const std::string csv = (maps.folder / "table.csv").string();
  const Outcome outcome = maps.evaluated(
      {"--metrics", "hd95,nsd", "--nsd-tolerance", "0.5,1", "--confidence", "--csv", csv});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(lines_with(outcome.out, "HD95").size() == 1);
  const Json summary = read_json(maps.prediction / "summary.json");
  const Json& mean = summary["mean"]["1"];
  CHECK(mean["HD95"] == 1.0);
  CHECK(mean["NSD at 1 mm"] == 1.0);
  CHECK(mean["NSD at 0.5 mm"] < 1.0);
  CHECK_FALSE(mean.contains("HD"));
  CHECK(summary["confidence_95"]["1"]["HD95"]["low"] == 1.0);
  CHECK(bytes_of(csv).starts_with("case,label,Dice,"));
  // Of one case all means are that case's.
  CHECK(contains(outcome.out, "mean        0.6667 [0.6667, 0.6667]\n"));
  CHECK(contains(outcome.out, "HD95           1.0000 [1.0000, 1.0000]\n"));
  CHECK(contains(outcome.out, "in brackets: 95 % intervals of the means"));
  for (const char* line : {"\r\nmean low_95,1,0.66666", "\r\nmean high_95,1,0.66666"})
    CHECK(contains(bytes_of(csv), line));

  REQUIRE(maps.evaluated({}).exit_code == 0);
  const Json plain = read_json(maps.prediction / "summary.json");
  CHECK_FALSE(plain["mean"]["1"].contains("HD95"));
  CHECK_FALSE(plain.contains("confidence_95"));
  const Outcome without = maps.evaluated({"--csv", csv});
  CHECK_FALSE(contains(without.out, "["));
  CHECK_FALSE(contains(bytes_of(csv), "low_95"));
  CHECK(maps.evaluated({"--nsd-tolerance", "1"}).exit_code == 2);
  CHECK(maps.evaluated({"--metrics", "hausdorff"}).exit_code == 2);
}

TEST_CASE("strict geometry refuses what is a warning otherwise") {
  data::Geometry elsewhere;
  elsewhere.origin = {0, 0, 30};
  const TwoMaps maps(elsewhere);
  const Outcome warned = maps.evaluated({});
  CHECK(warned.exit_code == 0);
  CHECK(contains(warned.err, "origin"));
  expect_error(maps.evaluated({"--strict-geometry"}), "one.nii.gz", maps.folder.path());
}

TEST_CASE("predict takes the checkpoint of the name that it is given") {
  const TemporaryFolder folder;
  const fs::path model = folder / "model", scan = folder / "scan_0000.nii.gz";
  write_small_model(model, {"0", "1"});
  write_small_scan(scan);
  fs::copy_file(model / "fold_1/checkpoint_final.pth", model / "fold_0/mine.pth");
  const at::Tensor own = predicted(model, scan, {"-f", "0"});
  const at::Tensor other = predicted(model, scan, {"-f", "1"});
  CHECK_FALSE(at::equal(own, other));
  CHECK(at::equal(predicted(model, scan, {"-f", "0", "--checkpoint", "mine.pth"}), other));
}

TEST_CASE("a scan that is turned to RAS is segmented alike however it is stored") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  at::manual_seed(3);
  const at::Tensor voxels = at::rand({14, 20, 18});
  data::Geometry geometry, turned;
  turned.direction[0] = -1;
  turned.origin[0] = 17;
  data::write_image(folder / "a_0000.nii.gz", voxels, geometry);
  data::write_image(folder / "b_0000.nii.gz", voxels.flip(2), turned);
  const auto both = [&](const std::string& orientation) {
    const auto one = [&](const char* name) {
      return predicted(folder / "model", folder / name, {"--orientation", orientation});
    };
    return std::pair{one("a_0000.nii.gz"), one("b_0000.nii.gz").flip(3)};
  };
  const auto [ras_a, ras_b] = both("RAS");
  CHECK(at::equal(ras_a, ras_b));
  const auto [stored_a, stored_b] = both("stored");
  CHECK_FALSE(at::equal(stored_a, stored_b));
  CHECK(run_seg({"predict", "-m", "m", "-i", "s", "-o", "o", "--orientation", "LPS"}).exit_code ==
        2);
}

TEST_CASE("a previous stage is refused by a model that has none") {
  const TemporaryFolder folder;
  write_small_model(folder / "model", {"0"});
  write_small_scan(folder / "scan_0000.nii.gz");
  const Outcome outcome = run_seg(
      {"predict", "-m", (folder / "model").string(), "-i", (folder / "scan_0000.nii.gz").string(),
       "-o", (folder / "out").string(), "--previous-stage", folder.path().string()});
  CHECK(outcome.exit_code == 2);
  CHECK(contains(outcome.err, "is for a cascade, and 3d_fullres is none"));
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("a training starts from the pretrained checkpoint whose checksum was given") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const fs::path weights = folder / "weights.pth";
  fs::copy_file(model_in(work) / "fold_0/checkpoint_final.pth", weights);
  auto arguments = tiny_training(work);
  *(std::ranges::find(arguments, "--fold") + 1) = "1";
  arguments.insert(arguments.end(), {"--pretrained", weights.string(), "--pretrained-sha256"});
  const std::string another(64, '0');
  arguments.push_back(another);
  expect_error(run_seg(arguments), weights.string(), work);
  arguments.back() = sha256_of(weights);
  const Outcome outcome = run_seg(arguments);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(contains(bytes_of(model_in(work) / "fold_1/training_log.txt"), "weights.pth"));
}

TEST_CASE("compare tells how two predictions differ, and takes no option that it would ignore") {
  const TwoMaps maps;
  const fs::path exact = maps.folder / "exact", comparison = maps.folder / "comparison.json",
                 table = maps.folder / "comparison.csv";
  fs::create_directories(exact);
  fs::copy_file(maps.reference / "one.nii.gz", exact / "one.nii.gz");
  const auto compared = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"evaluate", "--compare", maps.prediction.string(),
                                       exact.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_seg(arguments);
  };
  const auto check = [&](const Outcome& outcome) {
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    // 18 of 27 voxels each are in both.
    const Json dice = read_json(comparison)["labels"]["1"]["Dice"];
    CHECK(dice["cases"] == 1);
    CHECK(dice["mean_a"].get<double>() == Approx(2.0 / 3));
    CHECK(dice["mean_b"] == 1.0);
    CHECK(dice["mean_difference"].get<double>() == Approx(1.0 / 3));
    CHECK(dice["p_value"] == 1.0);  // of one difference
    CHECK(contains(bytes_of(table), "1,Dice,1,0.666"));
  };
  const std::vector<std::string> written{"--output", comparison.string(), "--csv", table.string()};
  auto measured = written;
  measured.insert(measured.end(), {"--reference", maps.reference.string(), "--metrics", "hd"});
  check(compared(measured));
  CHECK(read_json(comparison)["labels"]["1"]["HD"]["mean_a"] == 1.0);
  CHECK_FALSE(fs::exists(maps.prediction / "summary.json"));
  fs::remove(comparison);

  expect_error(compared(written), "summary.json", maps.folder.path());
  REQUIRE(maps.evaluated({}).exit_code == 0);
  REQUIRE(
      run_seg({"evaluate", "--prediction", exact.string(), "--reference", maps.reference.string()})
          .exit_code == 0);
  check(compared(written));
  fs::last_write_time(maps.prediction / "one.nii.gz",
                      fs::last_write_time(comparison) + std::chrono::hours(1));
  const Outcome stale = compared(written);  // of earlier segmentations, which is told
  check(stale);
  CHECK(contains(stale.err, (maps.prediction / "summary.json").string() + ": is older than"));
  CHECK(lines_with(compared(measured).err, "warning: ").empty());
  REQUIRE(maps.evaluated({"--metrics", "hd"}).exit_code == 0);
  const Outcome told = compared({"--json"});
  CHECK(contains(told.err, "metrics that are only in A, not in B are not compared: HD of label 1"));
  CHECK(Json::parse(told.out)["only_in_a"] == Json{{"1", {"HD"}}});
  fs::remove(table);
  const Outcome alone = compared({"--csv", table.string()});
  INFO(alone.err);
  CHECK(alone.exit_code == 0);
  CHECK(contains(bytes_of(table), "label,metric,cases,mean_a,mean_b,mean_difference,"));
  CHECK(contains(bytes_of(table), "1,Dice,1,0.666"));
  write_json(exact / "dataset.json", tiny_dataset_json());
  const Outcome named = compared({"--csv", table.string()});
  CHECK(contains(named.out, "\nball   Dice"));
  CHECK(contains(bytes_of(table), "ball,Dice,1,0.666"));
  for (const std::vector<std::string>& ignored : {std::vector<std::string>{"--metrics", "hd"},
                                                  {"--strict-geometry"},
                                                  {"--confidence"},
                                                  {"--minimum-dice", "0.5"},
                                                  {"--prediction", exact.string()}})
    CHECK(compared(ignored).exit_code == 2);
}

TEST_CASE("evaluate's help says when a lesion counts as found") {
  const Outcome outcome = run_seg({"evaluate", "-h"});
  CHECK(contains(outcome.out, "faces, edges or corners"));
  CHECK(contains(outcome.out, "one voxel shared"));
}

TEST_CASE("a training without checkpoints leaves its validation") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  auto arguments = tiny_training(folder / "work");
  arguments.emplace_back("--no-checkpoints");
  const Outcome outcome = run_seg(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const fs::path fold = model_in(folder / "work") / "fold_0";
  CHECK(fs::exists(fold / "validation/summary.json"));
  for (const auto& entry : fs::recursive_directory_iterator(fold))
    CHECK(entry.path().extension() != ".pth");
  arguments.emplace_back("--resume");
  CHECK(run_seg(arguments).exit_code == 2);
}

TEST_CASE("select compares the models of the trainer that it is told, with or without ensembles") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  const std::string trainer = "nnUNetTrainerNoMirroring";
  for (const std::string configuration : {"2d", "3d"}) {
    auto arguments = tiny_training(work);
    *(std::ranges::find(arguments, "--config") + 1) = configuration;
    arguments.insert(arguments.end(), {"--trainer", trainer, "--save-probabilities"});
    const Outcome trained = run_seg(arguments);
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }
  CHECK(run_seg({"select", work.string(), "--folds", "0"}).exit_code == 1);
  const std::vector<std::string> select{"select", work.string(), "--folds",
                                        "0",      "--trainer",   trainer};
  auto single = select;
  single.push_back("--no-ensembling");
  const Outcome alone = run_seg(single);
  INFO(alone.err);
  REQUIRE(alone.exit_code == 0);
  CHECK(lines_with(alone.out, "best: " + trainer).size() == 1);
  CHECK_FALSE(fs::exists(work / "results/ensembles"));
  REQUIRE(run_seg(select).exit_code == 0);
  CHECK(fs::exists(work / "results/ensembles"));
}
