#include <fstream>
#include <functional>
#include <limits>

#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_dataset.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

constexpr auto image_2 = "imagesTr/ball_2_0000.nii.gz";
constexpr auto label_2 = "labelsTr/ball_2.nii.gz";

void change_dataset_json(const fs::path& dataset, const std::function<void(seg::Json&)>& change) {
  seg::Json json = tiny_dataset_json();
  change(json);
  seg::write_json(dataset / "dataset.json", json);
}

/// Spoils a sound dataset, plans it, and expects an error that names `named`.
void expect_plan_error(const std::function<void(const fs::path&)>& spoil,
                       const std::string& named) {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball", work = folder / "work";
  write_tiny_dataset(dataset);
  spoil(dataset);
  expect_error(run_seg({"plan", dataset.string(), "--work", work.string()}), named, folder.path());
  CHECK_FALSE(fs::exists(work / "plans.json"));
}

}  // namespace

TEST_CASE("plan names a truncated scan") {
  expect_plan_error(
      [](const fs::path& dataset) {
        fs::resize_file(dataset / image_2, fs::file_size(dataset / image_2) / 2);
      },
      "ball_2_0000.nii.gz");
}

TEST_CASE("plan names a text file with a scan's ending") {
  expect_plan_error(
      [](const fs::path& dataset) { write_text(dataset / image_2, "these are no voxels\n"); },
      "ball_2_0000.nii.gz");
}

TEST_CASE("plan names an empty scan file") {
  expect_plan_error([](const fs::path& dataset) { write_text(dataset / image_2, ""); },
                    "ball_2_0000.nii.gz");
}

TEST_CASE("plan names a label map of another shape") {
  expect_plan_error(
      [](const fs::path& dataset) {
        seg::data::write_label_map(dataset / label_2, ball(2).label.slice(0, 0, 10),
                                   tiny_geometry());
      },
      "ball_2");
}

TEST_CASE("plan names a label value that dataset.json does not") {
  expect_plan_error(
      [](const fs::path& dataset) {
        seg::data::write_label_map(dataset / label_2, ball(2).label * 7, tiny_geometry());
      },
      "ball_2.nii.gz");
}

TEST_CASE("plan names a case without a label map") {
  expect_plan_error([](const fs::path& dataset) { fs::remove(dataset / label_2); }, "ball_2");
}

TEST_CASE("plan names a case that lacks a channel") {
  expect_plan_error(
      [](const fs::path& dataset) {
        change_dataset_json(dataset, [](seg::Json& json) { json["channel_names"]["1"] = "CT"; });
      },
      "ball_0_0001.nii.gz");
}

TEST_CASE("plan names a scan with a voxel that is no number") {
  expect_plan_error(
      [](const fs::path& dataset) {
        at::Tensor image = ball(2).image.clone();
        image[3][4][5] = std::numeric_limits<float>::quiet_NaN();
        seg::data::write_image(dataset / image_2, image, tiny_geometry());
      },
      "ball_2_0000.nii.gz");
}

TEST_CASE("plan says that dataset.json is missing") {
  expect_plan_error([](const fs::path& dataset) { fs::remove(dataset / "dataset.json"); },
                    "dataset.json");
}

TEST_CASE("plan says that dataset.json is not JSON") {
  expect_plan_error(
      [](const fs::path& dataset) { write_text(dataset / "dataset.json", "{\"labels\": {"); },
      "dataset.json");
}

TEST_CASE("plan says that dataset.json lacks the background") {
  expect_plan_error(
      [](const fs::path& dataset) {
        change_dataset_json(dataset, [](seg::Json& json) { json["labels"].erase("background"); });
      },
      "dataset.json");
}

TEST_CASE("plan names labels that are not consecutive") {
  expect_plan_error(
      [](const fs::path& dataset) {
        change_dataset_json(dataset, [](seg::Json& json) { json["labels"]["vessel"] = 3; });
      },
      "no label comes just before 3");
}

TEST_CASE("plan names a file ending without its dot") {
  expect_plan_error(
      [](const fs::path& dataset) {
        change_dataset_json(dataset, [](seg::Json& json) { json["file_ending"] = "nii.gz"; });
      },
      "\"file_ending\" is \"nii.gz\"");
}

TEST_CASE("plan names a case key that leads out of the work folder") {
  expect_plan_error(
      [](const fs::path& dataset) {
        change_dataset_json(dataset, [](seg::Json& json) {
          json["dataset"]["../../ball"] = {{"images", {image_2}}, {"label", label_2}};
        });
      },
      "../../ball");
}

TEST_CASE("plan says that there are no scans") {
  expect_plan_error(
      [](const fs::path& dataset) {
        fs::remove_all(dataset / "imagesTr");
        fs::create_directory(dataset / "imagesTr");
      },
      "imagesTr");
}

TEST_CASE("plan names a work folder that cannot be made") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  write_text(folder / "file", "not a folder");
  expect_error(run_seg({"plan", (folder / "Dataset001_Ball").string(), "--work",
                        (folder / "file").string() + "/work"}),
               "file/work", folder.path());
}

TEST_CASE("plan --verify lists everything that is wrong before any work") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball";
  write_tiny_dataset(dataset);
  write_text(dataset / image_2, "these are no voxels\n");
  seg::data::write_label_map(dataset / "labelsTr/ball_4.nii.gz", ball(4).label * 7,
                             tiny_geometry());
  const Outcome outcome =
      run_seg({"plan", dataset.string(), "--work", (folder / "work").string(), "--verify"});
  expect_error(outcome, "Dataset001_Ball", folder.path());
  CHECK(outcome.out.find("ball_2_0000.nii.gz") != std::string::npos);
  CHECK(outcome.out.find("ball_4.nii.gz") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "work"));
}

TEST_CASE("plan --verify tells of the labels, the split file and the scans in one table") {
  const TemporaryFolder folder;
  const fs::path dataset = folder / "Dataset001_Ball", work = folder / "work";
  write_tiny_dataset(dataset);
  fs::remove(dataset / image_2);
  fs::create_symlink(folder / "nothing.nii.gz", dataset / image_2);
  change_dataset_json(dataset, [](seg::Json& json) { json["labels"]["vessel"] = 3; });
  seg::write_json(work / "splits_final.json",
                  seg::Json::array({{{"train", {"ball_0", "ball_1"}}, {"val", {"ball_1"}}}}));
  const Outcome outcome = run_seg({"plan", dataset.string(), "--work", work.string(), "--verify"});
  expect_error(outcome, "Dataset001_Ball", folder.path());
  for (const char* text : {"just before 3", "links to", "fold 0 validates cases that it trains on",
                           "it has 1 fold(s)"}) {
    INFO(text);
    CHECK(outcome.out.find(text) != std::string::npos);
  }
}
