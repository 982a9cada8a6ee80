#include "seg/data/work_folder.hpp"

#include <algorithm>
#include <fstream>

#include "catch.hpp"
#include "seg/data/plan_dataset.hpp"
#include "seg/data/splits.hpp"
#include "seg/data/store.hpp"
#include "seg/plan/error.hpp"
#include "small_dataset.hpp"
#include "test_files.hpp"

using namespace seg;
using namespace seg::data;
namespace fs = std::filesystem;

namespace {

/// Seven planned and preprocessed cases with splits.
struct PlannedWork {
  test::TemporaryFolder root;
  test::SmallDataset scans{root / "Dataset001_Small", 7};
  WorkFolder work{root / "work"};
  std::vector<std::string> said;

  PlannedWork() {
    write_dataset_json();
    plan();
    preprocess();
    read_or_make_splits(work.splits(), names());
    link_reference_labels(work);
  }
  void write_dataset_json() const { write_json(scans.folder() / "dataset.json", scans.json); }
  Reporter reporter() {
    const auto keep = [this](const std::string& line) { said.push_back(line); };
    return {.info = keep, .warning = keep, .progress = {}};
  }
  /// With plans for scans of a usual size: these are too small for a network.
  void plan() {
    plan_dataset(scans.folder(), work,
                 {.planner = {}, .jobs = 1, .like = usual_plans(), .pretraining = {}}, reporter());
  }
  fs::path usual_plans() const {
    plan::Fingerprint fingerprint;
    fingerprint.intensities = {{}};
    fingerprint.shapes_after_crop = {{40, 50, 60}};
    fingerprint.spacings = {{1, 1, 1}};
    const fs::path file = root / "usual.json";
    write_json(file, plan::plan_experiment(scans.dataset(), fingerprint, {}).json);
    return file;
  }
  void preprocess() { preprocess_work(work, {}, reporter()); }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Case& one : work_cases(work)) all.push_back(one.name);
    return all;
  }
  std::vector<std::string> stored() const {
    return stored_cases(work.preprocessed(read_work_plans(work, "").configuration("3d_fullres")));
  }
  bool mentioned(const std::string& text) const {
    return std::ranges::any_of(
        said, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  void remove_case(int number) const {
    fs::remove(scans.image(number));
    fs::remove(scans.label(number));
  }
};

}  // namespace

TEST_CASE("A case that left the dataset leaves splits, preprocessed data and label links, too") {
  PlannedWork planned;
  REQUIRE(planned.stored().size() == 7);
  planned.remove_case(1);
  SECTION("when it is preprocessed again") {
    planned.preprocess();
    CHECK(planned.mentioned("2 files went (scan_1_0000.nii.gz, scan_1.nii.gz)"));
  }
  SECTION("when it is planned again") { planned.plan(); }
  CHECK(planned.stored() == planned.names());
  CHECK(planned.mentioned("the dataset has no longer: scan_1"));
  CHECK(planned.mentioned("was made for other cases (removed: scan_1)"));
  std::vector<std::string> in_splits;
  for (const Json& split : read_json(planned.work.splits()))
    for (const Json& name : split["val"]) in_splits.push_back(name);
  std::ranges::sort(in_splits);
  CHECK(in_splits == planned.names());
  CHECK_FALSE(fs::is_symlink(planned.work.root / "gt_segmentations/scan_1.nii.gz"));
  CHECK(fs::exists(planned.work.root / "gt_segmentations/scan_2.nii.gz"));
}

TEST_CASE("Files that came or changed since planning are told") {
  PlannedWork planned;
  planned.preprocess();
  CHECK_FALSE(planned.mentioned("since it was planned"));
  fs::copy(planned.scans.image(0), planned.scans.folder() / "imagesTr/scan_9_0000.nii.gz");
  fs::copy(planned.scans.label(0), planned.scans.folder() / "labelsTr/scan_9.nii.gz");
  write_image(planned.scans.image(3), planned.scans.voxels() * planned.scans.voxels(),
              planned.scans.geometry());
  planned.preprocess();
  CHECK(planned.mentioned("2 files came (scan_9_0000.nii.gz, scan_9.nii.gz)"));
  CHECK(planned.mentioned("1 file changed (scan_3_0000.nii.gz)"));
  CHECK(planned.stored().size() == 8);
}

TEST_CASE("A dataset.json that says something else than when it was planned is refused") {
  PlannedWork planned;
  planned.scans.json["labels"]["lesion"] = 2;
  planned.write_dataset_json();
  CHECK_THROWS_WITH(planned.preprocess(), ContainsSubstring("its \"labels\" is another"));
  planned.plan();
  CHECK_NOTHROW(planned.preprocess());
}

TEST_CASE("Neither planning nor preprocessing needs splits that can be read") {
  PlannedWork planned;
  write_json(planned.work.splits(), {{"no", "splits"}});
  planned.remove_case(2);
  CHECK_NOTHROW(planned.plan());
  CHECK_NOTHROW(planned.preprocess());
  CHECK(read_json(planned.work.splits()) == Json{{"no", "splits"}});
}

TEST_CASE("Planning anew tells of models that were trained by other plans of the name") {
  PlannedWork planned;
  const auto told = [&planned] {
    return std::ranges::any_of(planned.said, [](const std::string& line) {
      return line.find("other configurations are planned") != std::string::npos;
    });
  };
  planned.plan();
  const fs::path file = plans_files(planned.work).front();
  Json plans = read_json(file);
  plans["configurations"]["3d_fullres"]["batch_size"] = 7;
  write_json(file, plans);
  planned.plan();
  CHECK_FALSE(told());  // nothing is trained
  fs::create_directories(
      planned.work.results("nnUNetTrainer", plans["plans_name"].get<std::string>(), "3d_fullres"));
  planned.plan();
  CHECK_FALSE(told());  // the same plans
  write_json(file, plans);
  planned.plan();
  CHECK(told());
  std::ofstream(file) << "no JSON";
  CHECK_NOTHROW(planned.plan());
  CHECK(read_json(file).contains("configurations"));
}

TEST_CASE("A work folder is not the dataset, and plans have names of files") {
  PlannedWork planned;
  CHECK_THROWS_WITH(plan_dataset(planned.scans.folder(), {planned.scans.folder()}, {}),
                    ContainsSubstring("is the dataset itself"));
  PlanDatasetOptions options;
  for (const char* name : {"../plans", "a/b", "..", ""}) {
    options.planner.plans_name = name;
    CHECK_THROWS_WITH(plan_dataset(planned.scans.folder(), planned.work, options),
                      ContainsSubstring("is no name of a file"));
  }
}

TEST_CASE("a dataset in the place of its work folder is told as such") {
  const PlannedWork place;
  CHECK_THROWS_WITH(read_work_plans({place.scans.folder()}, ""),
                    ContainsSubstring("is a dataset, not the work folder"));
}
