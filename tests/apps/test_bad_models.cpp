#include <fstream>
#include <functional>
#include <set>

#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// Plans a tiny dataset, spoils WORK, trains, and expects an error that names `named`.
void expect_train_error(const std::function<void(const fs::path&)>& spoil,
                        const std::string& named) {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  spoil(folder / "work");
  expect_error(run_seg(tiny_training(folder / "work")), named, folder.path());
  CHECK_FALSE(fs::exists(model_in(folder / "work") / "fold_0/checkpoint_final.pth"));
}

void change_plans(const fs::path& work, const std::string& from, const std::string& to) {
  std::string text = file_content(work / "plans.json");
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  write_text(work / "plans.json", text);
}

}  // namespace

TEST_CASE("train names plans that cannot be read") {
  expect_train_error(
      [](const fs::path& work) {
        fs::resize_file(work / "plans.json", fs::file_size(work / "plans.json") / 2);
      },
      "plans.json");
}

TEST_CASE("train names a network class that seg does not know") {
  expect_train_error(
      [](const fs::path& work) { change_plans(work, ".PlainConvUNet\"", ".WonderNet\""); },
      "WonderNet");
}

TEST_CASE("train names a configuration that the plans lack") {
  expect_train_error(
      [](const fs::path& work) { change_plans(work, "\"3d_fullres\"", "\"other\""); },
      "3d_fullres");
}

TEST_CASE("train says that a folder was not planned") {
  const TemporaryFolder folder;
  expect_error(run_seg(tiny_training(folder / "nowhere")), "nowhere", folder.path());
  CHECK_FALSE(fs::exists(folder / "nowhere"));
}

TEST_CASE("train says that the dataset is no longer there") {
  expect_train_error(
      [](const fs::path& work) { fs::remove_all(work.parent_path() / "Dataset001_Ball"); },
      "Dataset001_Ball");
}

TEST_CASE("train names a device that is not there") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  expect_error(
      run_seg({"train", (folder / "work").string(), "--config", "3d", "--device", "cuda:99"}),
      "cuda:99", folder.path());
}

TEST_CASE("predict names what is wrong with a model, a scan or the output folder") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  REQUIRE(run_seg(tiny_training(folder / "work")).exit_code == 0);
  const fs::path model = model_in(folder / "work");
  const fs::path scan = folder / "Dataset001_Ball/imagesTr/ball_1_0000.nii.gz";
  const auto predict = [&](const fs::path& from, const fs::path& input, const fs::path& output) {
    return run_seg({"predict", "-m", from.string(), "-i", input.string(), "-o", output.string(),
                    "--device", "cpu"});
  };

  expect_error(predict(folder.path(), scan, folder / "out"), folder.path().string(), folder.path());
  expect_error(predict(model, folder / "no_scans", folder / "out"), "no_scans", folder.path());
  write_text(folder / "broken_0000.nii.gz", "these are no voxels\n");
  expect_error(predict(model, folder / "broken_0000.nii.gz", folder / "out"), "broken_0000.nii.gz",
               folder.path());
  write_text(folder / "file", "not a folder");
  expect_error(predict(model, scan, folder / "file"), "file", folder.path());
  expect_error(run_seg({"predict", "-m", model.string(), "-i", scan.string(), "-o",
                        (folder / "out").string(), "-f", "3"}),
               "fold_3", folder.path());

  const fs::path other = folder / "other";
  fs::copy(model, other, fs::copy_options::recursive);
  change_plans(other, "32,", "16,");
  expect_error(predict(other, scan, folder / "out"), "checkpoint_final.pth", folder.path());
  const fs::path broken = folder / "broken";
  fs::copy(model, broken, fs::copy_options::recursive);
  fs::resize_file(broken / "fold_0/checkpoint_final.pth", 1000);
  expect_error(predict(broken, scan, folder / "out"), "checkpoint_final.pth", folder.path());
}

TEST_CASE("a floor of Dice is not reached by leaving out predictions") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path labels = folder / "Dataset001_Ball/labelsTr";
  seg::data::write_label_map(folder / "segmented/ball_1.nii.gz", ball(1).label, tiny_geometry());
  std::vector<std::string> command{"evaluate",    "--prediction",  (folder / "segmented").string(),
                                   "--reference", labels.string(), "--minimum-dice",
                                   "0.9"};
  expect_error(run_seg(command), "are missing", folder.path());
  command.push_back("--allow-missing");
  const Outcome outcome = run_seg(command);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.find("missing") != std::string::npos);
}

TEST_CASE("evaluate names a reference that is missing or of another shape") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path labels = folder / "Dataset001_Ball/labelsTr";
  const auto evaluate = [&] {
    return run_seg({"evaluate", "--prediction", (folder / "segmented").string(), "--reference",
                    labels.string(), "--allow-missing"});
  };
  seg::data::write_label_map(folder / "segmented/ball_9.nii.gz", ball(1).label, tiny_geometry());
  expect_error(evaluate(), "ball_9.nii.gz", folder.path());
  fs::remove_all(folder / "segmented");
  seg::data::write_label_map(folder / "segmented/ball_1.nii.gz", ball(1).label.slice(0, 0, 10),
                             tiny_geometry());
  expect_error(evaluate(), "ball_1.nii.gz", folder.path());
  CHECK_FALSE(fs::exists(folder / "segmented/summary.json"));
}

TEST_CASE("a work folder that is given as a model is told together with the models in it") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const std::string work = (folder / "work").string(), model = model_in(folder / "work").string();
  fs::create_directories(fs::path(model) / "fold_0");
  const std::string told = "work: is no model folder; give " + model;
  expect_error(run_seg({"export", work, "-o", (folder / "model.zip").string()}), told,
               folder.path());
  expect_error(run_seg({"predict", "-m", work, "-i", (folder / "Dataset001_Ball/imagesTr").string(),
                        "-o", (folder / "out").string()}),
               told, folder.path());
  write_text(fs::path(model) / "plans.json", "{}");
  write_text(fs::path(model) / "dataset.json", "{}");
  const auto exported = [&](const fs::path& given) {
    return run_seg({"export", given.string(), "-o", (folder / "model.zip").string()});
  };
  expect_error(exported(folder / "work/results"), "is no model folder; give " + model,
               folder.path());
  expect_error(exported(fs::path(model) / "fold_0"), "fold_0: is no model folder; give " + model,
               folder.path());
}

TEST_CASE("a folder of work folders that is given as one is told together with them") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  expect_error(run_seg({"status", (folder / "work/records").string()}),
               "lies in a work folder, and is none; give ", folder.path());
  for (const char* command : {"status", "select"})
    expect_error(run_seg({command, folder.path().string()}),
                 "holds work folders, and is none; give one of them: " + (folder / "work").string(),
                 folder.path());
}

TEST_CASE("select leaves nothing in a work folder where nothing is trained") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const auto entries = [&] {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
      names.insert(entry.path().string());
    return names;
  };
  const auto before = entries();
  expect_error(run_seg({"select", (folder / "work").string()}), "no configuration is trained",
               folder.path());
  CHECK(entries() == before);
}

TEST_CASE("an archive is told as one, not as an image of an unknown format") {
  const TemporaryFolder folder;
  write_text(folder / "series.zip", "PK");
  expect_error(run_seg({"inspect", (folder / "series.zip").string()}),
               "series.zip: is an archive, which seg does not look into; unpack it", folder.path());
}
